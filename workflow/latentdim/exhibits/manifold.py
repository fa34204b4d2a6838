"""The images evenly spread over a two-dimensional latent space (Kingma & Welling, 2014, Fig. 4)."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from latentdim.exhibits import style
from latentdim.exhibits.context import Context, Drawn, ExhibitRefused, cells_of
from latentdim.exhibits.declared.latent_space import ManifoldOptions
from latentdim.exhibits.examples import FIRST_FRAME, arranged
from latentdim.exhibits.figure_files import write_figure
from latentdim.exhibits.stored import Stored, chosen, stored

FLAT = 2  # the only latent dimension that can be laid out as a picture
SMALL = 24  # pixels that an image is tall at least, up to rounding
PANEL_INCHES = 3.6  # at least
PAGE_INCHES = 8.8
EDGE_INCHES = 0.6  # of numbers and title
TICKS = 4  # an even number keeps them symmetric about 0


def draw(context: Context) -> Drawn:
    """Draw one panel for each run with L = 2."""
    options = context.options
    assert isinstance(options, ManifoldOptions)
    every = chosen(context, options)
    images = [o for o in every if context.plan.datasets[o.run.cell.dataset.name].example_kind == "images"]
    if not images:
        raise ExhibitRefused("a manifold shows images, and these datasets hold vectors")
    flat = [outcome for outcome in images if outcome.run.dim == FLAT]
    if not flat:
        dims = ", ".join(map(str, sorted({outcome.run.dim for outcome in images})))
        raise ExhibitRefused(f"a manifold can only be laid out for L = 2, and these runs have L = {dims}")
    found = [stored(context, outcome, ("manifold",)) for outcome in flat]
    names = [f"{context.title(o.run.cell.label)} on {o.run.cell.dataset.name}" for o in flat]
    caption = (
        "Images decoded from points of the two-dimensional latent space that are even in the prior's probability: the "
        "first axis grows to the right, the second one upwards; numbers are standard deviations of the prior. "
        f"{'; '.join(names)}; L = 2, seed {options.seed}."
        + FIRST_FRAME
        * any(outcome.run.cell.dataset.is_clips for outcome in flat)
    )
    vectors = dict.fromkeys(o.run.cell.dataset.name for o in every if o not in images)
    left_out = [f"Left out, since a manifold shows images: {', '.join(vectors)} (vectors)."] if vectors else []
    notes = (*left_out, *(item.note for item in found if item.note))
    runs = tuple(outcome.run for outcome in flat)
    drawn = Drawn(
        caption, cells_of(runs), alt=f"Contact sheets: {'; '.join(names)}.", notes=notes,
        fields=frozenset({"pictures"}), runs=runs,
    )  # fmt: skip
    with style.styled():
        write_figure(context, _figure(found, names), drawn, smooth=True)
    return drawn


def _figure(found: list[Stored], names: list[str]) -> Figure:
    pictures = [None if item.instead else _picture(item) for item in found]
    pixels = max((picture.shape[1] for picture in pictures if picture is not None), default=0)
    side = min(max(pixels / style.PIXELS_PER_INCH, PANEL_INCHES) + EDGE_INCHES, PAGE_INCHES)
    columns = min(len(found), int(PAGE_INCHES // side))
    rows = -(-len(found) // columns)
    figure = Figure(figsize=(side * columns, side * rows))
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for panel, item, name, picture in zip(panels, found, names, pictures, strict=False):
        panel.set_title(style.wrapped(name, side - EDGE_INCHES, size=9), fontsize=9)
        if picture is None:
            style.say_instead(panel, item.instead)
        else:
            _paint(panel, picture, len(item.arrays["manifold"]))
    for panel in panels[len(found) :]:
        panel.set_visible(False)
    return figure


def _picture(item: Stored) -> NDArray[np.float32]:
    images = item.arrays["manifold"].astype(np.float32) / np.float32(255)
    n = len(images)
    return arranged(images.reshape((n * n, *images.shape[2:])), n, SMALL)


def _paint(panel: Axes, picture: NDArray[np.float32], n: int) -> None:
    panel.imshow(picture, interpolation="none", extent=(0, n, 0, n))
    panel.grid(visible=False)
    places = np.linspace(0, n - 1, min(TICKS, n)).round().astype(int)
    labels = [f"{NormalDist().inv_cdf((place + 0.5) / n):+.2f}".replace("-", "−") for place in places]
    panel.set(xticks=places + 0.5, yticks=places + 0.5, xticklabels=labels, yticklabels=labels)
    panel.tick_params(length=2)
    for spine in panel.spines.values():
        spine.set_visible(False)
