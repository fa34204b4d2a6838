"""Small images of three classes, and a linear model of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from latentdim.metrics.context import MetricContext
from latentdim.nets.draws import Draws
from latentdim.study.evaluation import Evaluation
from latentdim.system.seeds import torch_stream
from latentdim.training.data import Data, Scaling, Split

CLASSES = 3


def images(n: int, name: str, *, channels: int = 1, side: int = 9) -> Split:
    """Noise with a bright bar on the left, in the middle or on the right; the bar's place is the class."""
    generator = torch_stream("pictures", name)
    labels = torch.randint(0, CLASSES, (n,), generator=generator)
    values = torch.randint(0, 100, (n, channels, side, side), generator=generator)
    wide = side // CLASSES
    for row, label in zip(values, labels.tolist(), strict=True):
        row[:, :, label * wide : (label + 1) * wide] += 120
    return Split(values.to(torch.uint8), None, labels)


@pytest.fixture
def pictured(linear: Callable[..., torch.nn.Module]) -> Callable[..., MetricContext]:
    """A measuring context on such images; keyword arguments beyond the known ones are fields of the evaluation."""

    def build(
        *, n_train: int = 150, n_test: int = 40, channels: int = 1, side: int = 9, bias: float = 0.5,
        axes: list[bool] | None = None, cache: Path | None = None, scaling: Scaling | None = None,
        **evaluation: object,
    ) -> MetricContext:  # fmt: skip
        train = images(n_train, "train", channels=channels, side=side)
        test = images(n_test, "test", channels=channels, side=side)
        size = channels * side * side
        generator = torch_stream("pictures", "model", size)
        weight = torch.randn(size, 4, generator=generator) / 6
        encoder = torch.randn(4, size, generator=generator) / size
        model = linear(weight=weight, encoder=encoder, bias=bias)
        model.shape = (channels, side, side)
        data = Data(train, train.part(0, 0), test, scaling or Scaling(1.0, 0.0))
        draws = lambda name: Draws.named("run", name)  # noqa: E731
        chosen = None if axes is None else torch.tensor(axes)
        given = Evaluation.model_validate(evaluation)
        return MetricContext(model, data, given, chosen, draws, {}, cache=cache)

    return build


@pytest.fixture
def named_inception(inception_file: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of random weights, named by the environment."""
    monkeypatch.setenv("LATENTDIM_INCEPTION", str(inception_file))
    return inception_file


@pytest.fixture
def small_inception(named_inception: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, with images enlarged to 35 pixels and not to 299, in torch-fidelity too: a hundredth of the work."""
    from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

    from latentdim.metrics.features import inception

    monkeypatch.setattr(inception, "SIDE", 35)
    monkeypatch.setattr(FeatureExtractorInceptionV3, "INPUT_IMAGE_SIZE", 35)
    return named_inception


@pytest.fixture
def bytes_of() -> Callable[[Tensor], Tensor]:
    """Made images as bytes, rounded, of three channels: written out by hand."""

    def convert(made: Tensor) -> Tensor:
        whole = torch.clamp(made.double() * 255, 0, 255).round().to(torch.uint8)
        return whole if whole.shape[1] == 3 else torch.cat([whole, whole, whole], dim=1)

    return convert
