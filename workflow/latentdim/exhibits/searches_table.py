"""What the searches of a study settled on, and what each cost (MaskAAE, supplement 8)."""

from __future__ import annotations

from latentdim.exhibits.context import Context, Drawn, ExhibitRefused
from latentdim.exhibits.printed_protocol import printed_protocol
from latentdim.exhibits.table_files import write_table
from latentdim.outcomes.searches import SearchOutcome, search_outcomes
from latentdim.tables.model import Cell, Column, Head, Row, RowGroup, Table

STUB = (
    Column("dataset", kind="text"), Column("method", kind="text"), Column("search", kind="text"), Column("seed"),
)  # fmt: skip
COLUMNS = (
    Column("sizes asked for", kind="text"), Column("settles on", "L"), Column("trainings"),
    Column("training time", "s"), Column("sizes not asked for"),
)  # fmt: skip
CAPTION = (
    "Each size that a search asks for is one training, whoever else asked for it; its time is that training's, made "
    "for this search or not. Sizes not asked for lack nothing."
)


def draw(context: Context) -> Drawn:
    """Write the table as Markdown, CSV and LaTeX.

    Raises:
        ExhibitRefused: if the study has no searches.
    """
    found = search_outcomes(context.plan, context.outcomes)
    if not found:
        raise ExhibitRefused("no entry of the grid has a search in place of its dims")
    datasets = dict.fromkeys(outcome.search.cell.dataset.name for outcome in found)
    groups = (
        RowGroup(name, tuple(_row(one) for one in found if one.search.cell.dataset.name == name)) for name in datasets
    )
    table = Table(STUB, COLUMNS, tuple(groups))
    cells = tuple({id(one.search.cell): one.search.cell for one in found}.values())
    runs = tuple(asked.run for one in found for asked in one.asked)
    metrics = frozenset(one.search.metric.metric.name for one in found)
    protocol = printed_protocol(cells, metrics, runs=runs).lines()
    write_table(context, table, title=context.entry.title or "Searches", caption=CAPTION, protocol=protocol)
    return Drawn(CAPTION, cells, metrics, table=table, runs=runs)


def _row(outcome: SearchOutcome) -> Row:
    search, progress = outcome.search, outcome.progress
    facts = {
        "dataset": search.cell.dataset.name, "label": search.cell.label, "search": search.dims.search,
        "metric": search.metric.metric.name, "seed": search.seed, "asked": " ".join(map(str, progress.asked)),
        "settled": progress.settled, "trainings": outcome.trainings, "train_seconds": outcome.seconds,
        "not_asked_for": len(outcome.not_asked_for),
    }  # fmt: skip
    if progress.next is not None:
        settled = f"waits for {progress.next}"
    else:
        settled = "no value" if progress.settled is None else str(progress.settled)
    texts = (
        ", ".join(map(str, progress.asked)), settled, str(outcome.trainings), f"{outcome.seconds:.0f}",
        str(len(outcome.not_asked_for)),
    )  # fmt: skip
    heads = (
        search.cell.label,
        f"{search.dims.search.replace('_', ' ')} by {search.metric.metric.title}",
        str(search.seed),
    )
    first, *others = texts
    return Row(tuple(map(Head, heads)), (Cell(instead=first, facts=facts), *(Cell(instead=text) for text in others)))
