"""The evidence of a claim as a small picture: curves over places, or a dot for each name.

Readable in grey: series differ in dashes and marks, not only in colour.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

from latentdim.claims.ends import Point, Row, Series

WIDTH, HEIGHT = 300.0, 120.0
LEFT, RIGHT, TOP, BOTTOM = 44.0, 8.0, 8.0, 28.0
LINE = 17.0  # height of a name's line
NAMES = 120.0  # width of the names
LONGEST = 20  # letters of a name
DASHES = ("", "5 3", "1.5 2.5", "8 2 2 2")
MANY = len(DASHES)  # series beyond which all look alike: runs of one kind
MARKED = 40  # points up to which each has a mark
LOGARITHMIC = 10.0  # ratio of the largest to the smallest value from which an axis of positive ones is logarithmic


@dataclass(frozen=True)
class Axis:
    """From values to pixels.

    Attributes:
        ends: the values at its ends.
        pixels: where these lie.
    """

    ends: tuple[float, float]
    pixels: tuple[float, float]
    log: bool = False

    @classmethod
    def of(cls, values: Sequence[float], pixels: tuple[float, float], *, log: bool = False) -> Axis:
        """The axis that holds these values, with a little room."""
        low, high = min(values), max(values)
        if log:
            return cls((low / 1.15, high * 1.15), pixels, log=True)
        room = 0.06 * (high - low) or 0.06 * abs(high) or 1.0
        return cls((low - room, high + room), pixels)

    def __call__(self, value: float) -> float:
        low, high, at = (math.log(v) for v in (*self.ends, value)) if self.log else (*self.ends, value)
        share = min(max((at - low) / (high - low), 0.0), 1.0)
        return self.pixels[0] + share * (self.pixels[1] - self.pixels[0])


def drawing(row: Row) -> str:
    """A row's evidence as an SVG element; empty where it has no points."""
    points = [point for series in row.series for point in series.points]
    if not points:
        return ""
    by_name = not row.axis
    height = TOP + BOTTOM + LINE * len(points) if by_name else HEIGHT
    attributes = {"class": "evidence", "viewBox": f"0 0 {WIDTH:g} {height:g}", "width": f"{WIDTH:g}"}
    svg = ElementTree.Element("svg", attributes | {"height": f"{height:g}", "role": "img", "aria-label": row.says})
    (_dots if by_name else _curves)(svg, row, points)
    return ElementTree.tostring(svg, encoding="unicode")


def _values(row: Row, points: Sequence[Point]) -> list[float]:
    """All that the axis of values has to hold: runs, means with their spreads, and ends of the band that aren't far."""
    values = [value for point in points for value in point.values]
    values += [point.estimate.value + side * (point.spread or 0.0) for point in points for side in (-1.0, 1.0)]
    reach = max(values) - min(values) or abs(values[0]) or 1.0
    near = (end for end in row.band or () if min(values) - reach <= end <= max(values) + reach)
    return [*values, *near]


def _log(values: Sequence[float]) -> bool:
    return min(values) > 0 and max(values) / min(values) > LOGARITHMIC


def _curves(svg: ElementTree.Element, row: Row, points: Sequence[Point]) -> None:
    values, places = _values(row, points), [point.place for point in points]
    across = Axis.of([*places, *(row.span or ())], (LEFT, WIDTH - RIGHT))
    up = Axis.of(values, (HEIGHT - BOTTOM, TOP), log=_log(values))
    if row.span:
        left, right = across(row.span[0]), across(row.span[1])
        _rectangle(svg, "span", left - 1, TOP, right - left + 2, HEIGHT - BOTTOM - TOP)
    if row.band:
        top, bottom = (_at(up, end) for end in reversed(row.band))
        _rectangle(svg, "band", LEFT, top, WIDTH - RIGHT - LEFT, bottom - top)
    _frame(svg, HEIGHT - BOTTOM)
    for index, series in enumerate(row.series):
        _curve(svg, series, index if len(row.series) <= MANY else 0, across, up)
    for value in (min(values), max(values)):
        _text(svg, LEFT - 4, up(value) + 3, _number(value), "end")
    for place in (min(places), max(places)):
        _text(svg, across(place), HEIGHT - BOTTOM + 11, f"{place:g}", "middle")
    _text(svg, (LEFT + WIDTH - RIGHT) / 2, HEIGHT - BOTTOM + 11, row.axis, "middle")
    scale = " (logarithmic)" if up.log else ""
    legend = ", ".join(_legend(row.series)) if 1 < len(row.series) <= MANY else ""
    _text(svg, LEFT, HEIGHT - 4, f"{row.value}{scale}{f': {legend}' if legend else ''}", "start")


