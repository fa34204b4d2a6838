"""What the length of codes is held against."""

import numpy as np
import torch

from latentdim.conformance.checks import Check, MetricChecks, Ranking
from latentdim.conformance.models import LinearDecoder, measuring
from latentdim.conformance.tiny import tiny_data
from toys.code_norm.measure import measure


def by_numpy() -> float:
    """Codes that are the examples' first two values; cubes of their lengths."""
    values = tiny_data().test.values[:, :2].double().numpy()
    expected = np.mean((values**2).sum(axis=1) ** 1.5)
    return abs(measure(measuring(LinearDecoder(torch.eye(12, 2)), code_norm={"power": 3.0})).value - expected)


def checks() -> MetricChecks:
    """A reference, a ranking, and settings for tiny data."""
    case = "the cubes of two values' lengths"
    return MetricChecks(
        references=(
            Check(
                metrics=("code_norm",),
                reference="numpy",
                case=case,
                deviation=by_numpy,
                tolerance=1e-6,
                reason="float32",
            ),
        ),
        rankings=(Ranking(metrics=("code_norm",), exact={"constant": 0.0}, why="constant codes are zeros"),),
        other={"code_norm": {"power": 3.0}},
    )
