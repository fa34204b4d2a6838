"""The panels of a trace: lines over steps or epochs, heat maps of numbered columns, an upper axis, the stop."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator
from matplotlib.transforms import ScaledTranslation
from numpy.typing import NDArray

from latentdim.exhibits import style
from latentdim.exhibits.context import Context
from latentdim.exhibits.declared.traces import Panel, TraceOptions
from latentdim.outcomes.outcomes import Outcome

History = dict[str, NDArray[np.float64]]
DASHES: tuple[Any, ...] = ("solid", (0, (5, 1.5)), (0, (1.2, 1.2)), (0, (7, 1.5, 1.2, 1.5)))
RIGHT_DASHES = (0, (4, 2))
TRUE_DASHES = (0, (2, 2))
STOP_DASHES: Any = (0, (6, 2, 1.5, 2))
UPPER_INCHES = 0.4  # that an upper axis takes with its title
STOP_DASH = 5.0  # of several runs' lines, which take turns where they fall together


@dataclass(frozen=True)
class Traced:
    """One run with its history.

    Attributes:
        legend: how it is called where several runs are drawn.
    """

    outcome: Outcome
    history: History
    legend: str
    colour: str


def columns_of(panel: Panel, history: History) -> list[str]:
    """The panel's columns that the history has; with a prefix the numbered ones, in the order of their numbers."""
    if not panel.prefix:
        return [name for name in panel.columns if name in history]
    numbered = [name for name in history if re.fullmatch(re.escape(panel.prefix) + r"\d+", name)]
    return sorted(numbered, key=lambda name: int(name.removeprefix(panel.prefix)))


def stop_of(options: TraceOptions, run: Traced) -> float | None:
    """Where along the axis the rule stopped a run; None where it didn't."""
    epochs = run.history.get(options.stop, np.zeros(1))
    epoch = float(np.nanmax(epochs, initial=0.0))
    if epoch <= 0 or "epoch" not in run.history:
        return None
    rows = np.flatnonzero(run.history["epoch"] == epoch)
    if options.over == "epoch" or not len(rows):
        return epoch if options.over == "epoch" else None
    return float(run.history["step"][rows[-1]])


def figure_of(context: Context, options: TraceOptions, traced: Sequence[Traced]) -> Figure:
    """The whole figure."""
    heights = [1.5 if panel.style == "heatmap" else 1.0 for panel in options.panels]
    several = len(options.runs()) > 1
    above = UPPER_INCHES * bool(options.upper) + 0.3 * several
    figure = Figure(figsize=(7.2, 0.6 + above + 1.75 * sum(heights)))
    panels = list(figure.subplots(len(heights), 1, squeeze=False, sharex=True, height_ratios=heights).ravel())
    true_dim = context.true_dim(options.dataset)
    for axes, panel in zip(panels, options.panels, strict=True):
        if not any(columns_of(panel, run.history) for run in traced):
            style.say_instead(axes, f"the history has no column {panel.prefix or ', '.join(panel.columns)}…")
        elif panel.style == "heatmap":
            _heatmap(figure, axes, panel, options, traced[0])
        else:
            _lines(axes, panel, options, traced, true_dim if panel.mark_true_dim else None)
    panels[-1].set_xlabel("training step" if options.over == "step" else "epoch")
    panels[-1].xaxis.set_major_locator(MaxNLocator(integer=True))
    panels[-1].xaxis.set_major_formatter(FuncFormatter(lambda step, _: f"{step:,.0f}"))
    places = [run.history[options.over] for run in traced]
    panels[-1].set_xlim(min(float(one[0]) for one in places), max(float(one[-1]) for one in places))
    _stops(panels, options, traced)
    if several:
        handles = [
            panels[0].plot([], [], color=run.colour, linestyle=DASHES[at % len(DASHES)], label=run.legend)[0]
            for at, run in enumerate(traced)
        ]
        figure.legend(handles=handles, loc="outside upper left", ncols=min(len(handles), 3), handlelength=3.2)
    if options.upper:
        _upper_axis(figure, panels[0], options, traced)
    return figure


def _stops(panels: Sequence[Axes], options: TraceOptions, traced: Sequence[Traced]) -> None:
    """A vertical line through all panels where each run's rule stopped it."""
    for at, run in enumerate(traced):
        place = stop_of(options, run) if options.stop else None
        if place is None:
            continue
        colour, dashes = style.SERIES[1], STOP_DASHES
        if len(traced) > 1:
            colour, dashes = run.colour, (STOP_DASH * at, (STOP_DASH, STOP_DASH * (len(traced) - 1)))
        for axes in panels:
            axes.axvline(place, color=colour, linewidth=1.4, linestyle=dashes, zorder=2.5)
        panels[-1].annotate(
            "stop", (place, 0.03), (3, 0), xycoords=panels[-1].get_xaxis_transform(), textcoords="offset points",
            fontsize=8, color=colour, ha="left", va="bottom", zorder=5,
            bbox={"facecolor": style.PAPER, "edgecolor": "none", "alpha": 0.85, "pad": 1.0},
        )  # fmt: skip


