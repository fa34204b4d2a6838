"""WAE-GAN's losses by hand from logarithms of the logistic function, and whom each of its steps moves."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from latentdim.nets.build import mlp
from latentdim.training import Task
from methods.wae_gan import Config
from methods.wae_gan.model import AdversarialAutoencoder
from methods.wae_gan.objective import critic_loss, matching_loss
from methods.wae_gan.runner import fit

BATCH = 10


def logistic(height: float) -> float:
    return 1.0 / (1.0 + math.exp(-height))


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


def critic_by_hand(drawn: list[float], encoded: list[float]) -> float:
    """The cross-entropy of telling draws from the prior (class 1) from codes (class 0)."""
    return mean([-math.log(logistic(t)) for t in drawn]) + mean([-math.log(1.0 - logistic(t)) for t in encoded])


def matching_by_hand(encoded: list[float]) -> float:
    """The cross-entropy of codes that pass for draws from the prior."""
    return mean([-math.log(logistic(t)) for t in encoded])


def test_the_losses_are_cross_entropies(normal: Callable[..., Tensor]) -> None:
    drawn, encoded = 2.0 * normal(40, 1, name="drawn") + 1.0, 3.0 * normal(40, 1, name="encoded")
    heights = drawn.flatten().tolist(), encoded.flatten().tolist()
    assert critic_loss(drawn=drawn, encoded=encoded).item() == pytest.approx(critic_by_hand(*heights), rel=1e-5)
    assert matching_loss(encoded).item() == pytest.approx(matching_by_hand(heights[1]), rel=1e-5)


def start(task: Task, config: Config) -> AdversarialAutoencoder:
    """The untrained model."""
    generator = task.initialisation
    critic = mlp((task.dim, *config.critic_hidden, 1), generator=generator)
    return AdversarialAutoencoder.build(
        task.protocol, dim=task.dim, shape=task.shape, generator=generator, critic=critic, log_prior=config.log_prior
    )


@pytest.mark.parametrize("log_prior", [False, True])
def test_the_first_step_by_hand(log_prior: bool, make_task: Callable[..., Task]) -> None:
    """0.05 · (SSE + 200 …) is the published line; the critic sees the codes of the encoder just moved."""
    config = Config(critic_hidden=(7,), log_prior=log_prior, reconstruction_weight=0.05, adversarial_weight=10.0)
    task, second = make_task(steps=1), make_task(steps=1)
    x = task.data.train.values[task.order(0).permutation(task.n_train)[:BATCH]]
    before, after = start(second, config), fit(task, config)

    def heights(model: AdversarialAutoencoder, z: Tensor) -> list[float]:
        out = before.critic(z).flatten().tolist()
        norms = [sum(value**2 for value in row) for row in z.tolist()]
        shift = [0.5 * norm + 0.5 * math.log(2 * math.pi) if log_prior else 0.0 for norm in norms]
        return [value - less for value, less in zip(out, shift, strict=True)]

    with torch.no_grad():
        first, moved = before.encode(x), after.encode(x)
        errors = (before.decode(first) - x).double().square().sum().item() / BATCH
    prior = second.draws("noise").normal((BATCH, task.dim))
    row = task.history[0]
    assert row["reconstruction"] == pytest.approx(0.05 * errors, rel=1e-5)
    assert row["matching"] == pytest.approx(10.0 * matching_by_hand(heights(before, first)), rel=1e-5)
    expected = 10.0 * critic_by_hand(heights(before, prior), heights(before, moved))
    assert row["critic"] == pytest.approx(expected, rel=1e-5)
    assert not torch.allclose(first, moved, atol=1e-5)  # so the two can be told apart


def test_each_player_moves_its_own_parameters_at_its_own_rate(make_task: Callable[..., Task]) -> None:
    """Adam's first step is the rate for every parameter that has a slope."""
    config = Config(critic_hidden=(7,), critic_rate=3e-4)
    task = make_task(steps=1)
    before, after = start(make_task(), config).state_dict(), fit(task, config).state_dict()
    for part, rate in {"encoder": 1e-3, "decoder": 1e-3, "critic": 3e-4}.items():
        moves = [(after[name] - before[name]).abs().max().item() for name in before if name.startswith(part)]
        assert max(moves) == pytest.approx(rate, rel=0.02)


def test_training_brings_the_codes_toward_the_prior(
    make_task: Callable[..., Task], normal: Callable[..., Tensor]
) -> None:
    train = normal(200, 6, name="wide") * 4.0 + 5.0
    optimizer = {"learning_rate": 5e-3, "beta1": 0.5}
    spreads = {}
    for weight in (0.0, 200.0):
        task = make_task(train=train, dim=2, steps=400, batch_size=50, optimizer=optimizer)
        codes = fit(task, Config(adversarial_weight=weight, critic_hidden=(16,), critic_rate=5e-3)).encode(train)
        spreads[weight] = abs(codes.mean().item()) + abs(codes.std().item() - 1.0)
    assert spreads[200.0] < 0.3 < 5.0 < spreads[0.0]
