"""Small multiples of a few examples: images side by side, vectors as points on two principal components."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from latentdim.exhibits import style
from latentdim.exhibits.context import Context, Drawn, cells_of
from latentdim.exhibits.declared.examples import ContactSheetOptions
from latentdim.exhibits.examples import mosaic, pairs, principal_plane
from latentdim.exhibits.figure_files import write_figure
from latentdim.exhibits.stored import chosen, stored
from latentdim.exhibits.tiles import Block, laid_out
from latentdim.outcomes.outcomes import Outcome
from latentdim.records.status import Status

POINTS_PIXELS = 240  # that a panel of points is wide and tall
STRIP_PIXELS = 1060  # that a row of pairs may be wide where it is all that a label has to show
JOINED = 60  # originals that a line joins with their reconstruction; more would hide the points

Points = tuple[NDArray[np.float64], NDArray[np.float64]]


@dataclass(frozen=True)
class Sheet:
    """What tells samples and reconstructions apart.

    Attributes:
        tensor: the stored tensor that is shown.
        above: images: whether each stands below its original.
        images, points: captions.
    """

    tensor: str
    above: bool
    images: str
    points: str


SAMPLES = Sheet(
    tensor="sample",
    above=False,
    images="Up to {count} samples from each model.",
    points="Samples (blue) over held-out data (grey), on the first two principal components of the data.",
)
RECONSTRUCTIONS = Sheet(
    tensor="reconstruction",
    above=True,
    images="Up to {count} held-out examples, each above its reconstruction.",
    points="Reconstructions (blue) of held-out data (grey), on the first two principal components of the data; "
    f"lines join the first {JOINED} of them with their originals.",
)


@dataclass(frozen=True)
class Panel:
    """One run's picture: an image, points, or a word that stands instead.

    Attributes:
        joined: how many points a line joins with their originals.
    """

    outcome: Outcome
    image: NDArray[np.float32] | None = None
    points: Points | None = None
    joined: int = 0
    instead: str = ""
    note: str = ""

    @property
    def title(self) -> tuple[str, str]:
        """What stands above it, and in which colour."""
        if self.instead or self.outcome.status is Status.OK:
            return f"L = {self.outcome.run.dim}", style.INK
        return f"L = {self.outcome.run.dim}, {str(self.outcome.status).replace('_', ' ')}", style.SERIES[1]


def draw_samples(context: Context) -> Drawn:
    """Samples from each trained model."""
    return _draw(context, SAMPLES)


def draw_reconstructions(context: Context) -> Drawn:
    """Held-out examples and what each model makes of them."""
    return _draw(context, RECONSTRUCTIONS)


def _draw(context: Context, sheet: Sheet) -> Drawn:
    options = context.options
    assert isinstance(options, ContactSheetOptions)
    rows: dict[tuple[str, str], dict[int, Panel]] = {}
    found = chosen(context, options)
    lone = len(found) == len({(outcome.run.cell.dataset.name, outcome.run.cell.label) for outcome in found})
    for outcome in found:
        cell = outcome.run.cell
        row = rows.setdefault((cell.dataset.name, cell.label), {})
        row[outcome.run.dim] = _panel(context, options, outcome, sheet, STRIP_PIXELS if lone else None)
    rows = {row: dict(sorted(panels.items())) for row, panels in rows.items()}
    kinds = {context.plan.datasets[dataset].example_kind for dataset, _ in rows}
    texts = [(sheet.images.format(count=options.count), "images"), (sheet.points, "vectors")]
    where = "; ".join(
        f"{context.title(label)} on {dataset}, L = {', '.join(map(str, panels))}"
        for (dataset, label), panels in rows.items()
    )
    clips = any(context.plan.datasets[dataset].is_clips for dataset, _ in rows)
    said = [text for text, kind in texts if kind in kinds] + ["The frames of a clip stand side by side."] * clips
    caption = f"{' '.join(said)} {where}; seed {options.seed}."
    notes = tuple(panel.note for panels in rows.values() for panel in panels.values() if panel.note)
    runs = tuple(outcome.run for outcome in found)
    drawn = Drawn(caption, cells_of(runs), alt=f"Panels of {sheet.tensor}s: {where}.", notes=notes, runs=runs)
    with style.styled():
        write_figure(context, _figure(context, rows), drawn, smooth=True)
    return drawn


def _panel(context: Context, options: ContactSheetOptions, outcome: Outcome, sheet: Sheet, pixels: int | None) -> Panel:
    """What one run has to show, pairs no wider than ``pixels``; with a note where that is nothing or isn't sound."""
    found = stored(context, outcome, ("original", sheet.tensor))
    if found.instead:
        return Panel(outcome, instead=found.instead, note=found.note)
    originals, others, note = found.arrays["original"], found.arrays[sheet.tensor], found.note
    if originals.ndim != 4:
        joined = JOINED if sheet.above else 0
        return Panel(outcome, points=principal_plane(originals, others), joined=joined, note=note)
    shown = others[: options.count]
    image = pairs(originals[: len(shown)], shown, pixels) if sheet.above else mosaic(shown)
    return Panel(outcome, image=image, note=note)


def _figure(context: Context, rows: Mapping[tuple[str, str], Mapping[int, Panel]]) -> Figure:
    several = len({dataset for dataset, _ in rows}) > 1
    blocks = [
        Block(
            f"{context.title(label)} on {dataset}" if several else context.title(label),
            [panel.title for panel in panels.values()],
            list(_sizes(list(panels.values()))),
        )
        for (dataset, label), panels in rows.items()
    ]
    figure, axes_rows = laid_out(blocks)
    for line, panels in zip(axes_rows, rows.values(), strict=True):
        for axes, panel in zip(line, panels.values(), strict=True):
            _paint(axes, panel)
    return figure


def _sizes(panels: Sequence[Panel]) -> Iterator[tuple[int, int]]:
    """Height and width in pixels; where there is no picture, those of the largest in the row."""
    images = [panel.image.shape[:2] for panel in panels if panel.image is not None]
    largest = max(images, default=(POINTS_PIXELS, POINTS_PIXELS))
    for panel in panels:
        height, width = largest if panel.image is None else panel.image.shape[:2]
        yield height, width


def _paint(axes: Axes, panel: Panel) -> None:
    if panel.instead:
        style.say_instead(axes, panel.instead)
        return
    style.without_frame(axes)
    if panel.image is not None:
        axes.imshow(panel.image, interpolation="none", aspect="auto")
    if panel.points is not None:
        _scatter(axes, *panel.points, joined=panel.joined)


def _scatter(axes: Axes, originals: NDArray[np.float64], others: NDArray[np.float64], joined: int) -> None:
    """Originals in grey beneath the others, on the window that holds 99 % of the originals with some air."""
    for start, end in zip(originals[:joined], others[:joined], strict=False):
        axes.plot(*np.stack([start, end]).T, color=style.SERIES[0], linewidth=0.5, alpha=0.5, zorder=1)
    for points, colour, alpha in ((originals, style.MUTED, 0.45), (others, style.SERIES[0], 0.55)):
        axes.scatter(
            points[:, 0], points[:, 1], s=5, color=colour, alpha=alpha, linewidths=0, zorder=2, rasterized=True
        )
    low, high = np.quantile(originals, [0.005, 0.995], axis=0)
    reach = 0.65 * float((high - low).max()) or 1.0
    centre = (low + high) / 2
    axes.set(xlim=(centre[0] - reach, centre[0] + reach), ylim=(centre[1] - reach, centre[1] + reach), aspect="equal")
