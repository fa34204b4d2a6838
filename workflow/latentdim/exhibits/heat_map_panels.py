"""The panels of a heat map: cells of equal size, each with its value in ink that can be read on its colour."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib import colors
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator
from seaborn.utils import relative_luminance

from latentdim.exhibits import style
from latentdim.exhibits.context import Context
from latentdim.exhibits.declared.numbers import HeatMapOptions
from latentdim.outcomes.groups import Group
from latentdim.records.status import Status

COLUMN_INCHES, ROW_INCHES = 0.62, 0.34  # of a cell
AROUND_INCHES, BAR_INCHES = 0.8, 1.1  # above and below the panels, and for the colours' bar
LETTER_INCHES = 0.085  # of a row's name
MOST_COLUMNS = 14  # side by side on a page
EQUAL_CONTRAST = 0.179  # relative luminance on which black and white can be read alike
WORDS = 7.5  # points
UNSOUND = "°"  # after a value behind which not every run is ok
UNCONVERGED = "†"  # after a value behind which a training hadn't converged

Place = str | float


@dataclass(frozen=True)
class Placed:
    """The runs of one cell.

    Attributes:
        value: their mean, less the true dimension where that is asked for; None where there is none.
        unconverged: whether the reconstruction of one of them still fell at the end of its training.
    """

    panel: Place
    row: Place
    column: Place
    group: Group
    value: float | None
    unconverged: bool = False

    @property
    def text(self) -> str:
        """What stands in the cell where there is no value."""
        return self.group.refusal if self.group.refused else str(self.group.worst).replace("_", " ")


def figure_of(context: Context, options: HeatMapOptions, placed: Sequence[Placed], norm: colors.Normalize) -> Figure:
    """Panels of equal cells, as many side by side as a page has room for; those on one line have the same rows."""
    panels = {name: [one for one in placed if one.panel == name] for name in dict.fromkeys(one.panel for one in placed)}
    lines = _lines({name: len({one.column for one in those}) for name, those in panels.items()})
    rows = [_in_order(one.row for name in line for one in panels[name]) for line in lines]
    across = max(sum(line.values()) for line in lines)
    letters = max(len(_head(context, options.rows, one.row)) for one in placed)
    width = COLUMN_INCHES * across + LETTER_INCHES * letters + BAR_INCHES
    heights = [ROW_INCHES * len(names) + AROUND_INCHES for names in rows]
    figure = Figure(figsize=(width, sum(heights)))
    palette = style.DIVERGING if options.less_true_dim else style.SEQUENTIAL
    every: list[Axes] = []
    parts = figure.subfigures(len(lines), 1, squeeze=False, height_ratios=heights)
    for part, line, names in zip(parts.ravel(), lines, rows, strict=True):
        left = [across - sum(line.values())] if sum(line.values()) < across else []
        axes = part.subplots(1, len(line) + len(left), squeeze=False, width_ratios=[*line.values(), *left])[0]
        every += axes.tolist()
        maps = _Map(context, options, names, palette, norm)
        for place, name in enumerate(line):
            axes[place].set_title(named(options.panels, name))
            maps.draw(axes[place], panels[name], named=place == 0)
        for rest in axes[len(line) :]:
            rest.set_visible(False)
    _bar(every, ScalarMappable(norm, palette))
    return figure


def _lines(panels: Mapping[Place, int]) -> list[dict[Place, int]]:
    """Panels with their numbers of columns, line by line."""
    lines: list[dict[Place, int]] = [{}]
    for name, columns in panels.items():
        if lines[-1] and sum(lines[-1].values()) + columns > MOST_COLUMNS:
            lines.append({})
        lines[-1][name] = columns
    return lines


def _bar(every: Sequence[Axes], scale: ScalarMappable) -> None:
    """The colours' scale, beside the upper right panel."""
    first_line = [axes for axes in every if axes.figure is every[0].figure]
    beside = [axes for axes in first_line if axes.get_visible()][-1]
    bar = beside.figure.colorbar(scale, cax=beside.inset_axes((1.06, 0.0, 0.12 / COLUMN_INCHES / _width(beside), 1.0)))
    if isinstance(scale.norm, colors.LogNorm):
        bar.ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=6))
        bar.ax.yaxis.set_minor_locator(NullLocator())
        bar.ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    bar.outline.set_visible(False)  # type: ignore[operator]
    bar.ax.tick_params(length=0)


