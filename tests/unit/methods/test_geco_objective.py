"""The parts of GECO-L0-ARM-VAE's objective: ARM's gradient against enumeration of all gates, GECO's multiplier."""

from __future__ import annotations

import itertools
import math

import pytest
import torch

from latentdim.nets.draws import Draws
from methods.geco_l0_arm_vae.objective import (
    antithetic_gates,
    arm_gradient,
    multiplier,
    multiplier_gradient,
    open_gates,
    raw_of,
)

K = 7.0
PHI = (0.2, -0.1, 0.05)


def logistic(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x))


def cost_of(gates: tuple[float, ...]) -> float:
    """Any function of three gates that no sum of functions of one gate equals."""
    a, b, c = gates
    return 3.0 * a - 2.0 * b + 5.0 * a * b - 4.0 * b * c + 7.0 * a * b * c + 1.0


def enumerated_gradient() -> list[float]:
    """Of the expected cost with respect to φ, from all eight states of the gates."""
    total = [0.0] * 3
    opens = [logistic(K * p) for p in PHI]
    for gates in itertools.product((0.0, 1.0), repeat=3):
        probability = math.prod(o if g else 1.0 - o for g, o in zip(gates, opens, strict=True))
        for j in range(3):  # d log p / dφ_j = k (g_j − σ(k φ_j))
            total[j] += cost_of(gates) * probability * K * (gates[j] - opens[j])
    return total


def test_arms_gradient_is_unbiased() -> None:
    n, phi = 400_000, torch.tensor(PHI, dtype=torch.float64)
    u = Draws.named("u").uniform((n, 3)).double()
    first, second = antithetic_gates(phi, u, scale=K)
    costs = [(cost_of(gates.unbind(1)) * torch.ones(n))[:, None] for gates in (first, second)]  # type: ignore[arg-type]
    estimates = arm_gradient(*costs, u, scale=K)
    error = estimates.std(dim=0) / n**0.5
    expected = torch.tensor(enumerated_gradient(), dtype=torch.float64)
    assert ((estimates.mean(dim=0) - expected).abs() < 4.0 * error).all()
    assert (error < 0.02 * expected.abs().max()).all()


def test_both_draws_have_the_gates_law_and_are_antithetic() -> None:
    u = Draws.named("u").uniform((100_000, 3))
    first, second = antithetic_gates(torch.tensor(PHI), u, scale=K)
    opens = [logistic(K * p) for p in PHI]
    assert set(first.unique().tolist()) == {0.0, 1.0}
    for gates in (first, second):
        assert gates.mean(dim=0).tolist() == pytest.approx(opens, abs=0.01)
    both = (first * second).mean(dim=0).tolist()
    assert both == pytest.approx([max(0.0, 2 * o - 1) for o in opens], abs=0.01)  # σ(−kφ) < u < σ(kφ)


def test_the_number_of_open_gates_is_the_expected_one() -> None:
    assert open_gates(torch.tensor(PHI), scale=K).item() == pytest.approx(sum(logistic(K * p) for p in PHI), rel=1e-6)


@pytest.mark.parametrize("lam", [0.3, 1.0, 20.0])
def test_the_multiplier_is_a_squared_softplus(lam: float) -> None:
    raw = raw_of(lam)
    assert math.log1p(math.exp(raw)) ** 2 == pytest.approx(lam)
    assert multiplier(torch.tensor(raw)).item() == pytest.approx(lam, rel=1e-5)


def test_no_multiplier_is_too_large_to_start_from() -> None:
    assert multiplier(torch.tensor(raw_of(1e6))).item() == pytest.approx(1e6, rel=1e-5)


@pytest.mark.parametrize(
    ("lam", "constraint", "moves"),
    [(1.0, 3.0, True), (1.0, -3.0, True), (25.0, 3.0, False), (25.0, -3.0, True), (0.1, -3.0, False), (0.1, 3.0, True)],
)
def test_the_multiplier_ascends_with_the_constraint_within_its_bounds(
    lam: float, constraint: float, moves: bool
) -> None:
    raw = raw_of(lam)
    gradient = multiplier_gradient(torch.tensor(raw), torch.tensor(constraint), least=0.5, most=20.0).item()

    def ascended(r: float) -> float:
        return -(math.log1p(math.exp(r)) ** 2) * constraint

    slope = (ascended(raw + 1e-5) - ascended(raw - 1e-5)) / 2e-5
    assert gradient == pytest.approx(slope if moves else 0.0, rel=1e-4)
    assert not moves or (gradient < 0) == (constraint > 0)
