"""One panel of the curve exhibit: its axes, lines, bands and marks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter, NullLocator

from latentdim.exhibits import style
from latentdim.exhibits.declared.numbers import Curve, CurveOptions, Side
from latentdim.exhibits.landmarks import mark_landmarks, places_of
from latentdim.outcomes.groups import Group
from latentdim.outcomes.troubles import Trouble
from latentdim.records.status import Status

DASHES = (0, (4, 2))
DOTS = (0, (2, 2))
FLOOR_DASHES = (0, (6, 2, 1, 2))
ALIKE_FLOORS = 0.05  # relative difference of the floors of one axis that a single line stands for
CLOSEST_TICKS = 0.032  # share of the axis that two labels of the dimension keep between them
CROSS_STEP = 0.05  # share of the axis by which a second cross at one dimension stands above the first


@dataclass(frozen=True)
class Line:
    """One curve of one panel: its groups from left to right.

    Attributes:
        title: the metric's.
        places: of the groups on the horizontal axis, ascending: dimensions, or values of a setting.
    """

    side: Side
    curve: Curve
    legend: str
    title: str
    colour: str
    right: bool
    groups: tuple[Group, ...]
    places: tuple[float, ...]

    @property
    def has_values(self) -> bool:
        """Whether any run behind it has a value."""
        return any(row.value is not None for group in self.groups for row in group.rows)


@dataclass
class Marks:
    """What the drawing needed marks for, so that only these are explained.

    Attributes:
        details: what a reader sees who points at a mean, by the name of its mark.
    """

    crosses: bool = False
    floor: bool = False
    collapsed: bool = False
    stale: bool = False
    troubles: list[Trouble] = field(default_factory=list)
    details: dict[str, str] = field(default_factory=dict)


def draw_panel(
    panel: Axes, options: CurveOptions, titles: Sequence[str], name: str, true_dim: int | None,
    lines: Sequence[Line], marks: Marks,
) -> None:  # fmt: skip
    """Draw one dataset's curves.

    Args:
        titles: texts of the left and the right axis.
        marks: told what was drawn.
    """
    panel.set_title(name, pad=16 if true_dim else 6)
    if not lines:
        style.say_instead(panel, "not part of the grid")
        return
    _scale(panel, options.left, titles[0])
    right = None
    if options.right and any(line.right for line in lines):
        right = panel.twinx()
        right.grid(visible=False)
        right.spines["right"].set_visible(True)
        _scale(right, options.right, titles[1], right=True)
    crosses: dict[float, list[str]] = {}
    for line in lines:
        axes = right if line.right and right is not None else panel
        _plot(axes, line)
        for place, group in zip(line.places, line.groups, strict=True):
            _seeds(axes, place, group, line.colour, marks)
            _detail(axes, place, group, line, options.over, marks)
            _cross(panel, place, group, line, marks, crosses)
    for scaled, is_right in ((panel, False), (right, True)):
        if scaled is not None:
            _floor(scaled, [line for line in lines if line.right is is_right], marks)
        if scaled is not None and not any(line.right is is_right and line.has_values for line in lines):
            scaled.set_yticks([])
    places = {place for line in lines for place in line.places}
    mark_landmarks(panel, right, options.landmarks, name)  # before the axes' ends are set, which have to hold them
    marked = places_of(options.landmarks, name) | ({float(true_dim)} if true_dim else set())
    _horizontal_axis(panel, options, sorted(places | marked))
    if right is not None and options.right and not options.right.log:
        right.set_ylim(0, right.get_ylim()[1] * 1.08)
    if true_dim:
        _mark_true_dim(panel, true_dim)


def _scale(axes: Axes, side: Side, title: str, *, right: bool = False) -> None:
    axes.set_ylabel(title)
    if side.log:
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(base=10, subs=(1.0, 2.0, 5.0), numticks=12))
        axes.yaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    elif right:
        axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))


def _floor(axes: Axes, lines: Sequence[Line], marks: Marks) -> None:
    """The floor of the axis's metric, where it is one and the same for all values."""
    floors = [group.floor for line in lines for group in line.groups if group.floor is not None]
    if floors and max(floors) > 0 and max(floors) - min(floors) <= ALIKE_FLOORS * max(floors):
        axes.axhline(sum(floors) / len(floors), color=style.MUTED, linewidth=1.0, linestyle=FLOOR_DASHES, zorder=0.5)
        marks.floor = True


