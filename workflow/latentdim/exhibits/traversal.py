"""What each latent axis does to the decoded image, the most relevant axis first (ARD-VAE, Figs. 2–4)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from numpy.typing import NDArray

from latentdim.exhibits import style
from latentdim.exhibits.context import Context, Drawn, ExhibitRefused
from latentdim.exhibits.declared.latent_space import TraversalOptions
from latentdim.exhibits.examples import FIRST_FRAME, arranged
from latentdim.exhibits.figure_files import write_figure
from latentdim.exhibits.stored import one, stored
from latentdim.study.axes import JACOBIAN_FIELDS
from latentdim.study.evaluation import Pictures

NAMES = ("traversal", "traversal_axes", "axis_variance", "axis_relevance", "active_own", "active_jacobian")
TALL = 16  # rows in one column, at most
FRAME_INCHES = 0.5
NARROW_FRAME_INCHES = 0.36  # where two columns stand side by side
AIR_INCHES = 0.1
FRAME = style.SERIES[1]
RULES = {"own": "the method's own rule", "jacobian": "the Jacobian rule"}


@dataclass(frozen=True)
class Row:
    """One axis.

    Attributes:
        image: its frames side by side.
        share: of the summed relevance.
    """

    axis: int
    image: NDArray[np.float32]
    deviation: float
    share: float
    active: bool


def draw(context: Context) -> Drawn:
    """Draw the traversal of one run."""
    options = context.options
    assert isinstance(options, TraversalOptions)
    outcome = one(context, options)
    if context.plan.datasets[options.dataset].example_kind != "images":
        raise ExhibitRefused(f"a traversal shows images, and '{options.dataset}' holds vectors")
    found = stored(context, outcome, NAMES)
    if found.instead:
        raise ExhibitRefused(found.note.removesuffix("."))
    pictures = outcome.run.cell.protocol.evaluation.pictures
    active = found.active(options.rule)
    rows = _rows(options, found.arrays, active)
    fields = JACOBIAN_FIELDS | {"pictures"} | ({"inactive"} if options.base != "inactive_value" else set())
    drawn = Drawn(
        _caption(context, options, pictures, rows, active), (outcome.run.cell,), alt=_in_words(rows),
        fields=frozenset(fields), runs=(outcome.run,),
    )  # fmt: skip
    drawn = replace(drawn, notes=(found.note,) if found.note else ())
    with style.styled():
        write_figure(context, _figure(rows, pictures), drawn, smooth=True)
    return drawn


def _rows(options: TraversalOptions, arrays: Mapping[str, NDArray[Any]], active: NDArray[np.bool_]) -> list[Row]:
    frames = arrays["traversal"]
    base = options.base + 1 if isinstance(options.base, int) else 0
    if base >= len(frames):
        raise ExhibitRefused(
            f"the runs store {len(frames) - 1} held-out examples to traverse from; example {options.base} needs "
            f"evaluation.pictures.bases of at least {base}"
        )
    deviations, relevance = np.sqrt(arrays["axis_variance"]), arrays["axis_relevance"]
    total = float(relevance.sum()) or 1.0
    axes = arrays["traversal_axes"][: options.count].tolist()
    return [
        Row(
            axis, arranged(images.astype(np.float32) / 255, len(images)), float(deviations[axis]),
            float(relevance[axis]) / total, bool(active[axis]),
        )
        for axis, images in zip(axes, frames[base], strict=False)
    ]  # fmt: skip


def _caption(
    context: Context, options: TraversalOptions, pictures: Pictures, rows: list[Row], active: NDArray[np.bool_]
) -> str:
    where = f"{context.title(options.label)} on {options.dataset} with L = {options.dim}, seed {options.seed}"
    shown = f"all {len(rows)} latent axes" if len(rows) == options.dim else f"the {len(rows)} most relevant latent axes"
    base = "the model's inactive value"
    if options.base != "inactive_value":
        base = f"the code of held-out example {options.base}"
    framed = sum(not row.active for row in rows)
    frames = f"Framed: {framed} axes that don't count as active"
    if framed < 2:
        none = "No axis is inactive" if len(rows) == options.dim else "None of the axes shown is inactive"
        frames = "Framed: one axis that doesn't count as active" if framed else f"{none}, so none is framed,"
    clips = FIRST_FRAME if context.plan.datasets[options.dataset].is_clips else ""
    return (
        f"{where}: {shown}, the most relevant first, each moved by −{pictures.reach:g} to {pictures.reach:g} standard "
        f"deviations σ of its codes about {base}, which is the middle frame. {frames} by {RULES[options.rule]}, which "
        f"counts {int(active.sum())} of {options.dim}. Percentages are shares of the summed relevance." + clips
    )


def _in_words(rows: list[Row]) -> str:
    digits = _digits(rows)
    parts = [
        f"axis {row.axis}{'' if row.active else ' (framed)'}: σ {row.deviation:.{digits}f}, {row.share:.1%}"
        for row in rows
    ]
    return f"Rows of images, from top to bottom: {'; '.join(parts)}."


def _digits(rows: list[Row]) -> int:
    """Digits after the point of every row's deviation: two, or as many as give the largest two that count."""
    largest = max(row.deviation for row in rows)
    return min(max(2, 1 - math.floor(math.log10(largest))), 6) if largest > 0 else 2


def _figure(rows: list[Row], pictures: Pictures) -> Figure:
    columns = 1 if len(rows) <= TALL else 2
    lines = -(-len(rows) // columns)
    inches = (FRAME_INCHES if columns == 1 else NARROW_FRAME_INCHES) * max(1.0, 7 / pictures.steps)
    height, width = rows[0].image.shape[:2]
    size = columns * (inches * pictures.steps + 1.5), lines * (inches * pictures.steps * height / width + AIR_INCHES)
    figure = Figure(figsize=(max(size[0], 3.6), size[1] + 0.35), layout=ConstrainedLayoutEngine(h_pad=0.03, hspace=0.0))
    panels = figure.subplots(lines, columns, squeeze=False).T.ravel()
    for place, (panel, row) in enumerate(zip(panels, rows, strict=False)):
        _paint(panel, row, _digits(rows))
        if place % lines == 0:
            _scale(panel, row, pictures)
    for panel in panels[len(rows) :]:
        panel.set_visible(False)
    return figure


def _paint(panel: Axes, row: Row, digits: int) -> None:
    style.without_frame(panel)
    panel.imshow(row.image, interpolation="none", aspect="equal")
    if not row.active:
        for spine in panel.spines.values():
            spine.set(visible=True, color=FRAME, linewidth=1.8)
    panel.text(-0.02, 0.5, f"{row.axis}", transform=panel.transAxes, ha="right", va="center", fontweight="bold")
    about = f"σ {row.deviation:.{digits}f}\n{row.share:.1%}"
    panel.text(1.02, 0.5, about, transform=panel.transAxes, ha="left", va="center", fontsize=7, color=style.MUTED)


def _scale(panel: Axes, row: Row, pictures: Pictures) -> None:
    """How far each frame is from the base, above the first row."""
    for place, move in enumerate(np.linspace(-pictures.reach, pictures.reach, pictures.steps)):
        text = "0" if place == pictures.steps // 2 else f"{move:+.3g}σ".replace("-", "−")
        panel.text((place + 0.5) / pictures.steps, 1.08, text, transform=panel.transAxes, ha="center", fontsize=7)
    panel.text(-0.02, 1.08, "axis", transform=panel.transAxes, ha="right", fontsize=7)
