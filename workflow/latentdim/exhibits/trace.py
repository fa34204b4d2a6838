"""What one run's history held over training: masks, counts and losses (MaskAAE, Figs. 5 and 8)."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from latentdim.exhibits import style
from latentdim.exhibits.context import Context, Drawn, ExhibitRefused, NothingToDraw
from latentdim.exhibits.declared.numbers import Panel, TraceOptions
from latentdim.exhibits.figure_files import as_frame, write_figure
from latentdim.exhibits.stored import one
from latentdim.outcomes.outcomes import Outcome
from latentdim.outcomes.wording import worded
from latentdim.records.folder import RunFolder
from latentdim.records.history import read_history
from latentdim.records.status import Status

History = dict[str, NDArray[np.float64]]


def draw(context: Context) -> Drawn:
    """Draw the panels one below the other, over the same steps."""
    options = context.options
    assert isinstance(options, TraceOptions)
    outcome = one(context, options)
    history = _history(context, outcome)
    not_positive = [panel for panel in options.panels if panel.log and not _positive(panel, history)]
    panels = (panel.model_copy(update={"log": False}) if panel in not_positive else panel for panel in options.panels)
    options = options.model_copy(update={"panels": tuple(panels)})
    legend = context.title(options.label)
    shown = [name for panel in options.panels for name in (*_columns(panel, history), *panel.right)]
    if not any(name in history for name in shown):
        asked = [name for panel in options.panels for name in (*panel.columns, panel.prefix, *panel.right) if name]
        raise NothingToDraw(f"the history of {outcome.run.title} has none of these columns: {', '.join(asked)}")
    final = ", ".join(f"{name} {history[name][-1]:.3g}" for name in shown if name in history)
    where = f"{legend} on {options.dataset} with L = {options.dim}, seed {options.seed}"
    notes = [] if outcome.status is Status.OK else [f"This run is {outcome.status}: {worded(outcome.reason)}."]
    notes += [style.LINEAR_NOTE.format(panel.title or ", ".join(panel.columns)) for panel in not_positive]
    cells = context.cells([options.dataset], [options.label])
    caption = f"Training of {where}, over its {int(history['step'][-1]):,} steps: {_described(options)}."
    drawn = Drawn(caption, cells, frozenset({"active"}), f"{where}. Last values: {final}.", tuple(notes))
    with style.styled():
        columns = [name for name in ("step", *dict.fromkeys(shown)) if name in history]
        rows = zip(*(history[name].tolist() for name in columns), strict=True)
        data = as_frame([dict(zip(columns, row, strict=True)) for row in rows])
        write_figure(context, _figure(context, options, history), drawn, data=data)
    return drawn


def _history(context: Context, outcome: Outcome) -> History:
    """Columns of the run's history; a cell left empty is NaN.

    Raises:
        ExhibitRefused: if there is none yet.
    """
    try:
        rows = read_history(RunFolder(context.plan.folder(outcome.run)))
    except ValueError as error:
        raise ExhibitRefused(f"the history of {outcome.run.title} can't be read: {error}") from error
    if not rows:
        because = f": {worded(outcome.reason)}" if outcome.reason else ""
        raise ExhibitRefused(f"{outcome.run.title} has no history; it is {outcome.status}{because}")
    names = dict.fromkeys(name for row in rows for name in row)
    history = {name: np.array([row.get(name, math.nan) for row in rows]) for name in names}
    return {"step": np.arange(1.0, len(rows) + 1)} | history


def _columns(panel: Panel, history: History) -> list[str]:
    """The panel's columns that the history has; with a prefix the numbered ones, in the order of their numbers."""
    if not panel.prefix:
        return [name for name in panel.columns if name in history]
    numbered = [name for name in history if re.fullmatch(re.escape(panel.prefix) + r"\d+", name)]
    return sorted(numbered, key=lambda name: int(name.removeprefix(panel.prefix)))


