"""What a family of metrics is tried with, as the ``checks.py`` of its folder says it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from latentdim import registry
from latentdim.registry.declarations import resolve
from latentdim.system.seeds import stream

EXACT = "rounding of float64"
CONTROLS = ("pca", "oracle", "noise", "constant")
DIM = 5  # of every control: more than the tiny vectors' three factors and the tiny pictures' four

Group = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Check:
    """What a metric is held against. The deviation is worked out anew each time it is asked for.

    Attributes:
        metrics: names of the metrics whose values go through what is checked.
        reference: where the expected value comes from; it shares no code with the metric.
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


@dataclass(frozen=True, kw_only=True)
class Ranking:
    """What theory says of the controls' values.

    Attributes:
        metrics: that it holds for.
        rising: chains of groups: all values of a group are equal, and below those of the next group.
        exact: control → its value, where theory gives the number.
        refused: controls for which the metric has no meaning.
        why: the reason; where nothing else is given, why theory doesn't say.
        untried: the metric needs what isn't part of the suite (weights, a trained classifier), so it isn't tried here.
    """

    metrics: tuple[str, ...]
    why: str
    rising: tuple[tuple[Group, ...], ...] = ()
    exact: Mapping[str, float] | None = None
    refused: Group = ()
    untried: bool = False

    @property
    def stated(self) -> bool:
        """Whether theory says anything."""
        return bool(self.rising or self.exact or self.refused)

    @property
    def expected(self) -> str:
        """``pca = noise < oracle < constant; constant refused``, or that theory doesn't say."""
        parts = [" < ".join(" = ".join(group) for group in chain) for chain in self.rising]
        parts += [f"{name} {value:g}" for name, value in (self.exact or {}).items()]
        parts += [f"{', '.join(self.refused)} refused"] if self.refused else []
        return "; ".join(parts) or "theory doesn't say"


@dataclass(frozen=True, kw_only=True)
class MetricChecks:
    """All that a family's ``checks()`` gives.

    Attributes:
        small: field of the evaluation half → a value with which the family's metrics take no time on tiny data.
        other: field → another such value, with which a metric that uses the field gives another number.
        remarks: metric → what its references leave out, and what holds that instead.
    """

    references: tuple[Check, ...] = ()
    rankings: tuple[Ranking, ...] = ()
    small: Mapping[str, Any] = field(default_factory=dict)
    other: Mapping[str, Any] = field(default_factory=dict)
    remarks: Mapping[str, str] = field(default_factory=dict)


def families() -> tuple[MetricChecks, ...]:
    """The checks of all registered families of metrics that have some."""
    paths = dict.fromkeys(metric.checks for metric in registry.metrics() if metric.checks)
    return tuple(resolve(path)() for path in paths)


def references() -> tuple[Check, ...]:
    """Every reference that a metric is held against."""
    return tuple(check for family in families() for check in family.references)


def remark_on(metric: str) -> str:
    """What the references of a metric leave out; empty where nothing is said."""
    return next((family.remarks[metric] for family in families() if metric in family.remarks), "")


def draws(*names: str | int) -> np.random.Generator:
    """Random numbers of one check, fixed by its names."""
    return stream("references", *names)
