"""Estimated variance and relevance of each latent axis, as bars (ARD-VAE, Fig. 1a)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray

from latentdim.exhibits import style
from latentdim.exhibits.context import Context, Drawn, cells_of
from latentdim.exhibits.declared.latent_space import RelevanceOptions
from latentdim.exhibits.figure_files import as_frame, write_figure
from latentdim.exhibits.stored import Stored, chosen, stored
from latentdim.exhibits.traversal import RULES
from latentdim.study.axes import JACOBIAN_FIELDS

NAMES = ("axis_variance", "axis_relevance", "active_own", "active_jacobian")
TITLES = ("variance of the codes", "share of relevance")
ACTIVE, INACTIVE = style.SERIES[0], style.RULE
WIDE_INCHES, ROW_INCHES = 7.2, 1.7
NAMED = 20  # axes, at most, whose numbers stand beneath the bars; of more every second, third …


def draw(context: Context) -> Drawn:
    """Draw two panels for each run: variances and relevance scores of the same axes in the same order."""
    options = context.options
    assert isinstance(options, RelevanceOptions)
    found = [stored(context, outcome, NAMES) for outcome in chosen(context, options)]
    titles = [_title(context, item) for item in found]
    caption = (
        "Variance of the codes along each latent axis (left) and its relevance, that variance times the decoder's "
        "squared gain (right); the most relevant axis first in both. Blue: axes that count as active by "
        f"{RULES[options.rule]}; grey: the others. {'; '.join(titles)}; seed {options.seed}."
    )
    runs = tuple(item.outcome.run for item in found)
    alt = "; ".join(_in_words(item, title, options.rule) for item, title in zip(found, titles, strict=True))
    notes = tuple(item.note for item in found if item.note)
    drawn = Drawn(caption, cells_of(runs), alt=alt, notes=notes, fields=frozenset(JACOBIAN_FIELDS), runs=runs)
    with style.styled():
        data = as_frame(list(_axes(found, options.rule)))
        write_figure(context, _figure(found, titles, options), drawn, data=data)
    return drawn


def _title(context: Context, item: Stored) -> str:
    run = item.outcome.run
    return f"{context.title(run.cell.label)} on {run.cell.dataset.name}, L = {run.dim}"


def _in_words(item: Stored, title: str, rule: str) -> str:
    if item.instead:
        return f"{title}: {item.instead}"
    order = _order(item)
    shares = _shares(item)[order]
    listed = ", ".join(f"axis {axis} {share:.1%}" for axis, share in zip(order[:8], shares, strict=False))
    return f"{title}: {int(item.active(rule).sum())} active; relevance {listed}{' …' if len(order) > 8 else ''}"


def _axes(found: list[Stored], rule: str) -> Iterator[dict[str, object]]:
    """Every axis drawn, the most relevant first."""
    for item in (item for item in found if not item.instead):
        run, variance, shares = item.outcome.run, item.arrays["axis_variance"], _shares(item)
        place = {"dataset": run.cell.dataset.name, "label": run.cell.label, "dim": run.dim, "seed": run.seed}
        for axis in _order(item):
            numbers = {"variance": float(variance[axis]), "relevance": float(shares[axis])}
            yield place | {"axis": int(axis)} | numbers | {"active": bool(item.active(rule)[axis])}


def _order(item: Stored) -> NDArray[np.intp]:
    return np.argsort(-item.arrays["axis_relevance"], kind="stable")


def _shares(item: Stored) -> NDArray[np.float64]:
    relevance = item.arrays["axis_relevance"].astype(np.float64)
    return relevance / (relevance.sum() or 1.0)


def _figure(found: list[Stored], titles: list[str], options: RelevanceOptions) -> Figure:
    figure = Figure(figsize=(WIDE_INCHES, ROW_INCHES * len(found) + 0.6))
    panels = figure.subplots(len(found), 2, squeeze=False)
    for (left, right), item, title in zip(panels, found, titles, strict=True):
        left.set_title(style.wrapped(title, WIDE_INCHES - 1, size=9), fontsize=9)
        if item.instead:
            style.say_instead(left, item.instead)
            right.set_visible(False)
            continue
        colours = np.where(item.active(options.rule), ACTIVE, INACTIVE)
        for axes, heights, what in zip(
            (left, right), (item.arrays["axis_variance"], _shares(item)), TITLES, strict=True
        ):
            _bars(axes, heights, _order(item), colours, log=options.log)
            axes.set_ylabel(what, fontsize=8)
    for axes in panels[-1]:
        axes.set_xlabel("latent axis, the most relevant first")
    entries = [Patch(color=ACTIVE, label="active"), Patch(color=INACTIVE, label="not active")]
    figure.legend(handles=entries, loc="outside upper right", ncols=2)
    return figure


def _bars(
    axes: Axes, heights: NDArray[np.floating], order: NDArray[np.intp], colours: NDArray[np.str_], *, log: bool
) -> None:
    places = np.arange(len(order))
    axes.bar(places, heights[order], color=colours[order].tolist(), width=0.8)
    axes.set_xlim(-0.6, len(order) - 0.4)
    shown = slice(None, None, -(-len(order) // NAMED))
    axes.set_xticks(places[shown], [str(axis) for axis in order[shown]], fontsize=7)
    axes.tick_params(axis="x", length=0 if len(order) <= NAMED else 2)
    if not (heights > 0).any():
        axes.set(ylim=(0, 1), yticks=[0, 1])
    elif log:
        style.logarithmic(axes)
