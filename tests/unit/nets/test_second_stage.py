"""The second stage: its loss by hand, what it makes of standard normal codes, and its density."""

from __future__ import annotations

import math

import pytest
import torch
from scipy.stats import multivariate_normal

from latentdim.nets import Draws
from latentdim.nets.second_stage import SecondStage, SecondStagePrior, second_stage_protocol
from latentdim.study.protocol import Optimizer, Schedule, Training
from latentdim.system.seeds import torch_stream
from latentdim.training import Task, train
from latentdim.training.data import Data, Scaling, Split

DIM = 2


SETTINGS = Training(
    batch_size=100, steps=1200, optimizer=Optimizer(learning_rate=2e-3), schedule=Schedule(name="cosine")
)


def stage(dim: int = DIM, **changes: int) -> SecondStage:
    protocol = second_stage_protocol(SETTINGS, **({"width": 32, "depth": 3} | changes))
    return SecondStage.of_codes(protocol, dim=dim, generator=torch_stream("second stage"))


def test_its_loss_by_hand() -> None:
    """Σ_l [ (z_l − ẑ_l)²/(2γ²) + log γ + ½ log 2π ] + ½ Σ_l [ μ² + σ² − 1 − log σ² ], averaged over the batch."""
    made, z = stage(3), torch.randn(5, 3, generator=torch_stream("codes"))
    with torch.no_grad():
        made.log_deviation.fill_(math.log(0.4))
        heads = made.encoder(z)
        terms = made.terms(z, Draws.named("second stage", "noise"))
        noise = Draws.named("second stage", "noise").normal((5, 3))
        u = heads[:, :3] + noise * (heads[:, 3:] / 2).exp()
        decoded = made.decoder(u)
    error = kl = 0.0
    for row in range(5):
        for axis in range(3):
            mean, variance = heads[row, axis].item(), math.exp(heads[row, 3 + axis].item())
            distance = z[row, axis].item() - decoded[row, axis].item()
            error += distance**2 / (2 * 0.4**2) + math.log(0.4) + 0.918938533
            kl += 0.5 * (mean**2 + variance - 1.0 - math.log(variance))
    assert terms["reconstruction"].item() == pytest.approx(error / 5, rel=1e-5)
    assert terms["kl"].item() == pytest.approx(kl / 5, rel=1e-4)


def test_input_and_hidden_layers_stand_side_by_side() -> None:
    """Published: three hidden layers, then one linear map of [z, h]."""
    made = stage()
    hidden = (2 * 32 + 32) + 2 * (32 * 32 + 32)
    assert sum(p.numel() for p in made.encoder.parameters()) == hidden + (34 * 4 + 4)
    assert sum(p.numel() for p in made.decoder.parameters()) == hidden + (34 * 2 + 2)


@pytest.fixture(scope="module")
def trained() -> SecondStagePrior:
    """On standard normal codes."""
    codes = torch.randn(4000, DIM, generator=torch_stream("normal codes"))
    none = Split(codes[:0])
    task = Task(dim=DIM, data=Data(Split(codes), none, none, Scaling(1.0, 0.0)), protocol=SETTINGS, names=("stage",))
    prior, noise = SecondStagePrior(stage()), task.draws("noise")
    prior.take_moments(codes)
    train(prior.stage, lambda batch: prior.stage.terms(batch, noise), task)
    return prior.eval()


@torch.no_grad()
def test_of_standard_normal_codes_it_returns_deviation_one(trained: SecondStagePrior) -> None:
    drawn = trained.sample(20_000, Draws.named("second stage", "sample"))
    torch.testing.assert_close(drawn.std(dim=0), torch.ones(DIM), rtol=0.0, atol=0.05)
    torch.testing.assert_close(drawn.mean(dim=0), torch.zeros(DIM), rtol=0.0, atol=0.05)
    gamma = trained.stage.log_deviation.exp().item()
    assert 0.05 < gamma < 1.05  # it was learned, and samples carry its noise
    decoded = trained.stage.decode(Draws.named("second stage", "u").normal((20_000, DIM)))
    assert (decoded.var(dim=0) + gamma**2).sqrt().tolist() == pytest.approx([1.0] * DIM, abs=0.05)


@torch.no_grad()
def test_its_density_is_near_the_codes_own(trained: SecondStagePrior) -> None:
    z = torch.randn(200, DIM, generator=torch_stream("other codes"))
    exact = multivariate_normal([0.0] * DIM).logpdf(z.numpy()).mean()
    assert trained.log_density(z).mean().item() == pytest.approx(exact, abs=0.05)


@torch.no_grad()
def test_it_draws_the_first_codes_first(trained: SecondStagePrior) -> None:
    fewer, more = (trained.sample(n, Draws.named("second stage", "few")) for n in (4, 1200))
    torch.testing.assert_close(more[:4], fewer, rtol=1e-5, atol=1e-6)
