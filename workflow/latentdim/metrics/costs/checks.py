"""What the metrics are held against: references that share no code with them, and the order of the controls."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from torch import Tensor

from latentdim import registry
from latentdim.conformance.checks import CONTROLS, Check, MetricChecks, Ranking
from latentdim.conformance.models import LinearDecoder, measuring
from latentdim.nets.architectures.mlp import Mlp
from latentdim.nets.latent import Autoencoder
from latentdim.nets.prior import StandardNormal
from latentdim.registry.declarations import resolve
from latentdim.study.protocol import Training
from latentdim.system.seeds import torch_stream

RECORD: dict[str, Any] = {
    "late_improvement": 0.0075,
    "timing": {"train_seconds": 12.5, "examples_per_second": 2560.0, "resumed_steps": 0, "steps": 500},
    "device": {"name": "a device", "threads": 1},
    "usage": {
        "shared_by": 1, "peak_memory_mb": 345.5, "memory_since": "training", "memory_before_mb": 300.0,
        "energy_joules": 1234.5,
    },
}  # fmt: skip


REPEATS = 10


def read(name: str, expected: float) -> Callable[[], float]:
    """Difference to the record's own number."""

    def deviation() -> float:
        context = measuring(LinearDecoder(torch.eye(12, 2)), record=RECORD)
        return abs(float(resolve(registry.metrics().get(name).function)(context).value) - expected)

    return deviation


def parameters() -> float:
    """An MLP 12 → 16 → 3 → 16 → 12: weights and biases of four layers."""
    protocol = Training(network=Mlp(hidden=(16,)), batch_size=16, steps=1)
    model = Autoencoder.build(protocol, dim=3, shape=(12,), generator=torch_stream("references", "parameters"))
    expected = (12 * 16 + 16) + (16 * 3 + 3) + (3 * 16 + 16) + (16 * 12 + 12)
    return abs(float(resolve(registry.metrics().get("parameters").function)(measuring(model)).value) - expected)


class Refreshing(StandardNormal):
    """Counts how often it is estimated."""

    calls = 0

    def estimate(self, codes: Iterable[Tensor]) -> Tensor:
        """Variances of one."""
        self.calls += bool(sum(len(batch) for batch in codes))
        return self.variance


def refreshes() -> float:
    """One warm-up and ten timed refreshes, of which the median counts; difference of the calls and the value."""
    model = LinearDecoder(torch.eye(12, 2))
    model.prior = counted = Refreshing(2)
    # Its own folder of locks, so that other runs on this machine don't make it refuse.
    with tempfile.TemporaryDirectory() as folder, patch("tempfile.tempdir", folder):
        found = resolve(registry.metrics().get("prior_refresh_seconds").function)(measuring(model, record=RECORD))
    return abs(counted.calls - REPEATS - 1) + abs(found.value - float(np.median(found.detail["repeats"])))


READ = "read off"


UNTRAINED = "the controls are worked out in closed form, so there is no training to time"
REFERENCES: tuple[Check, ...] = (
    *(
        Check(
            metrics=(name,), reference="a hand-made record", case=f"{value:g} in it", deviation=read(name, value),
            tolerance=0, reason=READ,
        )
        for name, value in (
            ("train_seconds", 12.5), ("examples_per_second", 2560.0), ("peak_memory", 345.5), ("energy", 1234.5),
            ("late_improvement", 0.0075),
        )
    ),
    Check(
        metrics=("parameters",), reference="counted by hand: 479", case="an MLP 12 → 16 → 3 → 16 → 12",
        deviation=parameters, tolerance=0, reason="a count",
    ),
    Check(
        metrics=("prior_refresh_seconds",), reference="numpy.median of its repeats, and their number",
        case="a model that counts its refreshes", deviation=refreshes, tolerance=1e-12, reason="the same numbers",
    ),
)  # fmt: skip

RANKINGS: tuple[Ranking, ...] = (
    Ranking(
        metrics=("train_seconds", "examples_per_second", "energy", "late_improvement"), refused=CONTROLS, why=UNTRAINED,
    ),
    Ranking(metrics=("prior_refresh_seconds",), refused=CONTROLS, why="none of the controls estimates its prior"),
    Ranking(
        metrics=("parameters",), exact=dict.fromkeys(CONTROLS, 0.0), why="nothing in them is trained",
    ),
    Ranking(metrics=("peak_memory",), why="it tells of the machine"),
)  # fmt: skip


def checks() -> MetricChecks:
    """References, rankings of the controls, and settings for tiny data."""
    return MetricChecks(
        references=REFERENCES,
        rankings=RANKINGS,
    )
