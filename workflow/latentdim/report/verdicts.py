"""What a paper's printed numbers come to beside ours: counts of cells by verdict, table by table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from latentdim.outcomes.groups import Group
from latentdim.papers.comparison import Comparison, Tally, tally
from latentdim.papers.reference import read_reference, reference_path
from latentdim.papers.verdict import Verdict
from latentdim.plan.plan import Plan
from latentdim.system.counting import counted
from latentdim.system.problems import InputError
from latentdim.tables.model import Cell, Column, Head, Row, RowGroup, Table
from latentdim.tables.values import Values

EXPLAINED = (
    "Reproduced: within twice the standard error of the difference and half a unit of the last printed digit; within "
    "5 % or one dimension where the paper prints no spread. By chance: how many of the cells held against that "
    "tolerance would miss it if ours and theirs were drawn from one law, by Student's t; what has to be equal is "
    "none of them."
)


@dataclass(frozen=True)
class Verdicts:
    """All cells of a study's reference.

    Attributes:
        tables: by the paper's table, in its order.
        problem: why the reference can't be read; the rest is empty then.
    """

    whole: Tally
    tables: Mapping[str, Tally] = field(default_factory=dict)
    problem: str = ""

    def sentence(self) -> str:
        """``Of 40 printed numbers: 3 reproduced, 37 missing (not run).`` And what chance would do to those 3."""
        if self.problem:
            return f"The paper's numbers can't be read: {self.problem}."
        counts, held = (
            ", ".join(f"{count} {verdict}" for verdict, count in self.whole.counts.items()),
            self.whole.judged,
        )
        chance = f" Of the {held} held against a tolerance, {self.whole.by_chance:.1f} would miss by chance."
        return f"Of {counted(self.whole.total, 'printed number')}: {counts}.{chance if held else ''}"

    def table(self) -> Table:
        """A row for each table of the paper; a column for each verdict that some cell has."""
        columns = [verdict for verdict in Verdict if self.whole.of(verdict)]
        rows = [(name, one) for name, one in (*self.tables.items(), ("all", self.whole))]
        return Table(
            stub=(Column("the paper's", kind="text"), Column("cells")),
            columns=(*(Column(str(verdict)) for verdict in columns), Column("misses", "by chance", kind="quiet")),
            groups=(RowGroup("", tuple(_row(name, one, columns) for name, one in rows)),),
        )

    def describe(self) -> dict[str, Any]:
        """The same as JSON."""
        tables = {name: one.counts for name, one in self.tables.items()}
        whole = {"counts": self.whole.counts, "judged": self.whole.judged, "by_chance": self.whole.by_chance}
        return whole | {"tables": tables, "problem": self.problem}


def verdicts(plan: Plan, groups: Sequence[Group]) -> Verdicts | None:
    """The verdicts on every number of the reference beside a study's file; None where there is none."""
    path = reference_path(plan.path)
    if not path.exists():
        return None
    try:
        printed = read_reference(path, plan.stand_ins)
    except InputError as refusal:
        return Verdicts(tally([]), problem=f"{refusal.title}: {'; '.join(refusal.problems)}")
    compared = Comparison(plan, Values(plan, tuple(groups))).all(printed)
    tables = dict.fromkeys(one.printed.table for one in compared)
    return Verdicts(
        tally(compared), {name: tally(one for one in compared if one.printed.table == name) for name in tables}
    )


def _row(name: str, one: Tally, columns: Sequence[Verdict]) -> Row:
    cells = (Cell(instead=str(one.of(verdict))) for verdict in columns)
    chance = f"{one.by_chance:.1f} of {one.judged}" if one.judged else "–"
    return Row((Head(name), Head(str(one.total))), (*cells, Cell(instead=chance)))
