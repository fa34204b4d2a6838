"""GECO-L0-ARM-VAE: a step's costs and gradients against loops over plain numbers, and the two phases."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from pydantic import ValidationError
from torch import Tensor, nn

from latentdim.nets.architectures.ard_conv import ArdConv
from latentdim.nets.architectures.mlp import Mlp
from latentdim.study.protocol import Optimizer
from latentdim.training import Task
from latentdim.training.optimizers import optimizer_of
from methods.geco_l0_arm_vae import Config, compatibility
from methods.geco_l0_arm_vae.model import GatedVAE
from methods.geco_l0_arm_vae.runner import Steps, fit

K = 7.0
PHI = (0.2, -0.1, 0.05)


def logistic(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x))


LR = 1e-3


def scene(make_task: Callable[..., Task], **settings: Any) -> tuple[Steps, Tensor]:
    """A linear model whose constraint was met, with two gates that may be either, and a batch."""
    descent = Optimizer(name="sgd", learning_rate=LR, weight_decay=0.0)
    task = make_task(network=Mlp(hidden=()), optimizer=descent, batch_size=8)
    config = Config.model_validate(settings)
    model = GatedVAE.initial(task.protocol, config, dim=3, shape=(6,), generator=task.initialisation)
    model.phi.data, model.met = torch.tensor(PHI), torch.tensor(True)
    return Steps(model, config, task), task.data.train.values[:8]


class ByHand:
    """The same model as loops over plain numbers."""

    def __init__(self, steps: Steps, x: Tensor, *, uniform: Tensor, noise: Tensor) -> None:
        model = steps.model
        self.encoder, self.decoder = ([p.detach().double().numpy().copy() for p in part.parameters()]
                                      for part in (model.encoder, model.decoder))  # fmt: skip
        self.x, self.noise = x.double().numpy(), noise.double().numpy()
        self.opens = [[float(u < logistic(K * p)), float(u > logistic(-K * p))]
                      for u, p in zip(uniform.tolist(), PHI, strict=True)]  # fmt: skip
        self.lam, self.tau = math.log1p(math.exp(model.raw.item())) ** 2, steps.config.tau

    def gates(self, which: int) -> list[float]:
        return [pair[which] for pair in self.opens]

    def costs(self, which: int) -> tuple[float, float]:
        """KL behind one draw of the gates, and C."""
        divergence = error = 0.0
        gates = self.gates(which)
        for x, noise in zip(self.x, self.noise, strict=True):
            out = self.encoder[0] @ x + self.encoder[1]
            code = []
            for m, v, e, g in zip(out[:3], out[3:], noise, gates, strict=True):
                divergence += g * 0.5 * (m * m + math.exp(v) - 1.0 - v)
                code.append(g * (m + e * math.exp(v / 2)))
            error += float(sum((self.decoder[0] @ code + self.decoder[1] - x) ** 2))
        return divergence / len(self.x), error / len(self.x) - self.tau

    def cost(self, which: int) -> float:
        divergence, constraint = self.costs(which)
        return divergence + self.lam * constraint


def by_hand(steps: Steps, x: Tensor, make_task: Callable[..., Task]) -> ByHand:
    twin = make_task().draws("noise")
    uniform = twin.uniform((3,))
    return ByHand(steps, x, uniform=uniform, noise=twin.normal((8, 3)))


@pytest.mark.parametrize(("tau", "counted"), [(0.01, 0.0), (1e4, 1.0)])
def test_gates_move_along_arms_gradient_and_their_number(
    tau: float, counted: float, make_task: Callable[..., Task]
) -> None:
    steps, x = scene(make_task, tau=tau, gate_weight=1.5)
    hand = by_hand(steps, x, make_task)
    uniform = make_task().draws("noise").uniform((3,)).tolist()
    steps.step(lambda: x)
    assert hand.gates(0) != hand.gates(1)
    for j, (u, p) in enumerate(zip(uniform, PHI, strict=True)):
        open_ = logistic(K * p)
        gradient = K * (hand.cost(1) - hand.cost(0)) * (u - 0.5) + counted * 1.5 * K * open_ * (1.0 - open_)
        assert steps.model.phi.grad is not None
        assert steps.model.phi.grad[j].item() == pytest.approx(gradient, rel=1e-3, abs=1e-3)


def test_their_number_may_count_in_every_step(make_task: Callable[..., Task]) -> None:
    gradients = []
    for settings in ({}, {"gates_while_met": False}):
        steps, x = scene(make_task, tau=0.01, **settings)
        steps.step(lambda x=x: x)
        gradients.append(steps.model.phi.grad)
    expected = [K * logistic(K * p) * (1 - logistic(K * p)) for p in PHI]
    assert (gradients[1] - gradients[0]).tolist() == pytest.approx(expected, rel=1e-3, abs=1e-3)


def test_the_network_moves_along_the_first_draws_cost(make_task: Callable[..., Task]) -> None:
    steps, x = scene(make_task, tau=0.5, lambda_start=2.0)
    hand = by_hand(steps, x, make_task)
    before = {name: p.detach().clone() for name, p in steps.model.named_parameters()}
    terms = steps.step(lambda: x)
    divergence, constraint = hand.costs(0)
    assert terms["kl"].item() == pytest.approx(divergence, rel=1e-5)
    assert terms["constraint"].item() == pytest.approx(2.0 * constraint, rel=1e-5)
    assert terms["gates"].item() == sum(hand.gates(0))
    for part, weights in (("encoder", hand.encoder), ("decoder", hand.decoder)):
        (bias,) = (name for name in before if name.startswith(part) and name.endswith("bias"))
        moved = (steps.model.get_parameter(bias).detach() - before[bias]).tolist()
        for place in range(len(weights[1])):
            kept, ends = weights[1][place], []
            for sign in (1, -1):
                weights[1][place] = kept + sign * 1e-5
                ends.append(hand.cost(0))
            weights[1][place] = kept
            assert moved[place] == pytest.approx(-LR * (ends[0] - ends[1]) / 2e-5, rel=1e-2, abs=2e-5)


def test_lambda_follows_the_moving_average_of_the_constraint(make_task: Callable[..., Task]) -> None:
    steps, _ = scene(make_task, averaging=0.9)
    zero, average, raw = torch.zeros(()), None, steps.model.raw.item()
    for value in (5.0, -3.0, 2.0):
        average = value if average is None else 0.9 * average + 0.1 * value
        steps.move_gates(torch.full((3,), 0.4), {"kl": zero, "constraint": torch.tensor(value), "other": zero})
        raw += LR * average * 2.0 * math.log1p(math.exp(raw)) * logistic(raw)
        assert steps.model.average.item() == pytest.approx(average, rel=1e-5)
        assert steps.model.raw.item() == pytest.approx(raw, rel=1e-5)


def test_until_the_constraint_is_met_gates_are_open_and_stay_as_they_are(make_task: Callable[..., Task]) -> None:
    task = make_task(steps=20)
    model = fit(task, Config(tau=1e-6))
    assert not model.met
    assert torch.equal(model.phi, torch.full((3,), model.phi[0].item()))
    assert logistic(K * model.phi[0].item()) == pytest.approx(0.9)
    assert model.active().all()
    assert all(row["gates"] == 0.0 and row["met"] == 0.0 for row in task.history)


def test_once_met_gates_are_trained_from_the_next_step_on(make_task: Callable[..., Task]) -> None:
    steps, _ = scene(make_task)
    model, zero, u = steps.model, torch.zeros(()), torch.tensor([0.9, 0.1, 0.5])
    model.met = torch.tensor(False)
    assert [gates.tolist() for gates in steps.gates(u)] == [[1.0] * 3] * 2
    met, missed = ({"kl": zero, "constraint": torch.tensor(c), "other": torch.tensor(9.0)} for c in (-1.0, 1.0))
    for costs, moved, was_met in ((missed, False, False), (met, False, True), (missed, True, True)):
        before = model.phi.detach().clone()
        steps.move_gates(u, costs)
        assert torch.equal(model.phi, before) != moved
        assert bool(model.met) == was_met
    assert [gates.tolist() for gates in steps.gates(u)] != [[1.0] * 3] * 2


@pytest.mark.parametrize("name", ["adam", "rmsprop", "sgd"])
def test_gates_are_trained_alike_however_long_they_waited(make_task: Callable[..., Task], name: str) -> None:
    def moved(waiting: int) -> Tensor:
        steps, _ = scene(make_task)
        descent = Optimizer(name=name, learning_rate=LR, weight_decay=0.0)  # type: ignore[arg-type]
        steps.optimizers["gates"] = optimizer_of(descent, [steps.model.phi, steps.model.raw])
        steps.model.met = torch.tensor(False)
        steps.model.raw.data.fill_(1.0)
        missed, met = (
            {"kl": torch.ones(()), "constraint": torch.tensor(c), "other": torch.tensor(9.0)} for c in (1.0, -1.0)
        )
        for costs in [missed] * waiting + [met] + [missed] * 5:
            steps.move_gates(torch.tensor([0.9, 0.1, 0.5]), costs)
            steps.model.raw.data.fill_(1.0)  # λ, which weighs the costs, as it was
        return steps.model.phi.detach()

    assert torch.equal(moved(200), moved(0))
    assert not torch.equal(moved(0), torch.tensor(PHI))


def test_closed_axes_are_decoded_as_zero(make_task: Callable[..., Task], normal: Callable[..., Tensor]) -> None:
    steps, x = scene(make_task)
    model, z = steps.model.eval(), normal(5, 3, name="z")
    assert model.active().tolist() == [True, False, True]
    assert model.active_scores().tolist() == pytest.approx(list(PHI))
    assert torch.equal(model.decode(z), model.decoder(z * torch.tensor([1.0, 0.0, 1.0])))
    assert torch.equal(model.encode(x), model.posterior(x).mean)


def test_only_the_first_draws_pass_moves_running_moments(make_task: Callable[..., Task]) -> None:
    pictures = torch.rand(20, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    network = ArdConv(filters=(3, 4), decoder_filters=(3,), decoder_side=2, norm_momentum=0.5)
    task = make_task(train=pictures, test=pictures[:4], network=network, steps=1, batch_size=20)
    fitted = fit(task, Config())
    start = GatedVAE.initial(task.protocol, Config(), dim=3, shape=(1, 8, 8), generator=task.initialisation)
    layers = list(start.decoder.layers)
    place = next(index for index, layer in enumerate(layers) if isinstance(layer, nn.BatchNorm2d))
    draws = make_task().draws("noise")
    draws.uniform((3,))
    z = start.train().posterior(pictures[task.order(0).permutation(20)]).draw(draws)
    means = nn.Sequential(*layers[:place])(z).mean(dim=(0, 2, 3))
    torch.testing.assert_close(fitted.decoder.layers[place].running_mean, 0.5 * means)


@pytest.mark.parametrize(
    "training",
    [
        {"reduction": "mean"},
        {"decoder_variance": 0.5},
        {"likelihood": "bernoulli", "network": Mlp(hidden=(4,), output="sigmoid")},
    ],
)
def test_a_reconstruction_that_tau_is_not_in_is_refused(
    training: dict[str, Any], make_task: Callable[..., Task]
) -> None:
    (sentence,) = compatibility(Config(tau=3.5), make_task(**training).protocol, 120)
    assert sentence.startswith(
        ".tau = 3.5: is a summed squared error; it needs protocol.training.likelihood 'gaussian'"
    )
    assert not list(compatibility(Config(), make_task().protocol, 120))


def test_a_start_outside_of_the_bounds_is_refused() -> None:
    with pytest.raises(ValidationError, match="lambda_start = 1 must lie between lambda_min = 2 and lambda_max = 20"):
        Config(lambda_min=2.0)


def test_on_linear_data_it_closes_gates_and_keeps_the_factors_span(linear_toy: Any) -> None:
    model = fit(linear_toy.build(steps=300, optimizer=Optimizer(learning_rate=0.02)), Config(tau=2.0))
    assert 3 <= model.active().sum() < 6
    assert linear_toy.alignment(model.decoder.layers[0].weight.detach()[:, model.active()]) > 0.999
