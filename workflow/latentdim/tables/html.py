"""A table as HTML: an element with row groups, and its footnotes."""

from __future__ import annotations

from markupsafe import Markup

from latentdim.tables.model import Table
from latentdim.tables.templates import HERE, environment

TABLES = environment(HERE)


def html(table: Table) -> Markup:
    """The whole table, for a page of the report."""
    marks = [max(len(" ".join(row.cells[i].marks)) for row in table.rows) for i in range(len(table.columns))]
    return Markup(TABLES.get_template("table.html").render(table=table, room=marks))
