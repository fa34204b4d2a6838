"""Synthetic vectors of known intrinsic dimension, after MaskAAE (section 5.1, supplement 10).

The paper gives the recipe (a Gaussian of n dimensions through two fully connected layers of 128 with leaky ReLU) and
leaves its constants open. This suite's: z ~ N(0, I); weights normal with variance 2 / fan-in, no biases; leaky ReLU of
slope 0.2 after both layers; no noise; each output centred, and all divided by one scalar, so that the outputs' mean
variance is 1. Mean and scalar are those of the training part.

Codes, weights and hidden values lie on a grid of 2⁻²⁰. Every sum in a matrix product is then exact in float64, so its
order doesn't matter and any machine, linear-algebra library and number of threads makes the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field, PositiveInt, ValidationInfo, field_validator

from latentdim.registry.declarations import GENERATED, Dataset, DatasetOptions, SourceInfo
from latentdim.system.seeds import stream

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from latentdim.datasets.prepared import Writer

    Array = NDArray[np.float64]

GRID = 2.0**20
BATCH = 10_000


class SyntheticOptions(DatasetOptions):
    """What the generator is made of. ``n`` stands last of the sizes, since its check needs the others."""

    outputs: PositiveInt = Field(128, description="values of one example")
    width: PositiveInt = Field(128, description="hidden units")
    n: PositiveInt = Field(description="true latent dimension, at most `width` and `outputs`", examples=[8])
    n_train: int = Field(60_000, ge=2, description="training examples")
    n_test: int = Field(10_000, ge=2, description="test examples")
    slope: float = Field(0.2, gt=0, le=1, description="of the leaky ReLU below zero")
    seed: int = Field(0, ge=0, description="of the generator's weights and of the samples")

    @field_validator("n")
    @classmethod
    def _fits(cls, n: int, info: ValidationInfo) -> int:
        for other in ("outputs", "width"):
            if n > info.data.get(other, n):
                raise ValueError(f"should be at most {other} = {info.data[other]}")
        return n


@dataclass(frozen=True)
class Generator:
    """The fixed random network x = f(z).

    Attributes:
        first: weights ``(n, width)``.
        second: weights ``(width, outputs)``.
        slope: of the leaky ReLU below zero.
    """

    first: Array
    second: Array
    slope: float

    @classmethod
    def of(cls, options: SyntheticOptions) -> Generator:
        """The network that the options stand for."""
        names = ("synthetic", options.n, options.seed)
        first = _weights(stream(*names, "first"), options.n, options.width)
        second = _weights(stream(*names, "second"), options.width, options.outputs)
        return cls(first, second, options.slope)

    def __call__(self, z: Array) -> Array:
        """Outputs ``(N, outputs)`` before centring and scaling, of codes ``(N, n)``; float64."""
        return self._activation(self._activation(z @ self.first) @ self.second)

    def _activation(self, values: Array) -> Array:
        return on_grid(np.where(values > 0, values, self.slope * values))


def _weights(draws: np.random.Generator, fan_in: int, fan_out: int) -> Array:
    return on_grid(draws.normal(0.0, (2.0 / fan_in) ** 0.5, (fan_in, fan_out)))


def on_grid(values: Array) -> Array:
    """The nearest multiples of 2⁻²⁰."""
    return np.rint(values * GRID) / GRID


def inspect(options: SyntheticOptions) -> SourceInfo:
    """Nothing can be missing: all of it is generated."""
    n_values = (options.n_train + options.n_test) * (options.outputs + options.n)
    return SourceInfo(
        shape=(options.outputs,), n_train=options.n_train, n_factors=options.n, prepared_mb=n_values * 4 / 1e6
    )


def prepare(options: SyntheticOptions, writer: Writer) -> None:
    """Generate both parts, with the true codes z as factors."""
    generator = Generator.of(options)
    mean, scale = _moments(generator, options)
    for part, n in (("train", options.n_train), ("test", options.n_test)):
        values = writer.array(part, shape=(n, options.outputs), dtype=np.float32)
        factors = writer.array(f"{part}_factors", shape=(n, options.n), dtype=np.float32)
        for start, z in codes(options, part):
            values[start : start + len(z)] = (generator(z) - mean) / scale
            factors[start : start + len(z)] = z  # exact: a multiple of 2⁻²⁰ below 16 fits float32
    writer.facts["standardised_by"] = scale


def codes(options: SyntheticOptions, part: str) -> Iterator[tuple[int, Array]]:
    """The codes z of ``train`` or ``test``, batch by batch with the position of each batch's first."""
    n = options.n_train if part == "train" else options.n_test
    draws = stream("synthetic", options.n, options.seed, part)
    for start in range(0, n, BATCH):
        yield start, on_grid(draws.standard_normal((min(BATCH, n - start), options.n)))


def _moments(generator: Generator, options: SyntheticOptions) -> tuple[Array, float]:
    """Mean of each output, ``(outputs,)``, and the square root of the outputs' mean variance; training part."""
    total = np.zeros(options.outputs)
    for _, z in codes(options, "train"):
        total += generator(z).sum(axis=0)
    mean = on_grid(total / options.n_train)
    square = 0.0
    for _, z in codes(options, "train"):
        square += float(np.square(generator(z) - mean).sum())
    return mean, float(on_grid(np.array((square / (options.n_train * options.outputs)) ** 0.5)))


DATASET = Dataset(
    name="synthetic",
    title="Synthetic",
    pattern=r"synthetic_(?P<n>\d+)",
    options=SyntheticOptions,
    inspect="latentdim.datasets.synthetic:inspect",
    prepare="latentdim.datasets.synthetic:prepare",
    in_random_order=True,
    kind="vectors",
    true_dim="n",
    intrinsic_dim="n",
    source="generated: the recipe of MaskAAE (section 5.1, supplement 10) with this suite's constants",
    licence=GENERATED,
)
