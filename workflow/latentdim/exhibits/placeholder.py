"""What stands in the place of an exhibit that couldn't be drawn: the reason, in each of its files."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence

from matplotlib.figure import Figure

from latentdim.exhibits import style
from latentdim.exhibits.context import Context
from latentdim.system.files import write_text
from latentdim.tables.latex import tex
from latentdim.tables.markdown import plain

PICTURES = frozenset({".svg", ".png"})
AS_TEXT: dict[str, Callable[[str], str]] = {
    ".md": plain, ".tex": tex, ".csv": lambda text: '"' + text.replace('"', '""') + '"'
}  # fmt: skip


def write_placeholder(context: Context, endings: Sequence[str], reason: str) -> None:
    """Write every file of the exhibit with the reason why it isn't there."""
    text = f"{context.entry.title or context.entry.name}: not drawn. {reason}"
    if PICTURES & set(endings):
        _picture(context, text)
    for ending in endings:
        if ending not in PICTURES:
            write_text(context.path(ending), f"{AS_TEXT.get(ending, str)(text)}\n")


def _picture(context: Context, text: str) -> None:
    with style.styled():
        figure = Figure(figsize=(7.2, 1.8))
        style.say_instead(figure.subplots(), "\n".join(textwrap.wrap(text, 90)))
        style.save(figure, context.path(""), description=text)
