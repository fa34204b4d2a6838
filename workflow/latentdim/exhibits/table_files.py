"""A table's files: the same contents as Markdown, CSV and LaTeX."""

from __future__ import annotations

from collections.abc import Sequence

from latentdim.exhibits.context import Context
from latentdim.system.files import write_text
from latentdim.tables.comma_separated import comma_separated
from latentdim.tables.latex import latex
from latentdim.tables.markdown import markdown, plain
from latentdim.tables.model import Table


def write_table(context: Context, table: Table, *, title: str, caption: str, protocol: Sequence[str]) -> None:
    """Write them where the exhibit's files go.

    Args:
        protocol: lines to print beneath.
    """
    beneath = "\n".join(f"- {plain(line)}" for line in protocol)
    above = f"# {plain(title)}\n\n{markdown(table)}\n\n{plain(caption)}"
    write_text(context.path(".md"), f"{above}\n\nProtocol:\n\n{beneath}\n")
    write_text(context.path(".csv"), comma_separated(table))
    text = latex(table, caption=f"{title}. {caption}", label=context.entry.name, beneath=protocol)
    write_text(context.path(".tex"), text)
