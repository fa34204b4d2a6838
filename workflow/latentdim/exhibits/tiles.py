"""Panels of fixed sizes under their headings, laid out in whole pixels so that pictures aren't scaled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from latentdim.exhibits import style

EDGE = 12  # pixels around the figure and between panels
LINE = 17  # pixels that a line of text takes
HEADING, TITLE = 9.0, 8.5  # points
PAGE = 944  # pixels that stand side by side on a page
NARROW = 330  # pixels of a figure, at least


@dataclass(frozen=True)
class Block:
    """Panels side by side under one heading.

    Attributes:
        titles: one a panel, with its colour.
        sizes: height and width of each panel in pixels.
    """

    heading: str
    titles: Sequence[tuple[str, str]]
    sizes: Sequence[tuple[int, int]]

    @property
    def width(self) -> int:
        """Pixels of all panels and what lies between them."""
        return sum(width for _, width in self.sizes) + EDGE * (len(self.sizes) - 1)

    @property
    def height(self) -> int:
        """Pixels of the tallest panel."""
        return max(height for height, _ in self.sizes)


def laid_out(blocks: Sequence[Block]) -> tuple[Figure, list[list[Axes]]]:
    """A figure with one axes for each panel, block by block; blocks stand side by side where a page has the room."""
    widest = max(block.width for block in blocks)
    lines = list(_lines(blocks, widest))
    columns = max(map(len, lines))
    width = max(columns * (widest + EDGE) + EDGE, NARROW)
    room = widest if columns > 1 else width - 2 * EDGE
    headings = [[_heading(block, room) for block in line] for line in lines]
    tops = [EDGE]
    for line, texts in zip(lines, headings, strict=True):
        above = LINE * (max(text.count("\n") for text in texts) + 2)
        tops.append(tops[-1] + above + max(block.height for block in line) + EDGE)
    figure = Figure(figsize=(width / style.PIXELS_PER_INCH, tops[-1] / style.PIXELS_PER_INCH))
    figure.set_layout_engine("none")
    page = _Page(figure, width, tops[-1])
    axes = [
        page.block(block, text, EDGE + place * (widest + EDGE), bottom - EDGE - max(each.height for each in line))
        for line, texts, bottom in zip(lines, headings, tops[1:], strict=True)
        for place, (block, text) in enumerate(zip(line, texts, strict=True))
    ]
    return figure, axes


def _lines(blocks: Sequence[Block], widest: int) -> Iterator[Sequence[Block]]:
    """Blocks line by line, about equally many in each."""
    fit = max(1, (PAGE - EDGE) // (widest + EDGE))
    rows = -(-len(blocks) // fit)
    columns = -(-len(blocks) // rows)
    for start in range(0, len(blocks), columns):
        yield blocks[start : start + columns]


def _heading(block: Block, room: int) -> str:
    return style.wrapped(block.heading, room / style.PIXELS_PER_INCH, size=HEADING)


@dataclass(frozen=True)
class _Page:
    """A figure that is addressed in pixels from its upper left corner."""

    figure: Figure
    width: int
    height: int

    def block(self, block: Block, heading: str, left: int, top: int) -> list[Axes]:
        """Axes of a block's panels, whose upper edges lie at ``top``, with the texts above them."""
        self._text(heading, left, top - LINE, size=HEADING, weight="bold")
        made = []
        for (title, colour), (height, width) in zip(block.titles, block.sizes, strict=True):
            self._text(title, left, top, size=TITLE, color=colour)
            place = left / self.width, 1 - (top + height) / self.height, width / self.width, height / self.height
            made.append(self.figure.add_axes(place))
            left += width + EDGE
        return made

    def _text(self, text: str, left: int, bottom: int, **look: object) -> None:
        self.figure.text(left / self.width, 1 - (bottom - 5) / self.height, text, va="bottom", **look)  # type: ignore[arg-type]
