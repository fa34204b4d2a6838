"""What the pictures of the latent space are drawn from, against linear models worked out by hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from latentdim.harness.latent_space import covariance, frames, manifold, relevance, traversal
from latentdim.metrics.context import MetricContext, MetricRefused
from latentdim.nets.draws import Draws
from latentdim.nets.latent import LatentModel
from latentdim.nets.prior import DiagonalNormal
from latentdim.study.evaluation import Evaluation
from latentdim.system.seeds import torch_stream
from latentdim.training.data import Data, Scaling, Split

SHAPE = (1, 2, 3)


class Linear(LatentModel):
    """x = W z + ½ on images of six pixels; codes are W⁺ (x − ½)."""

    def __init__(self, weight: Tensor, *, rest: float = 0.0) -> None:
        super().__init__(dim=weight.shape[1], shape=SHAPE)
        self.weight = weight
        self.inactive_value.fill_(rest)

    def encode(self, x: Tensor, *, sample: Draws | None = None) -> Tensor:
        return (x.flatten(1) - 0.5) @ torch.linalg.pinv(self.weight).T

    def decode(self, z: Tensor) -> Tensor:
        return (z @ self.weight.T + 0.5).reshape(-1, *SHAPE)


class Wide(Linear):
    """Its prior is N(1, 4) on every axis."""

    def __init__(self, weight: Tensor) -> None:
        super().__init__(weight)
        self.prior = DiagonalNormal(torch.ones(self.dim), 4.0 * torch.ones(self.dim))


@pytest.fixture
def context() -> Callable[..., MetricContext]:
    """A measuring context around a model and the images of given codes; further options are the protocol's."""

    def build(
        model: LatentModel, codes: Tensor, *, axes: list[bool] | None = None, **evaluation: object
    ) -> MetricContext:
        values = model.decode(codes)
        data = Data(Split(values), Split(values[:0]), Split(values[:5]), Scaling(1.0, 0.0))
        chosen = None if axes is None else torch.tensor(axes)
        settings = Evaluation.model_validate(evaluation)
        return MetricContext(model.eval(), data, settings, chosen, lambda name: Draws.named("latents", name), {})

    return build


@pytest.fixture
def codes() -> Tensor:
    """Codes of 500 examples, independent, with standard deviations 1, 3 and 2."""
    return torch.randn(500, 3, generator=torch_stream("latents", "codes")) * torch.tensor([1.0, 3.0, 2.0])


def weight(gains: tuple[float, ...]) -> Tensor:
    """Each axis moves one pixel of its own, by its gain."""
    return torch.eye(6, len(gains)) * torch.tensor(gains)


def latent_space(context: MetricContext) -> dict[str, Tensor]:
    """All that is stored of a latent space of images."""
    return relevance(context) | covariance(context) | traversal(context)


def test_axes_are_traversed_by_relevance_and_not_by_variance(context, codes) -> None:
    found = latent_space(context(Linear(weight((0.08, 0.001, 0.02))), codes))
    assert found["traversal_axes"].tolist() == [0, 2, 1]
    assert found["axis_variance"].argmax() == 1
    expected = codes[:100].double().var(dim=0, correction=0) * torch.tensor([0.08, 0.001, 0.02]) ** 2
    torch.testing.assert_close(found["axis_relevance"].double(), expected.double(), rtol=1e-4, atol=0)


def test_frames_of_a_linear_decoder_lie_evenly_along_one_column(context, codes) -> None:
    gains = (0.02, 0.01, 0.03)
    measuring = context(Linear(weight(gains), rest=0.5), codes, pictures={"steps": 5, "reach": 2.0, "bases": 0})
    deviations = torch.tensor([1.0, 4.0, 2.0])
    images = frames(measuring, torch.tensor([2, 0, 1]), deviations.square())
    assert (images.shape, images.dtype) == ((1, 3, 5, *SHAPE), torch.uint8)
    for row, axis in enumerate([2, 0, 1]):
        moved = torch.full((5, 6), 0.5)
        moved[:, :3] += 0.5 * torch.tensor(gains)
        moved[:, axis] += torch.tensor([-2.0, -1.0, 0.0, 1.0, 2.0]) * deviations[axis] * gains[axis]
        expected = (moved * 255).round().to(torch.uint8)
        torch.testing.assert_close(images[0, row].flatten(1), expected, rtol=0, atol=1)  # a rounding edge apart


