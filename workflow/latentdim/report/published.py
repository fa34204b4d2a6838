"""The tables of published studies, made anew from their long tables alone: without run folders, and without torch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from latentdim.exhibits.context import Context, ExhibitRefused
from latentdim.outcomes.published import published_outcomes
from latentdim.plan.expand import plan_study
from latentdim.plan.plan import PlannedExhibit
from latentdim.registry.declarations import resolve
from latentdim.system.problems import InputError

TABLE = frozenset({".md", ".csv", ".tex"})
NEED_RECORDS = frozenset({"searches"})


@dataclass(frozen=True)
class TablesMade:
    """What was made of one published study.

    Attributes:
        made, left: names of exhibits: tables that were written, and what needs more than the long table.
        problem: why none could be made; the report is then left as it is.
    """

    study: str
    made: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    problem: str = ""

    def sentence(self) -> str:
        """For the terminal."""
        if self.problem:
            return f"{self.study}: left as it is: {self.problem}"
        others = f"; left as they are, for they need what runs store: {', '.join(self.left)}" if self.left else ""
        return f"{self.study}: {', '.join(self.made) or 'no tables'}{others}"


def make_tables(published: Path, reports: Path) -> Iterator[TablesMade]:
    """Write the tables of every published study, one after another.

    Args:
        published: folder of the long tables.
    """
    for path in sorted(published.glob("*.csv")):
        try:
            yield _tables_of(path, reports)
        except InputError as refusal:
            yield TablesMade(path.stem, problem=" ".join(refusal.problems))


def _tables_of(path: Path, reports: Path) -> TablesMade:
    plan = plan_study(path.stem)
    outcomes = published_outcomes(plan, path)
    if not any(one.value is not None for outcome in outcomes for one in outcome.measurements):
        return TablesMade(path.stem, problem="its runs are of other settings or versions than the study's now")
    folder = reports / plan.name
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for exhibit in filter(_is_table, plan.exhibits):
        context = Context(plan, exhibit.entry, exhibit.options, outcomes, folder)
        try:
            resolve(exhibit.declared.draw)(context)
        except ExhibitRefused:
            continue  # its files keep the reason that the report gave
        made.append(exhibit.entry.name)
    left = tuple(one.entry.name for one in plan.exhibits if one.entry.name not in made)
    return TablesMade(path.stem, tuple(made), left)


def _is_table(exhibit: PlannedExhibit) -> bool:
    return set(exhibit.declared.files) == TABLE and exhibit.declared.name not in NEED_RECORDS
