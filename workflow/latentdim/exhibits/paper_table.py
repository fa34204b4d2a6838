"""A paper's table in its own shape: ours, the paper's number, the difference and the verdict in each cell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from latentdim.claims.file import read_claims
from latentdim.claims.grid import Asked, Grid
from latentdim.claims.judging import Judged, judged_among
from latentdim.exhibits.context import Context, Drawn, ExhibitRefused, cells_of, study_notes
from latentdim.exhibits.declared.papers import PaperTableOptions
from latentdim.exhibits.printed_protocol import printed_protocol
from latentdim.exhibits.table_files import write_table
from latentdim.outcomes.troubles import SharedReason
from latentdim.papers.cell import detail_of, facts_of, ours_of, remark_of, theirs_of
from latentdim.papers.comparison import Compared, Comparison
from latentdim.papers.layout import Layout, Place, column_of
from latentdim.papers.reference import PrintedNumber, Subject, read_reference, reference_path
from latentdim.papers.units import source_of
from latentdim.papers.verdict import Verdict
from latentdim.plan.run import Cell as PlanCell
from latentdim.plan.run import Run
from latentdim.study.scale import PAPER
from latentdim.system.problems import InputError
from latentdim.tables.footnotes import Footnotes, noted
from latentdim.tables.legend import legend
from latentdim.tables.model import Absence, Cell, Column, Head, Rank, Row, RowGroup, Table
from latentdim.tables.ranking import as_printed, best_and_second
from latentdim.tables.values import Values

LEGEND = (
    "Beneath each value what the paper prints, then ours less theirs with the verdict. Best and second of the paper's "
    "are worked out from its printed means."
)
OF_CLAIMS = (
    "Where a claim is named in place of a value, the number is part of a sentence, which is judged with the claims."
)
Better = Literal["lower", "higher"]
BLANK = "\u00a0"  # where the paper's table has no cell


def draw(context: Context) -> Drawn:
    """Write the table as Markdown, CSV and LaTeX."""
    shown = paper_table(context)
    cells, metrics = cells_of(shown.runs), shown.metrics
    table = shown.table()
    scale = context.plan.study.scale
    told = f"Study {context.plan.name}, at {'the paper’s' if scale == PAPER else scale} scale."
    caption = " ".join([told, LEGEND, *([OF_CLAIMS] if shown.claims else []), legend(table)])
    protocol = printed_protocol(cells, metrics, runs=shown.runs).lines()
    write_table(context, table, title=context.entry.title or shown.options.table, caption=caption, protocol=protocol)
    return Drawn(caption, cells, metrics, table=table, runs=shown.runs)


def paper_table(context: Context) -> PaperTable:
    """The table that an exhibit's options name.

    Raises:
        ExhibitRefused: if the reference can't be read, or hasn't that table.
    """
    options = context.options
    assert isinstance(options, PaperTableOptions)
    try:
        plan = context.plan
        layout = Layout.of(read_reference(reference_path(plan.path), plan.stand_ins), options.table)
        others, claims = _others(context, options, layout), claims_behind(context, layout.numbers)
    except InputError as refusal:
        raise ExhibitRefused(f"{refusal.title}: {'; '.join(refusal.problems)}".rstrip(".")) from refusal
    if not layout.numbers:
        raise ExhibitRefused(f"reference.csv has no table '{options.table}'")
    comparison = Comparison(context.plan, Values(context.plan, tuple(context.groups)))
    compared = {one.line: comparison.of(one) for one in layout.numbers}
    return PaperTable(context, options, layout, compared, others, claims)


@dataclass(frozen=True)
class PaperTable:
    """One table's contents.

    Attributes:
        compared: ours and the verdict, by the line of the printed number.
        others: another paper's number, by the line of one that is lost.
        claims: by id, those that judge some of the numbers.
    """

    context: Context
    options: PaperTableOptions
    layout: Layout
    compared: Mapping[int, Compared]
    others: Mapping[int, PrintedNumber]
    claims: Mapping[str, Judged]

    @property
    def metrics(self) -> frozenset[str]:
        """Names of the metrics shown."""
        of_runs = (one for one in self.layout.numbers if one.subject is Subject.RUNS and one.dim is not None)
        of_claims = (name for one in self._asked for name in one.metrics)
        return frozenset(source_of(one.coordinates).metric for one in of_runs).union(of_claims)

    @property
    def _asked(self) -> list[Asked]:
        """The coordinates that its claims look at."""
        return [asked for judged in self.claims.values() for asked in judged.claim.check.asked()]

    @cached_property
    def runs(self) -> tuple[Run, ...]:
        """The runs of the study that its numbers and claims are about."""
        grid = Grid(self.context.plan)
        places = {(one.dataset, one.label, one.dim) for one in self.layout.numbers if one.dim is not None}
        for asked in self._asked:
            for dataset in grid.named(asked.datasets):
                dims = grid.dims((dataset,), asked.label) if asked.label and asked.dim is None else [asked.dim]
                places |= {(dataset, str(asked.label), dim) for dim in dims if dim is not None}
        return self.context.runs_at(places)

    def _cells_of(self, number: PrintedNumber) -> tuple[PlanCell, ...]:
        place = (number.dataset, number.label, number.dim)
        return cells_of(run for run in self.runs if (run.cell.dataset.name, run.cell.label, run.dim) == place)

    def table(self) -> Table:
        """Header, rows and footnotes."""
        troubles = (one for compared in self.compared.values() if compared.group for one in compared.group.troubles)
        marked = dict.fromkeys(cell for number in self.layout.numbers for cell in self._cells_of(number))
        footnotes = Footnotes.of([*study_notes(tuple(marked)), *self._remarks.values()], troubles)
        cells = {number.line: self._cell(number, footnotes) for number in self.layout.numbers}
        groups: dict[str, list[Row]] = {}
        for row in self.layout.rows:
            numbers = [self.layout.cells.get((row, column)) for column in self.layout.columns]
            line = (cells[number.line] if number else Cell(instead=BLANK) for number in numbers)
            groups.setdefault(row[0], []).append(Row((Head(row[1]),), tuple(line)))
        stub = (Column(self.options.rows, kind="text"),)
        return Table(
            (Column("", kind="text"), *stub) if any(groups) else stub,
            tuple(map(self._column, self.layout.columns)),
            tuple(RowGroup(heading, tuple(rows)) for heading, rows in groups.items()),
            self.layout.spans,
            footnotes.listed(),
        )

    def _column(self, place: Place) -> Column:
        directions = {self.compared[one.line].better for one in self.layout.numbers if column_of(one) == place}
        return Column(place[1], better=directions.pop() if len(directions) == 1 else None)

    def _cell(self, number: PrintedNumber, footnotes: Footnotes) -> Cell:
        compared = self.compared[number.line]
        verdict = "" if compared.judgement.verdict is Verdict.NOT_PRINTED else str(compared.judgement)
        if judged := self.claims.get(number.claim):
            verdict = f"claim {judged.end_on(number.dataset)}"
        notes = [one.note for one in self._cells_of(number) if one.note]
        notes += [kind for kind, lines in self._remarked.items() if number.line in lines]
        ours, theirs = ours_of(compared), theirs_of(number)
        return Cell(
            ours, "" if ours else verdict or Absence.NOT_ASKED, theirs, "" if theirs else self._word(number),
            self._their_ranks.get(number.line), verdict, self._our_ranks.get(number.line),
            footnotes.marks(compared.group.troubles if compared.group else (), dict.fromkeys(notes)),
            detail_of(compared), facts_of(compared),
        )  # fmt: skip

    def _word(self, number: PrintedNumber) -> str:
        """What stands in the place of a printed number; with another paper's, where that is asked for."""
        other = self.others.get(number.line)
        return (
            f"{number.text}; {self.options.beside.study} {other.text}" if other and self.options.beside else number.text
        )

    @cached_property
    def _our_ranks(self) -> dict[int, Rank]:
        ranks: dict[int, Rank] = {}
        for rivals, better in self._contests():
            values = {one.line: value for one in rivals if (value := ours_of(self.compared[one.line]))}
            ranks |= best_and_second(values, better)
        return ranks

    @cached_property
    def _their_ranks(self) -> dict[int, Rank]:
        ranks: dict[int, Rank] = {}
        for rivals, better in self._contests():
            ranks |= as_printed({one.line: value for one in rivals if (value := theirs_of(one))}, better)
        return ranks

    def _contests(self) -> Iterator[tuple[list[PrintedNumber], Better]]:
        for rivals in self.layout.rivals():
            if better := self.compared[rivals[0].line].better:
                yield rivals, better

    @cached_property
    def _remarked(self) -> dict[str, list[int]]:
        """What has to be said of printed numbers, with the lines that it is said of."""
        remarks: dict[str, list[int]] = {}
        for number in self.layout.numbers:
            rank, replaced = self._their_ranks.get(number.line), self._replaced.get(number.dataset)
            if replaced:
                remarks.setdefault(f"Runs on {number.dataset}, which stands in for {replaced}", []).append(number.line)
            if number.note:
                remarks.setdefault(remark_of(number), []).append(number.line)
            if number.mark and number.mark != rank:
                by_means = f"it is {rank}" if rank else "it is neither best nor second"
                text = f"The paper marks it as {number.mark}; by the printed means {by_means}"
                remarks.setdefault(text, []).append(number.line)
        return remarks

    @property
    def _replaced(self) -> dict[str, str]:
        """A dataset's stand-in → that dataset."""
        return {other: name for name, other in self.context.plan.stand_ins.items()}

    @property
    def _remarks(self) -> dict[str, SharedReason]:
        places = {one.line: (one.row, one.column_group, one.column) for one in self.layout.numbers}
        texts = {line: ", ".join(filter(None, words)) for line, words in places.items()}
        return {kind: noted(kind, [texts[line] for line in lines]) for kind, lines in self._remarked.items()}


def claims_behind(context: Context, numbers: Sequence[PrintedNumber]) -> dict[str, Judged]:
    """The claims that judge printed numbers which are no cell's, by id.

    Raises:
        InputError: if claims.yaml has problems.
    """
    names = {number.claim for number in numbers} - {""}
    claims = [claim for claim in read_claims(context.plan) if claim.entry.id in names] if names else []
    return {one.claim.entry.id: one for one in judged_among(claims, context.plan, context.outcomes)}


def _others(context: Context, options: PaperTableOptions, layout: Layout) -> dict[int, PrintedNumber]:
    """Another paper's numbers in the places of those that are lost, where the options ask for them."""
    beside = options.beside
    if beside is None:
        return {}
    reference = reference_path(context.plan.path.resolve().parent.parent / beside.study / "study.yaml")
    there = Layout.of(read_reference(reference), beside.table)
    by_place = {number.place[1:]: number for number in there.numbers}
    found = {}
    for number in layout.numbers:
        place = tuple(beside.names.get(word, word) for word in number.place[1:])
        if number.value is None and place in by_place:
            found[number.line] = by_place[place]
    return found