def test_the_middle_frame_is_the_decoded_base_point(context, codes) -> None:
    model = Linear(weight((0.1, 0.02, 0.05)), rest=0.3)
    measuring = context(model, codes, pictures={"bases": 2})
    images = traversal(measuring)["traversal"]
    bases = torch.cat([model.inactive_value[None], model.encode(measuring.data.test.values[:2])])
    expected = (model.decode(bases).clamp(0, 1) * 255).round().to(torch.uint8)
    for row in range(3):
        torch.testing.assert_close(images[:, row, 3], expected, rtol=0, atol=0)


def test_unused_axes_of_a_held_out_base_are_held_as_in_reconstructions(context, codes) -> None:
    model = Linear(weight((0.1, 0.02, 0.05)), rest=0.3)
    pixels = {}
    for inactive in ("inactive_value", "posterior"):
        measuring = context(model, codes, axes=[True, False, True], inactive=inactive, pictures={"bases": 1})
        held = measuring.reconstructed(measuring.data.test.values[:1])
        pixels[inactive] = traversal(measuring)["traversal"][1, 0, 3]
        assert torch.equal(pixels[inactive], (held[0].clamp(0, 1) * 255).round().to(torch.uint8))
    assert not torch.equal(pixels["inactive_value"], pixels["posterior"])


def test_an_axis_without_effect_is_stored_unmoving_and_not_active(context, codes) -> None:
    found = latent_space(context(Linear(weight((0.1, 0.0, 0.05))), codes))
    assert found["active_jacobian"].tolist() == [1, 0, 1]
    assert found["active_own"].tolist() == [1, 1, 1]
    last = found["traversal"][0, 2].float()
    assert found["traversal_axes"][2] == 1
    assert last.var(dim=0).max() == 0.0
    assert found["traversal"][0, 0].float().var(dim=0).max() > 100.0


def test_as_many_axes_are_traversed_as_the_protocol_says(context, codes) -> None:
    found = latent_space(context(Linear(weight((0.1, 0.02, 0.05))), codes, pictures={"axes": 2}))
    assert found["traversal"].shape[1] == len(found["traversal_axes"]) == 2
    assert found["axis_relevance"].shape == (3,)


def test_the_covariance_is_that_of_the_first_training_codes(context, codes) -> None:
    measuring = context(Linear(weight((0.01, 0.01, 0.01))), codes, n_covariance=120)
    expected = np.cov(codes[:120].numpy(), rowvar=False, ddof=0)
    np.testing.assert_allclose(covariance(measuring)["covariance"].numpy(), expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(("kind", "centre", "spread"), [(Linear, 0.0, 1.0), (Wide, 1.0, 2.0)])
def test_a_manifold_lies_at_the_priors_quantiles(context, codes, kind, centre, spread) -> None:
    model = kind(weight((0.05, 0.1)))
    images = manifold(context(model, codes[:, :2], pictures={"manifold": 20}))["manifold"].float() / 255
    assert images.shape == (20, 20, *SHAPE)
    across, upwards = ((images[..., 0, 0, place] - 0.5) / gain for place, gain in ((0, 0.05), (1, 0.1)))
    expected = centre + spread * 1.959964  # at a share of .975
    tolerance = 1 / 510 / 0.05  # a pixel's rounding
    assert across[:, -1].tolist() == pytest.approx([expected] * 20, abs=tolerance)
    assert upwards[0].tolist() == pytest.approx([expected] * 20, abs=tolerance)
    assert (across.mean(), upwards.mean()) == (
        pytest.approx(centre, abs=tolerance),
        pytest.approx(centre, abs=tolerance),
    )
    assert (across.diff(dim=1) > 0).all()
    assert (upwards.diff(dim=0) < 0).all()


def test_so_many_axes_have_no_covariance(context, codes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("latentdim.harness.latent_space.WIDEST", 2)
    with pytest.raises(MetricRefused, match="more than 2 axes"):
        covariance(context(Linear(weight((0.05, 0.1, 0.1))), codes))
