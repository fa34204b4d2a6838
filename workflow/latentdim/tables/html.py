"""A table as HTML: an element with row groups, and its footnotes."""

from __future__ import annotations

from markupsafe import Markup

from latentdim.tables.model import Rank, Table
from latentdim.tables.templates import HERE, environment


def html(table: Table) -> Markup:
    """The whole table, for a page of the report."""
    marks = [max(len(" ".join(row.cells[i].marks)) for row in table.rows) for i in range(len(table.columns))]
    return Markup(environment(HERE).get_template("table.html").render(table=table, room=marks, Rank=Rank))