def _upper_axis(figure: Figure, panel: Axes, options: TraceOptions, traced: Sequence[Traced]) -> None:
    """The values of a column, of the first run that has it, above the places where the lower axis has its ticks."""
    run = next((run for run in traced if options.upper in run.history), None)
    if run is None:
        return
    there = ~np.isnan(run.history[options.upper])
    places, values = run.history[options.over][there], run.history[options.upper][there]
    low, high = panel.get_xlim()
    ticks = [tick for tick in panel.get_xticks() if low <= tick <= high]
    nearest = [values[int(np.abs(places - tick).argmin())] for tick in ticks]
    upper = panel.twiny()
    upper.grid(visible=False)
    upper.set_xlim(low, high)
    upper.set_xticks(ticks, labels=[f"{value:g}" for value in nearest])
    upper.tick_params(labelsize=8)
    of = f" of {run.legend}" if len(options.runs()) > 1 else ""
    upper.set_xlabel(f"{options.upper_title or options.upper}{of}", fontsize=8.5)
    if legend := panel.get_legend():
        legend.set_bbox_to_anchor((0, 1), panel.transAxes + ScaledTranslation(0, UPPER_INCHES, figure.dpi_scale_trans))


def _heatmap(figure: Figure, axes: Axes, panel: Panel, options: TraceOptions, run: Traced) -> None:
    names, history = columns_of(panel, run.history), run.history
    values = np.stack([history[name] for name in names])
    order = np.argsort(-np.nan_to_num(values[:, -1]), kind="stable")
    steps = history[options.over]
    edges = np.concatenate([steps[:1], (steps[1:] + steps[:-1]) / 2, steps[-1:]])
    top = 1.0 if np.nanmin(values) >= 0 and np.nanmax(values) <= 1 else None
    mesh = axes.pcolormesh(
        edges, np.arange(len(names) + 1) + 0.5, values[order], cmap=style.SEQUENTIAL, vmin=0 if top else None, vmax=top,
        rasterized=True,
    )  # fmt: skip
    axes.grid(visible=False)
    axes.set_ylim(len(names) + 0.5, 0.5)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=6, min_n_ticks=2))
    axes.set_ylabel(panel.title or panel.prefix.rstrip("_"))
    bar = figure.colorbar(mesh, cax=axes.inset_axes((1.015, 0.0, 0.018, 1.0)))
    bar.outline.set_visible(False)  # type: ignore[operator]
    bar.ax.tick_params(length=0)


def _lines(
    axes: Axes, panel: Panel, options: TraceOptions, traced: Sequence[Traced], true_dim: int | None
) -> None:  # fmt: skip
    """One panel of lines: of one run a colour for each column; of several, a colour for each run."""
    several = len(options.runs()) > 1
    drawn: list[Any] = []
    right = _right_axis(axes, panel) if any(name in run.history for run in traced for name in panel.right) else None
    many = False
    for at, run in enumerate(traced):
        names = columns_of(panel, run.history)
        many |= len(names) > len(style.SERIES)
        for index, name in enumerate(names):
            label = panel.title if len(names) == 1 and panel.title else name
            look = _look(run, at, index, several=several, many=len(names) > len(style.SERIES))
            drawn += _line(axes, options, run, name, look | {"label": label})
        right_names = [name for name in panel.right if name in run.history]
        for index, name in enumerate(right_names if right is not None else ()):
            colour = run.colour if several else style.SERIES[(len(names) + index) % len(style.SERIES)]
            text = panel.right_title if len(right_names) == 1 and panel.right_title else name
            dashed = {"color": colour, "linestyle": RIGHT_DASHES, "label": f"{text} (right)"}
            drawn += _line(right, options, run, name, dashed)  # type: ignore[arg-type]
    if panel.log:
        style.logarithmic(axes)
    elif all(not np.any(np.asarray(line.get_ydata()) % 1) for line in axes.get_lines()):  # counts
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_ylabel(panel.title or (panel.prefix.rstrip("_") if panel.prefix else ", ".join(panel.columns)))
    if true_dim:
        drawn.append(axes.axhline(true_dim, color=style.MUTED, linewidth=1.0, linestyle=TRUE_DASHES, zorder=0.5))
        drawn[-1].set_label(f"true dimension {true_dim}")
    if not many and not several and len(drawn) > 1:
        axes.legend(handles=drawn, loc="lower left", bbox_to_anchor=(0, 1), ncols=4, borderaxespad=0.2)


def _look(run: Traced, at: int, index: int, *, several: bool, many: bool) -> dict[str, Any]:
    """Of one run columns differ in colour; of several, runs do in colour and dashes, and columns in width."""
    if several:
        return {"color": run.colour, "linestyle": DASHES[at % len(DASHES)], "linewidth": max(1.8 - 0.6 * index, 0.6)}
    return {"color": style.SERIES[0], "alpha": 0.55, "linewidth": 1.0} if many else {"color": style.SERIES[index]}


def _right_axis(axes: Axes, panel: Panel) -> Axes:
    right: Axes = axes.twinx()
    right.grid(visible=False)
    right.spines["right"].set_visible(True)
    right.set_ylabel(panel.right_title or ", ".join(panel.right))
    return right


def _line(axes: Axes, options: TraceOptions, run: Traced, name: str, look: dict[str, Any]) -> list[Any]:
    present = ~np.isnan(run.history[name])
    return axes.plot(run.history[options.over][present], run.history[name][present], **look)
