"""The two-stage VAE: each stage's loss by hand, what the second one sees, and where samples come from."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from latentdim.nets import Draws
from latentdim.nets.second_stage import SecondStagePrior
from latentdim.training import Task
from methods.two_stage_vae import Config
from methods.two_stage_vae.model import TwoStageVAE
from methods.two_stage_vae.runner import OBJECTIVE, fit, length

BATCH, DIM, VALUES = 10, 3, 6
SMALL = Config(second_width=16, second_depth=2)


def kl_by_hand(means: Tensor, log_variances: Tensor) -> float:
    """½ Σ_l [ μ² + σ² − 1 − log σ² ], averaged over the batch."""
    pairs = zip(means.flatten().tolist(), log_variances.flatten().tolist(), strict=True)
    return sum(0.5 * (mean**2 + math.exp(log) - 1.0 - log) for mean, log in pairs) / len(means)


def error_by_hand(x: Tensor, decoded: Tensor, gamma: float) -> float:
    """Σ_d [ (x − x̂)²/(2γ²) + log γ + ½ log 2π ], averaged over the batch."""
    pairs = zip(x.flatten().tolist(), decoded.flatten().tolist(), strict=True)
    return sum((a - b) ** 2 / (2 * gamma**2) + math.log(gamma) + 0.918938533 for a, b in pairs) / len(x)


@pytest.fixture
def first(make_task: Callable[..., Task]) -> tuple[TwoStageVAE, Task]:
    """The untrained first stage, and its task."""
    stage = make_task(steps=1).stage("first")
    protocol = stage.protocol.model_copy(update=OBJECTIVE)
    model = TwoStageVAE.build(protocol, dim=DIM, shape=(VALUES,), generator=stage.initialisation)
    return model, stage


def test_the_first_stages_loss_has_a_learned_variance_whatever_the_protocol_says(
    make_task: Callable[..., Task], first: tuple[TwoStageVAE, Task]
) -> None:
    task = make_task(steps=1, reduction="mean", decoder_variance=7.0)
    model = fit(task, SMALL)
    before, stage = first
    x = stage.data.train.values[stage.order(0).permutation(stage.n_train)[:BATCH]]
    with torch.no_grad():
        means, logs = before.encoder(x).chunk(2, dim=1)
        z = means + stage.draws("noise").normal((BATCH, DIM)) * (logs / 2).exp()
        decoded = before.decoder(z)
    row = task.stages["first"].history[0]
    assert row["reconstruction"] == pytest.approx(error_by_hand(x, decoded, 1.0), rel=1e-5)
    assert row["kl"] == pytest.approx(kl_by_hand(means, logs), rel=1e-4)
    assert model.log_deviation is not None
    per_value = (decoded - x).square().mean().item()  # γ moves toward its root: Adam's first step is the rate
    assert model.log_deviation.item() == pytest.approx(-1e-3 if per_value < 1.0 else 1e-3, rel=0.02)


def test_the_second_stage_sees_fresh_codes_of_the_frozen_first_one(make_task: Callable[..., Task]) -> None:
    """Its first loss by hand, from the trained first stage's moments and the stage's own draws."""
    task = make_task(steps=20)
    model = fit(task, Config(second_width=16, second_depth=2, second_length=0.05))
    (history,) = [task.stages["second"].history]
    again = make_task(steps=20)
    stage = again.stage("second")
    x = again.data.train.values
    with torch.no_grad():
        means, logs = model.encoder(x).chunk(2, dim=1)
        chosen = stage.order(0).permutation(len(x))[:BATCH]
        noise = stage.draws("noise")
        z = means[chosen] + noise.normal((BATCH, DIM)) * (logs[chosen] / 2).exp()
        second = type(model.prior.stage).of_codes(
            task.stages["second"].protocol, dim=DIM, generator=stage.initialisation
        )
        heads = second.encoder(z).chunk(2, dim=1)
        u = heads[0] + noise.normal((BATCH, DIM)) * (heads[1] / 2).exp()
        decoded = second.decoder(u)
    assert history[0]["reconstruction"] == pytest.approx(error_by_hand(z, decoded, 1.0), rel=1e-5)
    assert history[0]["kl"] == pytest.approx(kl_by_hand(*heads), rel=1e-3, abs=1e-6)


def test_samples_go_through_both_decoders_with_the_learned_noise_between(make_task: Callable[..., Task]) -> None:
    model = fit(make_task(steps=30), SMALL)
    assert isinstance(model.prior, SecondStagePrior)
    with torch.no_grad():
        numbers = Draws.named("two stages").rows(5, 2 * DIM)
        second = model.prior.stage
        z = second.decoder(numbers[:, :DIM]) + math.exp(second.log_deviation.item()) * numbers[:, DIM:]
        torch.testing.assert_close(model.sample(5, Draws.named("two stages")), model.decoder(z))


def test_its_bound_is_against_the_standard_normal(make_task: Callable[..., Task]) -> None:
    model = fit(make_task(steps=2), SMALL)
    assert torch.equal(model.objective_prior.variance, torch.ones(DIM))
    assert model.likelihood is not None
    assert "learned" in model.likelihood.density_name(VALUES)


def test_the_second_stage_follows_codes_that_are_no_standard_normal(
    make_task: Callable[..., Task], normal: Callable[..., Tensor]
) -> None:
    """Data on two clouds along a line: the first stage's prior misses their shares, the second stage's has them."""
    side = (torch.arange(400) % 4 == 0).float() * 2.0 - 1.0
    train = side[:, None] * torch.linspace(1.0, 2.0, VALUES) + 0.05 * normal(400, VALUES, name="noise")
    optimizer: dict[str, Any] = {"learning_rate": 3e-3}
    task = make_task(train=train, dim=1, steps=400, batch_size=50, optimizer=optimizer)
    model = fit(task, Config(second_width=32, second_depth=2))
    with torch.no_grad():
        samples = model.sample(4000, Draws.named("clouds"))
    assert (samples.mean(dim=1) > 0).float().mean().item() == pytest.approx(0.25, abs=0.06)


def test_the_second_training_is_twice_as_long_in_the_protocols_unit(make_task: Callable[..., Task]) -> None:
    task = make_task(steps=3)
    fit(task, SMALL)
    assert [stage.steps for stage in task.stages.values()] == [3, 6]
    assert length(make_task(epochs=400, steps=None).protocol, Config()) == {"epochs": 800}
    assert length(task.protocol, Config(second_length=0.1)) == {"steps": 1}


def test_a_validation_part_is_coded_too(make_task: Callable[..., Task]) -> None:
    schedule = {"name": "plateau", "patience": 1}
    task = make_task(epochs=2, steps=None, n_validation=20, schedule=schedule)
    fit(task, SMALL)
    assert len(task.stages["second"].data.validation) == 20
    assert "validation_loss" in task.stages["second"].history[-1]
