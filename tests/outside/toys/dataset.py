"""A ring: noisy points of a circle, as vectors."""

import math

import numpy as np
from pydantic import Field

from latentdim import Dataset, DatasetOptions, SourceInfo
from latentdim.datasets.prepared import Writer
from latentdim.registry.declarations import GENERATED
from latentdim.system.seeds import stream


class RingOptions(DatasetOptions):
    """How many points, and how noisy."""

    n_train: int = Field(300, ge=2)
    n_test: int = Field(100, ge=2)
    noise: float = Field(0.01, ge=0, description="standard deviation")


def inspect(options: RingOptions) -> SourceInfo:
    """Always there."""
    return SourceInfo(shape=(6,), n_train=options.n_train, prepared_mb=(options.n_train + options.n_test) * 24 / 1e6)


def prepare(options: RingOptions, writer: Writer) -> None:
    """Write both parts."""
    for part, n in (("train", options.n_train), ("test", options.n_test)):
        draws = stream("ring", part)
        angle = draws.uniform(0.0, 2.0 * math.pi, (n, 1))
        values = np.hstack([np.cos(angle), np.sin(angle), np.zeros((n, 4))]) + draws.normal(0.0, options.noise, (n, 6))
        writer.save(part, values.astype(np.float32))


DATASET = Dataset(
    name="ring", title="Ring", options=RingOptions, inspect="toys.dataset:inspect", prepare="toys.dataset:prepare",
    kind="vectors", source="generated", licence=GENERATED,
)  # fmt: skip
