"""Every registered method conforms; planted ones that cheat are found out."""

import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from latentdim import registry
from latentdim.conformance.methods import DIM, problems_of
from latentdim.nets import Autoencoder, StandardNormal, reconstruction
from latentdim.nets.build import Decoder
from latentdim.nets.draws import Draws
from latentdim.registry.declarations import Method, MethodConfig
from latentdim.training import Task, train


@pytest.mark.parametrize("method", list(registry.methods()), ids=lambda method: method.name)
def test_every_registered_method_conforms(method: Method) -> None:
    assert problems_of(method) == []


@pytest.mark.parametrize("method", list(registry.methods()), ids=lambda method: method.name)
def test_default_settings_survive_a_round_trip(method: Method) -> None:
    config = method.config()
    assert method.config.model_validate_json(config.model_dump_json()) == config
    assert method.source
    assert method.title


class Honest(Autoencoder):
    """What the planted methods below distort in one way each."""


class SkipsTheCode(Autoencoder):
    """Keeps the examples and adds them to what it decodes."""

    seen: Tensor | None = None

    def encode(self, x: Tensor, *, sample: Draws | None = None) -> Tensor:
        self.seen = x
        return super().encode(x)

    def decode(self, z: Tensor) -> Tensor:
        out = super().decode(z)
        return out + self.seen if self.seen is not None and self.seen.shape == out.shape else out


class OneMore(Autoencoder):
    """Hands over L + 1 numbers."""

    def encode(self, x: Tensor, *, sample: Draws | None = None) -> Tensor:
        code = super().encode(x)
        return torch.cat([code, x[:, :1]], dim=1)

    def decode(self, z: Tensor) -> Tensor:
        return super().decode(z[:, :DIM])


class DrawsGlobally(Autoencoder):
    """Draws its prior and its training noise from torch's global generator."""

    def encode(self, x: Tensor, *, sample: Draws | None = None) -> Tensor:
        return super().encode(x) + (torch.randn(len(x), DIM) if self.training else 0.0)


class NoNumbers(StandardNormal):
    """Draws what are not numbers."""

    def sample(self, n: int, draws: Draws) -> Tensor:
        return super().sample(n, draws) * float("nan")


class GivesNaN(Autoencoder):
    """Samples that are not numbers."""

    def __init__(self, encoder: nn.Module, decoder: Decoder, *, dim: int, shape: tuple[int, ...]) -> None:
        super().__init__(encoder, decoder, dim=dim, shape=shape, prior=NoNumbers(dim))


class AllAtOnce(StandardNormal):
    """Draws as many numbers as are asked for, which torch begins otherwise for each number."""

    def sample(self, n: int, draws: Draws) -> Tensor:
        return draws.normal((n, len(self.mean)))


class OtherCodesForMore(Autoencoder):
    """A prior whose first codes depend on how many are drawn."""

    def __init__(self, encoder: nn.Module, decoder: Decoder, *, dim: int, shape: tuple[int, ...]) -> None:
        super().__init__(encoder, decoder, dim=dim, shape=shape, prior=AllAtOnce(dim))


class GivesAPair(Autoencoder):
    """Its posterior is mean and log-variance, as once it had to be."""

    def posterior(self, x: Tensor) -> Any:
        return self.encode(x), self.encode(x)


class LooksAtTheBatch(Autoencoder):
    """Decodes an example with the help of its neighbours."""

    def decode(self, z: Tensor) -> Tensor:
        return super().decode(z - z.mean(dim=0))


class IgnoresAxes(Autoencoder):
    """Varies axes that it was told to hold."""

    def mask_axes(self, z: Tensor, axes: Tensor | None) -> Tensor:
        return z


PLANTED = {
    Honest: None,
    SkipsTheCode: "beside the code",
    OneMore: f"where (2, {DIM}) is due",
    DrawsGlobally: "global random generator",
    GivesNaN: "samples: NaN",
    OtherCodesForMore: "draw with draws.rows(n, width)",
    GivesAPair: "posterior: gives a tuple",
    LooksAtTheBatch: "depends on the others",
    IgnoresAxes: "no axis is allowed to vary",
}


@pytest.fixture
def planted(request: pytest.FixtureRequest) -> Iterator[Method]:
    kind: type[Autoencoder] = request.param

    def fit(task: Task, config: MethodConfig) -> Autoencoder:
        model = kind.build(task.protocol, dim=task.dim, shape=task.shape, generator=task.initialisation)
        return train(model, lambda x: {"loss": reconstruction(model, model.encode(x), x, task.protocol)}, task)

    module = ModuleType("planted_method")
    module.fit = fit  # type: ignore[attr-defined]
    sys.modules["planted_method"] = module
    yield Method(name="planted", config=MethodConfig, runner="planted_method:fit", source="this test")
    del sys.modules["planted_method"]


@pytest.mark.parametrize(
    ("planted", "told"), PLANTED.items(), indirect=["planted"], ids=[kind.__name__ for kind in PLANTED]
)
def test_a_method_that_cheats_is_found_out(planted: Method, told: str | None) -> None:
    problems = problems_of(planted)
    assert problems == [] if told is None else any(told in problem for problem in problems), problems
