"""Evidence in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from latentdim.claims.ends import Point, Row

MOST = 8  # points in a sentence
FEW = 3  # places, or runs, that a page names


def number(value: float) -> str:
    """Three significant digits; of whole numbers below a million all."""
    return f"{value:.0f}" if value == int(value) and abs(value) < 1e6 else f"{value:.3g}"


def value(point: Point) -> str:
    """``1.71 ± 0.01 (n = 2)``."""
    spread = "" if point.spread is None else f" ± {point.spread:.2g}"
    return f"{number(point.estimate.value)}{spread} (n = {len(point.values)})"


def listed(points: Iterable[Point]) -> str:
    """``L = 8: 1.71 ± 0.01 (n = 2), L = 10: 2.1 (n = 1)``; of many the first and the last ones."""
    texts = [f"{point.name}: {value(point)}" for point in points]
    if len(texts) > MOST:
        texts = [*texts[: MOST // 2], f"{len(texts) - MOST} more", *texts[-MOST // 2 :]]
    return ", ".join(texts)


def few(names: Sequence[str]) -> str:
    """``L = 8, L = 10, L = 12 and 5 more``."""
    more = len(names) - FEW
    return ", ".join(names[:FEW]) + f" and {more} more" if more > 1 else ", ".join(names)


def short(row: Row) -> str:
    """What a page says of a row: the numbers that decided, and a few of the places that something is to be known of."""
    parts = [
        row.says,
        few(row.details),
        f"nothing from {few(row.silent)}" if row.silent else "",
        *(f"{caveat}: {few(places)}" for caveat, places in row.caveats.items()),
    ]
    return "; ".join(filter(None, parts))


def interval(low: float | None, high: float | None) -> str:
    """``10 to 13``, ``at least 10`` or ``at most 13``."""
    if low is not None and high is not None:
        return number(low) if low == high else f"{number(low)} to {number(high)}"
    return f"at least {number(low)}" if low is not None else f"at most {number(high or 0.0)}"
