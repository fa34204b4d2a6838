"""One comparison of a metric with a reference that shares no code with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from latentdim.system.seeds import stream


@dataclass(frozen=True, kw_only=True)
class Check:
    """What a metric is held against. The deviation is worked out anew each time it is asked for.

    Attributes:
        metrics: names of the metrics whose values go through what is checked.
        reference: where the expected value comes from.
        case: on which input.
        deviation: gives how far the metric is from the reference: the largest absolute difference, unless ``case``
            names a unit.
        tolerance: the largest deviation that is accepted.
        reason: why that much.
    """

    metrics: tuple[str, ...]
    reference: str
    case: str
    deviation: Callable[[], float]
    tolerance: float
    reason: str


EXACT = "rounding of float64"


def draws(*names: str | int) -> np.random.Generator:
    """Random numbers of one check, fixed by its names."""
    return stream("references", *names)
