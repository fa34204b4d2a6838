"""Absolute covariances between latent axes, min–max normalised, side by side (MaskAAE, supplement, Figs. 10–13)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from latentdim.exhibits import style
from latentdim.exhibits.context import Context, Drawn, cells_of
from latentdim.exhibits.declared.latent_space import CovarianceOptions
from latentdim.exhibits.figure_files import as_frame, write_figure
from latentdim.exhibits.stored import Stored, chosen, stored
from latentdim.exhibits.traversal import RULES
from latentdim.study.axes import JACOBIAN_FIELDS

PANEL_INCHES = 1.9  # of a matrix
BESIDE_INCHES = 0.45  # its numbers
TITLE = 8.5
LINE_INCHES = 0.15
PANELS_A_ROW = 4
BAND = 0.035  # width of the marks beside the matrix, as a share of its side
MARK = style.SERIES[1]
NAMES = ("covariance", "active_own", "active_jacobian")


@dataclass(frozen=True)
class Panel:
    """One run's matrix, or what stands instead.

    Attributes:
        matrix: in [0, 1], ``(L, L)``.
        active: ``(L,)``.
    """

    title: str
    found: Stored
    matrix: NDArray[np.float64]
    active: NDArray[np.bool_]


def draw(context: Context) -> Drawn:
    """Draw one matrix for each run."""
    options = context.options
    assert isinstance(options, CovarianceOptions)
    panels = [_panel(context, options, stored(context, outcome, NAMES)) for outcome in chosen(context, options)]
    marks = "All axes are active."
    if any(not panel.active.all() for panel in panels):
        marks = f"Orange marks beside a matrix: axes that don't count as active by {RULES[options.rule]}."
    caption = (
        "Absolute covariances between latent axes, in the axes' own order, of encoded training examples; each matrix "
        f"is normalised so that its smallest entry is 0 and its largest 1. {marks} "
        f"{'; '.join(panel.title for panel in panels)}; seed {options.seed}."
    )
    runs = tuple(panel.found.outcome.run for panel in panels)
    fields = {"n_covariance"} | (JACOBIAN_FIELDS if options.rule == "jacobian" else set())
    drawn = Drawn(
        caption, cells_of(runs), alt="; ".join(map(_in_words, panels)), fields=frozenset(fields), runs=runs,
        notes=tuple(panel.found.note for panel in panels if panel.found.note),
    )  # fmt: skip
    with style.styled():
        write_figure(context, _figure(panels), drawn, data=as_frame(list(_entries(panels))))
    return drawn


def _entries(panels: list[Panel]) -> Iterator[dict[str, object]]:
    """Every entry drawn."""
    for panel in panels:
        run = panel.found.outcome.run
        place = {"dataset": run.cell.dataset.name, "label": run.cell.label, "dim": run.dim, "seed": run.seed}
        for (row, column), entry in np.ndenumerate(panel.matrix):
            yield place | {"row": row, "column": column, "covariance_normalised": float(entry)}


def normalised(covariance: NDArray[np.floating]) -> NDArray[np.float64]:
    """Entries' absolute values, shifted and scaled onto [0, 1]; zeros where they span no range."""
    entries = np.abs(covariance.astype(np.float64))
    reach = entries.max() - entries.min()
    return (entries - entries.min()) / reach if reach > 0 else np.zeros_like(entries)


def _panel(context: Context, options: CovarianceOptions, found: Stored) -> Panel:
    run = found.outcome.run
    title = f"{context.title(run.cell.label)} on {run.cell.dataset.name}, L = {run.dim}"
    if found.instead:
        return Panel(title, found, np.zeros((0, 0)), np.ones(0, dtype=bool))
    return Panel(title, found, normalised(found.arrays["covariance"]), found.active(options.rule))


def _in_words(panel: Panel) -> str:
    if panel.found.instead:
        return f"{panel.title}: {panel.found.instead}"
    beside = panel.matrix[~np.eye(len(panel.matrix), dtype=bool)]
    mean = f", mean of the entries beside the diagonal {beside.mean():.3f}" if len(beside) else ""
    return f"{panel.title}: {int(panel.active.sum())} of {len(panel.active)} axes active{mean}"


def _figure(panels: list[Panel]) -> Figure:
    columns = _columns(len(panels))
    rows = -(-len(panels) // columns)
    side = PANEL_INCHES + BESIDE_INCHES
    titles = [panel.title.replace("L = ", "L\u00a0=\u00a0") for panel in panels]
    titles = [style.wrapped(title, PANEL_INCHES, size=TITLE) for title in titles]
    above = 0.3 + LINE_INCHES * max(title.count("\n") + 1 for title in titles)
    figure = Figure(figsize=(side * columns + 0.5, (side - 0.2 + above) * rows), layout="compressed")
    figure.get_layout_engine().set(wspace=0.09)  # type: ignore[call-arg, union-attr]
    places = figure.subplots(rows, columns, squeeze=False).ravel()
    mesh = None
    for place, (axes, panel, title) in enumerate(zip(places, panels, titles, strict=False)):
        beside = panels[place - place % columns :][:columns]
        marked = any(not other.active.all() for other in beside)
        axes.set_title(title, fontsize=TITLE, loc="center", pad=14 if marked else 5)
        if panel.found.instead:
            style.say_instead(axes, panel.found.instead)
            axes.set_box_aspect(1)
            continue
        mesh = axes.imshow(panel.matrix, cmap=style.SEQUENTIAL, vmin=0, vmax=1, interpolation="none")
        _mark(axes, panel.active)
    for axes in places[len(panels) :]:
        axes.set_visible(False)
    if mesh is not None:
        bar = figure.colorbar(mesh, cax=places[columns - 1].inset_axes((1.0 + 4 * BAND, 0.0, 0.06, 1.0)))
        bar.outline.set_visible(False)  # type: ignore[operator]
        bar.ax.tick_params(length=0)
    return figure


def _columns(n: int) -> int:
    """Panels side by side: all where they have room, else so many that the last row lacks the fewest."""
    if n <= PANELS_A_ROW:
        return n
    return min((PANELS_A_ROW, PANELS_A_ROW - 1), key=lambda columns: -n % columns)


def _mark(axes: Axes, active: NDArray[np.bool_]) -> None:
    """A bar to the right of the row and above the column of every axis that doesn't count."""
    axes.grid(visible=False)
    for spine in axes.spines.values():
        spine.set_visible(False)
    for ruler in (axes.xaxis, axes.yaxis):
        ruler.set_major_locator(MaxNLocator(integer=True, nbins=5))
    axes.tick_params(length=0)
    n = len(active)
    spans = [(place - 0.4, 0.8) for place in np.flatnonzero(~active)]
    axes.broken_barh(spans, (-0.5 - 2 * BAND * n, BAND * n), color=MARK, clip_on=False)
    for start, length in spans:
        axes.broken_barh([(n - 0.5 + BAND * n, BAND * n)], (start, length), color=MARK, clip_on=False)
    axes.set(xlim=(-0.5, n - 0.5), ylim=(n - 0.5, -0.5))
