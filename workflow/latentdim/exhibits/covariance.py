"""Absolute covariances between latent axes, min–max normalised, side by side (MaskAAE, supplement, Figs. 10–13)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from latentdim.exhibits import style
from latentdim.exhibits.context import Context, Drawn
from latentdim.exhibits.declared.latent_space import CovarianceOptions
from latentdim.exhibits.printed_protocol import printed_protocol
from latentdim.exhibits.stored import Stored, chosen, stored
from latentdim.exhibits.traversal import RULES
from latentdim.wanted import JACOBIAN_FIELDS

PANEL_INCHES = 2.3
PANELS_A_ROW = 3
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
    runs = [panel.found.outcome.run for panel in panels]
    kept = {id(run.cell) for run in runs}
    cells = tuple(cell for cell in context.plan.cells if id(cell) in kept)
    fields = {"n_covariance"} | (JACOBIAN_FIELDS if options.rule == "jacobian" else set())
    drawn = Drawn(caption, cells, alt="; ".join(map(_in_words, panels)), fields=frozenset(fields))
    drawn = replace(drawn, notes=tuple(panel.found.note for panel in panels if panel.found.note))
    with style.styled():
        protocol = printed_protocol(cells, drawn.metrics, drawn.fields).lines()
        figure = _figure(panels)
        style.save(figure, context.path(""), description="\n".join([caption, *drawn.notes, *protocol]))
    return drawn


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
    columns = min(len(panels), PANELS_A_ROW)
    rows = -(-len(panels) // columns)
    figure = Figure(figsize=(max(PANEL_INCHES * columns + 0.7, 3.6), (PANEL_INCHES + 0.35) * rows))
    places = figure.subplots(rows, columns, squeeze=False).ravel()
    mesh = None
    for axes, panel in zip(places, panels, strict=False):
        axes.set_title(panel.title.replace(" on ", "\n"), fontsize=8.5, loc="center", pad=15)
        if panel.found.instead:
            style.say_instead(axes, panel.found.instead)
            continue
        mesh = axes.imshow(panel.matrix, cmap=style.SEQUENTIAL, vmin=0, vmax=1, interpolation="none")
        _mark(axes, panel.active)
    for axes in places[len(panels) :]:
        axes.set_visible(False)
    if mesh is not None:
        bar = figure.colorbar(mesh, ax=list(places), shrink=0.7, aspect=24, pad=0.05)
        bar.outline.set_visible(False)  # type: ignore[operator]
        bar.ax.tick_params(length=0)
    return figure


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
