"""Panels of fixed sizes: where they stand, and that no heading is cut off."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from latentdim.exhibits import style
from latentdim.exhibits.tiles import EDGE, Block, laid_out

LONG = "a_very_long_row_label_that_nobody_should_have_to_read " * 3


def block(*sizes: tuple[int, int], heading: str = "VAE") -> Block:
    return Block(heading, [("L = 2", style.INK)] * len(sizes), sizes)


def boxes(blocks: list[Block]) -> tuple[np.ndarray, list[np.ndarray]]:
    """The figure's size and each panel's left, top, right and bottom edge, in pixels."""
    figure, axes = laid_out(blocks)
    size = figure.get_size_inches() * style.PIXELS_PER_INCH
    found = []
    for panel in (panel for row in axes for panel in row):
        place = panel.get_position()
        found.append(np.array([place.x0, 1 - place.y1, place.x1, 1 - place.y0]) * [size[0], size[1], size[0], size[1]])
    return size, found


def test_every_panel_has_its_size_and_lies_on_whole_pixels() -> None:
    sizes = [(264, 264), (120, 400), (95, 95)]
    _, found = boxes([block(*sizes[:2]), block(sizes[2])])
    for place, (height, width) in zip(found, sizes, strict=True):
        np.testing.assert_allclose(place, place.round(), atol=1e-6)  # the rounding of floats
        np.testing.assert_allclose([place[3] - place[1], place[2] - place[0]], [height, width])


def test_single_panels_stand_side_by_side_and_wide_rows_one_below_the_other() -> None:
    size, found = boxes([block((264, 264)) for _ in range(6)])
    assert [round(place[0]) for place in found] == [EDGE, 2 * EDGE + 264, 3 * EDGE + 528] * 2
    assert size[0] == pytest.approx(3 * 264 + 4 * EDGE)
    _, found = boxes([block((264, 264), (264, 264)) for _ in range(2)])
    assert found[2][1] > found[0][3]


def test_long_headings_are_broken_and_stay_inside() -> None:
    figure, axes = laid_out([block((100, 100), heading=LONG), block((100, 100), heading=LONG)])
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    texts = [text.get_window_extent(canvas.get_renderer()) for text in figure.texts]
    panels = [panel.get_window_extent() for row in axes for panel in row]
    for text in texts:
        assert text.x0 >= 0
        assert text.x1 <= figure.bbox.x1
        assert text.y1 <= figure.bbox.y1
    for index, text in enumerate(texts):
        assert not any(text.overlaps(other) for other in [*texts[:index], *panels])
    assert "".join(figure.texts[0].get_text().split()) == "".join(LONG.split())


@pytest.mark.parametrize("inches", [0.5, 1.0, 3.0])
def test_text_is_wrapped_to_the_room_without_loss(inches) -> None:
    wide = style.wrapped(LONG, inches, size=9).split("\n")
    assert "".join(wide).replace(" ", "") == LONG.replace(" ", "")
    assert len(wide) >= 3
    assert style.wrapped("VAE on digits", 3.0, size=9) == "VAE on digits"
    assert style.wrapped("VAE on digits", 0.6, size=9) == "VAE on\ndigits"
