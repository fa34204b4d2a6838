"""Counts of dimensions with the sorted values that their rules cut, so that a reader sees whether there is a gap."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from latentdim.outcomes.outcomes import Measurement, Outcome
from latentdim.plan.plan import Run

HEIGHT, WIDTH, WIDEST = 22.0, 5.0, 200.0  # of the bars and of one of them, in pixels, and of all together at most
DECADES = 6.0  # below the largest value that a bar still has a height for


@dataclass(frozen=True)
class Bar:
    """One axis; all measures in pixels.

    Attributes:
        kind: ``kept`` where the axis counts, else ``cut``.
    """

    kind: str
    x: str
    y: str
    width: str
    height: str


@dataclass(frozen=True)
class Count:
    """One count of one run.

    Attributes:
        texts: the count, the least value counted, the largest one cut, and their ratio.
        bars: an axis each, the largest first, in a picture of so many pixels.
    """

    run: Run
    rule: str
    texts: tuple[str, str, str, str]
    bars: tuple[Bar, ...]
    width: str
    height: str = f"{HEIGHT:g}"


def counts(outcomes: Sequence[Outcome]) -> list[Count]:
    """Every count that comes from cutting numbers, in the plan's order."""
    return [
        _count(outcome.run, measured)
        for outcome in outcomes
        for measured in outcome.measurements
        if measured.value is not None and {"scores", "axes"} <= set(measured.detail)
    ]


def _count(run: Run, measured: Measurement) -> Count:
    axes, scores = set(measured.detail["axes"]), measured.detail["scores"]
    kept = [score for axis, score in enumerate(scores) if axis in axes]
    cut = [score for axis, score in enumerate(scores) if axis not in axes]
    ratio = min(kept) / max(cut) if kept and cut and max(cut) > 0 else None
    texts = (
        str(len(kept)),
        f"{min(kept):.2g}" if kept else "",
        f"{max(cut):.2g}" if cut else "none",
        "" if ratio is None else f"{ratio:,.0f}" if ratio >= 10 else f"{ratio:.1f}",
    )
    step = min(WIDTH, WIDEST / len(scores))
    order = sorted(range(len(scores)), key=lambda axis: -scores[axis])
    largest = scores[order[0]] or 1.0
    bars = tuple(_bar(i * step, step, scores[axis] / largest, axis in axes) for i, axis in enumerate(order))
    return Count(run, measured.requested.metric.title, texts, bars, f"{step * len(scores):g}")


def _bar(left: float, step: float, share: float, counts: bool) -> Bar:
    height = max(1.0, HEIGHT * (1.0 + math.log10(share) / DECADES)) if share > 0 else 1.0
    kind = "kept" if counts else "cut"
    return Bar(kind, f"{left:.4g}", f"{HEIGHT - height:.4g}", f"{0.8 * step:.4g}", f"{height:.4g}")
