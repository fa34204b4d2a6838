"""A linear latent model whose every metric can be worked out by hand, and measuring contexts around it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from latentdim.metrics.context import MetricContext
from latentdim.nets.draws import Draws
from latentdim.nets.latent import LatentModel
from latentdim.nets.prior import StandardNormal
from latentdim.study.evaluation import Evaluation
from latentdim.system.seeds import torch_stream
from latentdim.training.data import Data, Scaling, Split


class LinearModel(LatentModel):
    """z = E x (plus noise when drawn), x = W z + b; the prior is N(0, I)."""

    def __init__(self, weight: Tensor, encoder: Tensor, *, bias: float = 0.0, noise: float = 0.0) -> None:
        super().__init__(dim=weight.shape[1], shape=(weight.shape[0],))
        self.weight, self.encoder, self.bias, self.noise = weight, encoder, bias, noise
        self.encoded = 0

    def encode(self, x: Tensor, *, sample: Draws | None = None) -> Tensor:
        self.encoded += len(x)
        mean = x.flatten(1) @ self.encoder.T
        return mean if sample is None else mean + self.noise * sample.normal(mean.shape)

    def decode(self, z: Tensor) -> Tensor:
        return (z @ self.weight.T + self.bias).reshape(-1, *self.shape)


class AboutZero(StandardNormal):
    """Takes the codes' variance about zero."""

    def code_variance(self, codes: Tensor) -> Tensor:
        return codes.double().square().mean(dim=0)


def as_data(train: Tensor, test: Tensor, scaling: Scaling | None = None) -> Data:
    return Data(Split(train), Split(train[:0]), Split(test), scaling or Scaling(1.0, 0.0))


@pytest.fixture
def normal() -> Callable[..., Tensor]:
    """Standard normal numbers of a shape, fixed by a name."""
    return lambda *shape, name="test": torch.randn(*shape, generator=torch_stream("metrics", name))


@pytest.fixture
def linear(normal: Callable[..., Tensor]) -> Callable[..., LinearModel]:
    """A linear model in evaluation mode; random weights unless given."""

    def build(
        *, values: int = 6, dim: int = 3, weight: Tensor | None = None, encoder: Tensor | None = None,
        about_zero: bool = False, **options: float,
    ) -> LinearModel:  # fmt: skip
        weight = normal(values, dim, name="weight") if weight is None else weight
        encoder = normal(weight.shape[1], weight.shape[0], name="encoder") if encoder is None else encoder
        model = LinearModel(weight, encoder, **options)
        if about_zero:
            model.prior = AboutZero(model.dim)
        model.eval()
        return model

    return build


@pytest.fixture
def measuring() -> Callable[..., MetricContext]:
    """A measuring context; keyword arguments beyond the known ones are fields of the evaluation protocol."""

    def build(
        model: LatentModel, train: Tensor, test: Tensor, *, axes: list[bool] | None = None,
        scaling: Scaling | None = None, **evaluation: object,
    ) -> MetricContext:  # fmt: skip
        chosen = None if axes is None else torch.tensor(axes)
        data = as_data(train, test, scaling)
        draws = lambda name: Draws.named("run", name)  # noqa: E731
        return MetricContext(model, data, Evaluation.model_validate(evaluation), chosen, draws, {})

    return build
