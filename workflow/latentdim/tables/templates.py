"""Templates of pages and of what stands in them: escaped, and refusing to print what isn't there."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

HERE = Path(__file__).parent


def environment(folder: Path) -> Environment:
    """The templates of a folder, with those of tables beside them.

    A name that a template uses and isn't handed raises :class:`jinja2.UndefinedError`: nothing is ever left blank.
    """
    return Environment(
        loader=FileSystemLoader([folder, HERE]), undefined=StrictUndefined, autoescape=True, trim_blocks=True,
        lstrip_blocks=True, keep_trailing_newline=False,
    )  # fmt: skip