def _curve(svg: ElementTree.Element, series: Series, index: int, across: Axis, up: Axis) -> None:
    at = [(across(point.place), up(point.estimate.value)) for point in series.points]
    line = {"class": f"line s{index}", "points": " ".join(f"{x:.1f},{y:.1f}" for x, y in at)}
    ElementTree.SubElement(svg, "polyline", line | ({"stroke-dasharray": DASHES[index]} if DASHES[index] else {}))
    for (x, y), point in zip(at, series.points, strict=True) if len(at) <= MARKED else ():
        if point.spread:
            high, low = (up(point.estimate.value + side * point.spread) for side in (1.0, -1.0))
            _line(svg, f"whisker s{index}", x, high, x, low)
        _mark(svg, index, x, y, point)


def _dots(svg: ElementTree.Element, row: Row, points: Sequence[Point]) -> None:
    values, bottom = _values(row, points), TOP + LINE * len(points)
    across = Axis.of(values, (NAMES, WIDTH - RIGHT), log=_log(values))
    if row.band:
        left, right = (_at(across, end) for end in row.band)
        _rectangle(svg, "band", left, TOP, right - left, bottom - TOP)
    first = {id(point) for point in row.series[0].points}
    for line, point in enumerate(points):
        y = TOP + LINE * (line + 0.5)
        index = 0 if id(point) in first else 1
        _text(svg, NAMES - 8, y + 3, _short(point.name), "end", title=point.name)
        _line(svg, "rule", NAMES, y, WIDTH - RIGHT, y)
        x = across(point.estimate.value)
        if point.spread:
            ends = (across(point.estimate.value + side * point.spread) for side in (-1.0, 1.0))
            left, right = ends
            _line(svg, f"whisker s{index}", left, y, right, y)
        _mark(svg, index, x, y, point)
    for value, anchor in ((min(values), "start"), (max(values), "end")):
        _text(svg, across(value), bottom + 11, _number(value), anchor)
    _text(svg, NAMES, bottom + 24, f"{row.value}{' (logarithmic)' if across.log else ''}", "start")


def _legend(series: Sequence[Series]) -> Iterator[str]:
    kinds = ("solid", "dashed", "dotted", "dash-dotted")
    yield from (f"{_short(one.name)} {kind}" for one, kind in zip(series, kinds, strict=False))


def _at(axis: Axis, value: float) -> float:
    """A place that may be infinite: then the axis's end."""
    return axis.pixels[0 if value < 0 else 1] if math.isinf(value) or (axis.log and value <= 0) else axis(value)


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"


def _number(value: float) -> str:
    return f"{value:.3g}"


def _rectangle(svg: ElementTree.Element, kind: str, x: float, y: float, width: float, height: float) -> None:
    sizes = {"x": x, "y": y, "width": max(width, 1.0), "height": max(height, 1.0)}
    ElementTree.SubElement(svg, "rect", {"class": kind} | {name: f"{size:.1f}" for name, size in sizes.items()})


def _line(svg: ElementTree.Element, kind: str, x1: float, y1: float, x2: float, y2: float) -> None:
    ends = {"x1": x1, "y1": y1, "x2": x2, "y2": y2}
    ElementTree.SubElement(svg, "line", {"class": kind} | {name: f"{end:.1f}" for name, end in ends.items()})


def _frame(svg: ElementTree.Element, bottom: float) -> None:
    _line(svg, "rule", LEFT, TOP, LEFT, bottom)
    _line(svg, "rule", LEFT, bottom, WIDTH - RIGHT, bottom)


def _mark(svg: ElementTree.Element, index: int, x: float, y: float, point: Point) -> None:
    """A full circle, an empty one, a full square, an empty one; with its numbers for whoever points there."""
    kind = {"class": f"mark s{index}{' hollow' if index % 2 else ''}"}
    if index < len(DASHES) // 2:
        mark = ElementTree.SubElement(svg, "circle", kind | {"cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": "3"})
    else:
        square = {"x": f"{x - 2.5:.1f}", "y": f"{y - 2.5:.1f}", "width": "5", "height": "5"}
        mark = ElementTree.SubElement(svg, "rect", kind | square)
    values = ", ".join(f"{value:.4g}" for value in point.values)
    ElementTree.SubElement(mark, "title").text = f"{point.name}: {values}"


def _text(svg: ElementTree.Element, x: float, y: float, text: str, anchor: str, *, title: str = "") -> None:
    element = ElementTree.SubElement(svg, "text", {"x": f"{x:.1f}", "y": f"{y:.1f}", "text-anchor": anchor})
    element.text = text
    if title and title != text:
        ElementTree.SubElement(element, "title").text = title
