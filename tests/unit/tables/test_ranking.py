"""Best and second are marked where the numbers say so clearly, and nowhere else."""

import pytest

from latentdim.tables.model import Cell, Column, Head, Row, RowGroup, Table, Value
from latentdim.tables.ranking import ranked


def column_of(values, better="lower") -> Table:
    """A table of one column, a row for each value; None leaves a cell without one."""
    rows = []
    for value in values:
        known = None if value is None else value if isinstance(value, Value) else Value(value, f"{value:g}", 0.1)
        rows.append(Row((Head("row"),), (Cell(known, instead="failed"),)))
    return Table((Column("method", kind="text"),), (Column("FID", better=better),), (RowGroup("", tuple(rows)),))


@pytest.mark.parametrize(
    ("values", "better", "ranks"),
    [
        ([3.0, 1.0, 2.0], "lower", [None, "best", "second"]),
        ([3.0, 1.0, 2.0], "higher", ["best", None, "second"]),
        ([3.0, 1.0, 2.0], None, [None, None, None]),
        ([3.0, 1.0], "lower", [None, "best"]),  # of two, the other needs no mark
        ([3.0], "lower", [None]),
        ([3.0, None], "lower", [None, None]),
        ([1.0, 1.1, 2.0], "lower", [None, None, None]),  # within both spreads
        ([1.0, 2.0, 2.1], "lower", ["best", None, None]),
        ([1.0, 2.0, Value(3.0, "3")], "lower", [None, None, None]),  # a spread isn't known
        ([Value(1.0, "1", 0.1, at_floor=True), 2.0, 3.0], "lower", [None, None, None]),
        ([1.0, Value(2.0, "2", 0.1, at_floor=True), 3.0], "lower", ["best", None, None]),
        ([Value(1.0, "1", 0.1, sound=False), 2.0, 3.0], "lower", [None, "best", "second"]),
    ],
)
def test_ranks_follow_values_spreads_and_floors(values, better, ranks) -> None:
    table = ranked(column_of(values, better))
    assert [row.cells[0].rank for row in table.rows] == ranks


def test_groups_are_compared_by_themselves_and_controls_not_at_all() -> None:
    stub = (Column("data", kind="text"), Column("method", kind="text"))
    first, second = ([Row((Head("a"),), (Cell(Value(v, str(v), 0.1)),)) for v in values] for values in ([1, 2], [8, 9]))
    control = Row((Head("PCA"),), (Cell(Value(0.0, "0", 0.1)),), control=True)
    groups = (RowGroup("x", (*first, control)), RowGroup("y", tuple(second)))
    table = ranked(Table(stub, (Column("FID", better="lower"),), groups))
    assert [row.cells[0].rank for row in table.rows] == ["best", None, None, "best", None]
