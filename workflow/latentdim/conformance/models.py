"""Models whose metrics can be worked out otherwise, and contexts that measure them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from torch import Tensor

from latentdim import registry
from latentdim.conformance.methods import TINY
from latentdim.conformance.tiny import tiny_data, tiny_pictures
from latentdim.metrics.context import MetricContext
from latentdim.nets.draws import Draws
from latentdim.nets.latent import LatentModel
from latentdim.registry.declarations import resolve
from latentdim.study.evaluation import Evaluation
from latentdim.training import Task
from latentdim.training.data import Data


class LinearDecoder(LatentModel):
    """x = W z; codes of the identity's examples are the examples' first values."""

    def __init__(self, weight: Tensor) -> None:
        super().__init__(dim=weight.shape[1], shape=(weight.shape[0],))
        self.register_buffer("weight", weight)

    def encode(self, x: Tensor, *, sample: Draws | None = None) -> Tensor:
        """The first L values."""
        return x[:, : self.dim]

    def decode(self, z: Tensor) -> Tensor:
        """W z."""
        return z @ self.get_buffer("weight").T


@cache
def fitted_control(name: str, *, dim: int, pictures: bool = False) -> LatentModel:
    """A control fitted on tiny vectors or pictures; nothing is trained."""
    data = tiny_pictures() if pictures else tiny_data()
    method = registry.methods().get(name)
    task = Task(dim=dim, data=data, protocol=TINY, names=("references", name, dim, 0))
    model: LatentModel = resolve(method.runner)(task, method.config())
    return model.eval()


def measuring(
    model: LatentModel, data: Data | None = None, *, record: Mapping[str, Any] | None = None, **evaluation: Any
) -> MetricContext:
    """A context around a model, on tiny vectors unless other data are given, with fields of the evaluation half."""

    def draws(name: str) -> Draws:
        return Draws.named("references", name)

    settings = Evaluation.model_validate(evaluation)
    return MetricContext(model.eval(), data or tiny_data(), settings, None, draws, {}, record or {})