def _width(axes: Axes) -> float:
    """Columns of a map."""
    left, right = axes.get_xlim()
    return right - left


@dataclass(frozen=True)
class _Map:
    """What the panels of one line share."""

    context: Context
    options: HeatMapOptions
    rows: Sequence[Place]
    palette: colors.Colormap
    norm: colors.Normalize

    def draw(self, axes: Axes, placed: Sequence[Placed], *, named: bool) -> None:
        """One panel; what has no value says why, and what isn't in the grid has a dash."""
        columns, options = _in_order(one.column for one in placed), self.options
        at = {(one.row, one.column): one for one in placed}
        values = [[at[row, column].value if (row, column) in at else None for column in columns] for row in self.rows]
        frame = pd.DataFrame(values, dtype=float)
        sns.heatmap(
            frame, ax=axes, mask=frame.isna(), cmap=self.palette, norm=self.norm, vmin=self.norm.vmin,
            vmax=self.norm.vmax, cbar=False, linewidths=1.5, linecolor=style.PAPER,
        )  # fmt: skip
        for (y, row), (x, column) in product(enumerate(self.rows), enumerate(columns)):
            one = at.get((row, column))
            text, ink = (text_of(one, options), self._ink(one.value)) if one else ("–", style.MUTED)
            axes.text(x + 0.5, y + 0.5, text, ha="center", va="center", fontsize=WORDS, color=ink)
        true_dim = self.context.true_dim(placed[0].group.dataset) if tells_true_dim(options) else None
        heads = [_head(self.context, options.columns, column) + "*" * (column == true_dim) for column in columns]
        axes.set_xticks(np.arange(len(columns)) + 0.5, heads)
        names = [_head(self.context, options.rows, row) if named else "" for row in self.rows]
        axes.set_yticks(np.arange(len(self.rows)) + 0.5, names)
        axes.tick_params(length=0, labelrotation=0)
        axes.set_xlabel("L" if options.columns == "dim" else options.columns)
        axes.set_ylabel(options.rows if named and options.rows not in {"label", "stem", "dataset"} else "")
        axes.grid(visible=False)

    def _ink(self, value: float | None) -> str:
        """What can be read on a value's colour."""
        if value is None:
            return style.MUTED
        light = relative_luminance(self.palette(self.norm(value))) > EQUAL_CONTRAST
        return style.ON_LIGHT if light else style.ON_DARK


def tells_true_dim(options: HeatMapOptions) -> bool:
    """Whether each panel is about one dataset, and its columns about latent dimensions."""
    return options.columns == "dim" and options.panels == "dataset"


def _in_order(places: Iterable[Place]) -> list[Place]:
    """Names as they come, numbers rising."""
    found = list(dict.fromkeys(places))
    return found if any(isinstance(place, str) for place in found) else sorted(found)


def _head(context: Context, name: str, place: Place) -> str:
    return context.title(str(place)) if name in {"label", "stem"} else str(place) if name == "dataset" else f"{place:g}"


def unsound(group: Group) -> bool:
    return bool(group.values) and any(row.status is not Status.OK for row in group.rows)


def text_of(one: Placed, options: HeatMapOptions) -> str:
    if one.value is None:
        return one.text
    text = f"{one.value:{'+' if options.less_true_dim and one.value else ''}.3g}"
    marks = UNSOUND * unsound(one.group) + UNCONVERGED * one.unconverged
    return f"{text}{marks}".replace("-", "−")


def named(name: str, place: Place) -> str:
    return str(place) if name in {"label", "stem", "dataset"} else f"{'L' if name == 'dim' else name} = {place:g}"