def _mark_true_dim(panel: Axes, true_dim: int) -> None:
    panel.axvline(true_dim, color=style.MUTED, linewidth=1.0, linestyle=DOTS, zorder=0.5)
    panel.annotate(
        f"true dimension {true_dim}", (true_dim, 1.0), (0, 3), xycoords=panel.get_xaxis_transform(),
        textcoords="offset points", ha="center", va="bottom", fontsize=8, color=style.MUTED,
    )  # fmt: skip


def _plot(axes: Axes, line: Line) -> None:
    """The line of means with its band; it breaks where a place has no value."""
    means = [float("nan") if group.spread.mean is None else group.spread.mean for group in line.groups]
    stds = [group.deviation or 0.0 for group in line.groups]
    # On a logarithmic axis a band that reached zero would fill the panel.
    low = [max(mean - std, 0.5 * mean) if line.side.log else mean - std for mean, std in zip(means, stds, strict=True)]
    high = [mean + std for mean, std in zip(means, stds, strict=True)]
    axes.fill_between(line.places, low, high, color=line.colour, alpha=0.16, linewidth=0)
    look: dict[str, Any] = {"marker": "o", "markersize": 4.5, "color": line.colour, "markeredgecolor": line.colour}
    dashed = {"linestyle": DASHES, "marker": "s", "markerfacecolor": style.PAPER} if line.right else {}
    axes.plot(line.places, means, zorder=3, **(look | dashed))


def _seeds(axes: Axes, place: float, group: Group, colour: str, marks: Marks) -> None:
    """Every single run's value."""
    looks: dict[Status, dict[str, Any]] = {
        Status.OK: {"s": 12, "color": colour, "alpha": 0.5, "linewidths": 0},
        Status.COLLAPSED: {"s": 38, "facecolors": style.PAPER, "edgecolors": colour, "linewidths": 1.2},
        Status.STALE: {"s": 26, "facecolors": style.PAPER, "edgecolors": style.MUTED, "linewidths": 1.0, "marker": "D"},
    }
    for row in group.rows:
        if row.value is not None and row.status in looks:
            axes.scatter([place], [row.value], zorder=4, **looks[row.status])
            marks.collapsed |= row.status is Status.COLLAPSED
            marks.stale |= row.status is Status.STALE


def _detail(axes: Axes, place: float, group: Group, line: Line, over: str, marks: Marks) -> None:
    """A mark that isn't seen, over the mean, for whoever points there."""
    if group.spread.mean is None:
        return
    name = f"detail-{len(marks.details)}"
    axes.scatter([place], [group.spread.mean], s=110, alpha=0, linewidths=0, zorder=6, gid=name)
    seeds = "; ".join(f"seed {row.seed}: {row.value:.4g}" for row in group.rows if row.value is not None)
    where = f"{'L' if over == 'dim' else over} = {place:g}"
    marks.details[name] = f"{line.legend}, {line.title} at {where}: {seeds}"


def _cross(
    panel: Axes, place: float, group: Group, line: Line, marks: Marks, crosses: dict[float, list[str]]
) -> None:  # fmt: skip
    """A cross on the horizontal axis where a run has no value; another curve's stands above it."""
    marks.troubles += group.troubles
    there = crosses.setdefault(place, [])
    if line.curve.label in there or all(row.value is not None for row in group.rows):
        return
    marks.crosses = True
    height = CROSS_STEP * len(there)
    there.append(line.curve.label)
    panel.plot(
        [place], [height], transform=panel.get_xaxis_transform(), marker="x", markersize=6.5,
        markeredgewidth=1.8, color=line.colour, linestyle="none", clip_on=False, zorder=5,
    )  # fmt: skip


def _horizontal_axis(panel: Axes, options: CurveOptions, places: Sequence[float]) -> None:
    """A tick at every place; labels are left out where they would touch."""
    if options.over_log:
        panel.set_xscale("log")
    scaled = [math.log(place) if options.over_log else place for place in places]
    span = max(scaled[-1] - scaled[0], 1 if options.over == "dim" else 1e-9)
    ends = (scaled[0] - 0.04 * span, scaled[-1] + 0.04 * span)
    panel.set_xlim(*(map(math.exp, ends) if options.over_log else ends))
    shown: list[int] = []
    for index, place in enumerate(scaled):
        if not shown or place - scaled[shown[-1]] >= CLOSEST_TICKS * span:
            shown.append(index)
    panel.set_xticks([places[index] for index in shown], labels=[f"{places[index]:g}" for index in shown])
    panel.set_xticks([place for index, place in enumerate(places) if index not in shown], minor=True)
    panel.xaxis.set_minor_formatter(NullFormatter())
    panel.set_xlabel("initial latent dimension L" if options.over == "dim" else options.over)
