"""Printed units beside our metrics' own: which belong together, and what ours are multiplied by."""

from __future__ import annotations

from latentdim.registry.declarations import Metric
from latentdim.tables.values import Coordinates

SHARES = {"1": 1.0, "%": 100.0}
NATS = {"nat": 1.0, "nats": 1.0}
# A metric's own unit → units that a paper may print it in.
PRINTED_AS = {
    "1": SHARES,
    "share of the generated examples": SHARES,
    "share of the real examples": SHARES,
    "share of the data's variance": SHARES,
    "dimensions": {"axes": 1.0},
    "squared feature units": {"FID": 1.0},
    # Ours are of images in [0, 1]; in [−1, 1] each difference is twice as large.
    "squared data units per value": {"1": 1.0, "squared units of [−1, 1]": 4.0},
    "nats per vector": NATS,
    "nats per example": NATS,
    "s": {"min": 1.0 / 60.0, "h": 1.0 / 3600.0},
}
# Printed quantities that aren't metrics of ours: the initial dimension less this metric's value.
LESS_THAN_DIM = {"pruned_axes": "active"}
FID_METRICS = frozenset({"fid", "fid_reconstruction"})


def source_of(at: Coordinates) -> Coordinates:
    """The coordinates whose values a printed quantity is worked out of."""
    return Coordinates(at.dataset, at.label, at.dim, LESS_THAN_DIM.get(at.metric, at.metric), at.axes)


def in_unit(at: Coordinates, value: float, factor: float) -> float:
    """A value of those coordinates as the printed quantity, in its unit."""
    return (at.dim - value if at.metric in LESS_THAN_DIM else value) * factor


def factor_to(unit: str, metric: Metric) -> float | None:
    """What our values are multiplied by to be in a printed unit; None where it isn't one of the metric's."""
    return {metric.unit: 1.0, **PRINTED_AS.get(metric.unit, {})}.get(unit)


def units_of(metric: Metric) -> tuple[str, ...]:
    """Every unit that a metric's numbers may be printed in."""
    return (*PRINTED_AS.get(metric.unit, {}), metric.unit)
