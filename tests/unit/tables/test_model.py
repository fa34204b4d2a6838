"""A table whose parts don't fit together is refused, and none of its cells can be empty by mistake."""

from dataclasses import replace

import pytest

from latentdim.records.status import Status
from latentdim.tables.model import (
    Absence,
    Cell,
    Column,
    Footnote,
    Head,
    Row,
    RowGroup,
    Span,
    Table,
    TableBroken,
    Value,
)

OURS = Value(28.8, "28.80 ± 0.50", 0.5, 5)
THEIRS = Value(28.78, "28.78 ± 0.48", 0.48, 5)
ROW = Row((Head("VAE"),), (Cell(OURS), Cell(instead=Absence.NOT_ASKED)))
TABLE = Table(
    (Column("method", kind="text"),),
    (Column("FID", better="lower"), Column("ACTIVE")),
    (RowGroup("", (ROW,)),),
    spans=((Span("MNIST", 2),),),
)


@pytest.mark.parametrize(
    "changed",
    [
        {"groups": (RowGroup("", (Row((Head("VAE"),), (Cell(OURS),)),)),)},
        {"groups": (RowGroup("", (Row((), ROW.cells),)),)},
        {"groups": (RowGroup("MNIST", (ROW,)),)},  # a heading without a column for it
        {"groups": (RowGroup("", (Row((Head("VAE"),), (Cell(OURS), Cell(facts={"dim": 8}))),)),)},
        {"groups": (RowGroup("", (Row((Head("VAE"),), (Cell(OURS), Cell())),)),)},  # says nothing, of nothing
        {"groups": (RowGroup("", (Row((Head("VAE", ("a",)),), ROW.cells),)),)},  # a mark without a footnote
        {"footnotes": (Footnote("a", "unused"),)},
        {"spans": ((Span("MNIST", 1),),)},
    ],
)
def test_parts_that_do_not_fit_are_refused(changed) -> None:
    with pytest.raises(TableBroken):
        replace(TABLE, **changed)


def test_a_cell_says_what_is_measured_or_what_stands_instead() -> None:
    assert [cell.text for cell in ROW.cells] == ["28.80 ± 0.50", "–"]
    assert Cell(instead=Status.TIMED_OUT).text == "timed out"
    assert Cell(instead=Status.TIMED_OUT).status is Status.TIMED_OUT
    assert Cell(instead="Linear (16)").status is None


@pytest.mark.parametrize(
    ("cell", "lines"),
    [
        (Cell(OURS, theirs=THEIRS, verdict="reproduced"), ("paper 28.78 ± 0.48", "+0.02: reproduced")),
        (Cell(OURS, theirs=Value(31, "31"), verdict="better"), ("paper 31", "−2: better")),
        (
            Cell(instead=Status.MISSING, theirs=THEIRS, verdict="missing (data)"),
            ("paper 28.78 ± 0.48", "missing (data)"),
        ),
        (Cell(OURS, verdict="paper: lost"), ("paper: lost",)),
        (Cell(OURS), ()),
    ],
)
def test_what_a_paper_prints_stands_beside_ours_with_the_difference_in_its_digits(cell, lines) -> None:
    assert tuple(map(str, cell.compared)) == lines
