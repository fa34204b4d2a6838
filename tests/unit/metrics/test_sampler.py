"""Ex-post samplers, fitted to codes whose law is known; and what an axis that isn't chosen holds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from sklearn.mixture import GaussianMixture
from torch import Tensor

from latentdim.metrics.context import MetricContext, MetricRefused
from latentdim.nets import DiagonalNormal, Draws, GaussianPosterior, LatentModel
from latentdim.study.evaluation import Evaluation
from latentdim.system.seeds import torch_stream
from latentdim.training.data import Data, Scaling, Split

N = 3000


class Identity(LatentModel):
    """Examples are their own codes; it generates from N(7, 0)."""

    def __init__(self, dim: int = 2) -> None:
        super().__init__(dim=dim, shape=(dim,), prior=DiagonalNormal(torch.full((dim,), 7.0), torch.zeros(dim)))
        self.inactive_value.fill_(-3.0)

    def encode(self, x: Tensor, *, sample: Draws | None = None) -> Tensor:
        return x

    def decode(self, z: Tensor) -> Tensor:
        return z


class Spread(Identity):
    """A posterior of deviation ½ around each example."""

    def posterior(self, x: Tensor) -> GaussianPosterior:
        return GaussianPosterior(x, torch.full_like(x, 2.0 * np.log(0.5)))


@pytest.fixture(scope="module")
def codes() -> Tensor:
    """Two clouds, (±3, 0) with deviations ½ and 1, correlated."""
    noise = torch.randn(N, 2, generator=torch_stream("samplers"))
    side = (torch.arange(N) % 3 == 0).float() * 6.0 - 3.0
    return torch.stack([side + 0.5 * noise[:, 0], noise[:, 1] + 0.5 * noise[:, 0]], dim=1)


def context(model: LatentModel, codes: Tensor, *, axes: list[bool] | None = None, **evaluation: Any) -> MetricContext:
    data = Data(Split(codes), Split(codes[:0]), Split(codes[:50]), Scaling(1.0, 0.0))
    settings = Evaluation.model_validate({"n_generated": 20_000} | evaluation)
    chosen = None if axes is None else torch.tensor(axes)
    return MetricContext(model.eval(), data, settings, chosen, lambda name: Draws.named("samplers", name), {})


def moments(values: Tensor) -> tuple[Tensor, Tensor]:
    return values.mean(dim=0), torch.cov(values.T, correction=0)


def test_by_default_samples_come_from_the_models_own_prior(codes: Tensor) -> None:
    assert context(Identity(), codes).generated().unique().tolist() == [7.0]


def test_the_standard_normal_is_one_whatever_the_model_has(codes: Tensor) -> None:
    mean, covariance = moments(context(Identity(), codes, sampler={"name": "standard_normal"}).generated())
    torch.testing.assert_close(mean, torch.zeros(2), rtol=0.0, atol=0.03)
    torch.testing.assert_close(covariance, torch.eye(2), rtol=0.0, atol=0.05)


def test_the_fitted_gaussian_has_the_codes_moments(codes: Tensor) -> None:
    drawn = moments(context(Identity(), codes, sampler={"name": "gaussian"}).generated())
    for ours, theirs in zip(drawn, moments(codes), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0.04, atol=0.08)


def test_a_posteriors_own_spread_is_part_of_the_codes(codes: Tensor) -> None:
    _, covariance = moments(context(Spread(), codes, sampler={"name": "gaussian"}).generated())
    torch.testing.assert_close(covariance, moments(codes)[1] + 0.25 * torch.eye(2), rtol=0.04, atol=0.1)


def test_the_mixture_is_scikit_learns(codes: Tensor) -> None:
    prior = context(Identity(), codes, sampler={"name": "mixture", "components": 2}).prior()
    theirs = GaussianMixture(2, random_state=0).fit(codes.double().numpy())
    np.testing.assert_allclose(
        prior.log_density(codes[:100]).numpy(), theirs.score_samples(codes[:100].double().numpy()), atol=0.02
    )


@pytest.mark.parametrize(
    "sampler",
    [{"name": "flow", "steps": 300, "width": 32}, {"name": "second_stage", "steps": 600, "width": 64}],
    ids=str,
)
def test_trained_samplers_find_both_clouds(sampler: dict[str, Any], codes: Tensor) -> None:
    drawn = context(Identity(), codes, sampler=sampler, n_generated=4000).generated()
    mean, covariance = moments(drawn)
    torch.testing.assert_close(mean, codes.mean(dim=0), rtol=0.0, atol=0.4)
    torch.testing.assert_close(covariance, moments(codes)[1], rtol=0.15, atol=0.4)
    assert ((drawn[:, 0].abs() < 1.0).float().mean()) < 0.17  # a Gaussian of these moments has 0.26 there
    assert ((drawn[:, 0] > 0).float().mean() - 1 / 3).abs() < 0.08


def test_a_sampler_is_fitted_once_and_the_same_each_time(codes: Tensor) -> None:
    measuring = context(Identity(), codes, sampler={"name": "flow", "steps": 20, "width": 8})
    first = measuring.prior().state_dict()
    kept = dict(measuring.shared)
    again = measuring.prior().state_dict()
    assert measuring.shared.keys() == kept.keys()
    fresh = context(Identity(), codes, sampler={"name": "flow", "steps": 20, "width": 8}).prior().state_dict()
    for name, value in first.items():
        assert torch.equal(value, again[name])
        assert torch.equal(value, fresh[name])


def test_codes_that_nothing_can_be_fitted_to_are_refused(codes: Tensor) -> None:
    broken = codes.clone()
    broken[0] = float("inf")
    with pytest.raises(MetricRefused, match="the sampler 'flow' can't be fitted to the codes"):
        context(Identity(), broken, sampler={"name": "flow", "steps": 20, "width": 8}).generated()


@pytest.mark.parametrize(
    ("inactive", "held"), [("inactive_value", -3.0), ("posterior", -3.0), ("zero", 0.0), ("mean", None)]
)
def test_in_samples_an_axis_that_is_not_chosen_holds_what_the_protocol_says(
    inactive: str, held: float | None, codes: Tensor
) -> None:
    measuring = context(Identity(), codes, axes=[True, False], inactive=inactive, n_relevance=100)
    samples = measuring.generated()
    expected = codes[:100, 1].double().mean().item() if held is None else held
    assert samples[:, 0].unique().tolist() == [7.0]
    assert samples[:, 1].unique().tolist() == [pytest.approx(expected, abs=1e-6)]


@pytest.mark.parametrize("inactive", ["inactive_value", "zero", "mean", "posterior"])
def test_in_reconstructions_too(inactive: str, codes: Tensor) -> None:
    measuring = context(Identity(), codes, axes=[True, False], inactive=inactive, n_relevance=100)
    made, x = measuring.reconstructed(codes[:5]), codes[:5]
    held = {"inactive_value": torch.tensor(-3.0), "zero": torch.tensor(0.0), "mean": codes[:100, 1].mean()}
    assert torch.equal(made[:, 0], x[:, 0])
    torch.testing.assert_close(made[:, 1], held.get(inactive, x[:, 1]).expand(5))


def test_on_all_axes_nothing_is_held(codes: Tensor) -> None:
    measuring = context(Identity(), codes, inactive="zero")
    assert torch.equal(measuring.reconstructed(codes[:5]), codes[:5])