def _positive(panel: Panel, history: History) -> bool:
    """Whether a logarithmic axis can show every value of the panel's columns."""
    return all(np.nanmin(history[name], initial=math.inf) > 0.0 for name in _columns(panel, history))


def _described(options: TraceOptions) -> str:
    parts = []
    for panel in options.panels:
        left = panel.title or (f"all {panel.prefix.rstrip('_')} values" if panel.prefix else ", ".join(panel.columns))
        right = f" with {panel.right_title or ', '.join(panel.right)} on the right axis" if panel.right else ""
        sorted_ = ", one row each, sorted by the last value" if panel.style == "heatmap" else ""
        parts.append(f"{left}{right}{sorted_}")
    return "; ".join(parts)


def _figure(context: Context, options: TraceOptions, history: History) -> Figure:
    heights = [1.5 if panel.style == "heatmap" else 1.0 for panel in options.panels]
    figure = Figure(figsize=(7.2, 0.6 + 1.75 * sum(heights)))
    panels = figure.subplots(len(heights), 1, squeeze=False, sharex=True, height_ratios=heights).ravel()
    true_dim = context.true_dim(options.dataset)
    for axes, panel in zip(panels, options.panels, strict=True):
        names = _columns(panel, history)
        if not names:
            style.say_instead(axes, f"the history has no column {panel.prefix or ', '.join(panel.columns)}…")
        elif panel.style == "heatmap":
            _heatmap(figure, axes, panel, history, names)
        else:
            _lines(axes, panel, history, names, true_dim if panel.mark_true_dim else None)
    panels[-1].set_xlabel("training step")
    panels[-1].xaxis.set_major_formatter(FuncFormatter(lambda step, _: f"{step:,.0f}"))
    panels[-1].set_xlim(history["step"][0], history["step"][-1])
    return figure


def _heatmap(figure: Figure, axes: Axes, panel: Panel, history: History, names: Sequence[str]) -> None:
    values = np.stack([history[name] for name in names])
    order = np.argsort(-np.nan_to_num(values[:, -1]), kind="stable")
    steps = history["step"]
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


def _lines(axes: Axes, panel: Panel, history: History, names: Sequence[str], true_dim: int | None) -> None:
    right_names = [name for name in panel.right if name in history]
    many = len(names) > len(style.SERIES)
    drawn: list[Any] = []
    for index, name in enumerate(names):
        look = {"color": style.SERIES[0], "alpha": 0.55, "linewidth": 1.0} if many else {"color": style.SERIES[index]}
        drawn += _line(axes, history, name, look | {"label": panel.title if len(names) == 1 and panel.title else name})
    if right_names:
        right = axes.twinx()
        right.grid(visible=False)
        right.spines["right"].set_visible(True)
        right.set_ylabel(panel.right_title or ", ".join(right_names))
        for index, name in enumerate(right_names):
            colour = style.SERIES[(len(names) + index) % len(style.SERIES)]
            text = panel.right_title if len(right_names) == 1 and panel.right_title else name
            dashed = {"color": colour, "linestyle": (0, (4, 2)), "label": f"{text} (right)"}
            drawn += _line(right, history, name, dashed)
    if panel.log:
        style.logarithmic(axes)
    axes.set_ylabel(panel.title or (panel.prefix.rstrip("_") if panel.prefix else ", ".join(names)))
    if true_dim:
        drawn.append(axes.axhline(true_dim, color=style.MUTED, linewidth=1.0, linestyle=(0, (2, 2)), zorder=0.5))
        drawn[-1].set_label(f"true dimension {true_dim}")
    if not many and len(drawn) > 1:
        axes.legend(handles=drawn, loc="lower left", bbox_to_anchor=(0, 1), ncols=4, borderaxespad=0.2)


def _line(axes: Axes, history: History, name: str, look: dict[str, Any]) -> list[Any]:
    present = ~np.isnan(history[name])
    return axes.plot(history["step"][present], history[name][present], **look)
