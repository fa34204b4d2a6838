"""The images on a grid of a two-dimensional latent space (Kingma & Welling, 2014, Fig. 4)."""

from __future__ import annotations

from dataclasses import replace
from statistics import NormalDist

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from latentdim.exhibits import style
from latentdim.exhibits.context import Context, Drawn, ExhibitRefused
from latentdim.exhibits.declared.latent_space import ManifoldOptions
from latentdim.exhibits.examples import FIRST_FRAME, arranged
from latentdim.exhibits.printed_protocol import printed_protocol
from latentdim.exhibits.stored import Stored, chosen, stored

FLAT = 2  # the only latent dimension whose grid is a picture
PANEL_INCHES = 4.2
PANELS_A_ROW = 2
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
        "Images decoded from a grid of the two-dimensional latent space that is even in the prior's probability: the "
        "first axis grows to the right, the second one upwards; numbers are standard deviations of the prior. "
        f"{'; '.join(names)}; L = 2, seed {options.seed}."
        + FIRST_FRAME
        * any(outcome.run.cell.dataset.is_clips for outcome in flat)
    )
    notes = tuple(item.note for item in found if item.note)
    cells = tuple(dict.fromkeys(id(o.run.cell) for o in flat))
    shown = tuple(cell for cell in context.plan.cells if id(cell) in cells)
    drawn = Drawn(caption, shown, alt=f"Grids of images: {'; '.join(names)}.", fields=frozenset({"pictures"}))
    drawn = replace(drawn, notes=notes)
    with style.styled():
        protocol = printed_protocol(drawn.cells, drawn.metrics, drawn.fields).lines()
        figure = _figure(found, names)
        style.save(figure, context.path(""), description="\n".join([caption, *notes, *protocol]))
    return drawn


def _figure(found: list[Stored], names: list[str]) -> Figure:
    columns = min(len(found), PANELS_A_ROW)
    rows = -(-len(found) // columns)
    figure = Figure(figsize=(PANEL_INCHES * columns, (PANEL_INCHES + 0.2) * rows))
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for panel, item, name in zip(panels, found, names, strict=False):
        panel.set_title(name, fontsize=9)
        if item.instead:
            style.say_instead(panel, item.instead)
        else:
            _paint(panel, item)
    for panel in panels[len(found) :]:
        panel.set_visible(False)
    return figure


def _paint(panel: Axes, item: Stored) -> None:
    images = item.arrays["manifold"].astype(np.float32) / np.float32(255)
    n = len(images)
    picture = arranged(images.reshape((n * n, *images.shape[2:])), n)
    panel.imshow(picture, interpolation="none", extent=(0, n, 0, n))
    panel.grid(visible=False)
    places = np.linspace(0, n - 1, min(TICKS, n)).round().astype(int)
    labels = [f"{NormalDist().inv_cdf((place + 0.5) / n):+.2f}".replace("-", "−") for place in places]
    panel.set(xticks=places + 0.5, yticks=places + 0.5, xticklabels=labels, yticklabels=labels)
    panel.tick_params(length=2)
    for spine in panel.spines.values():
        spine.set_visible(False)
