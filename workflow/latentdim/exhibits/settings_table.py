"""The settings in force: what a study gives each method on each dataset (as ARD-VAE, supplement, Table 6)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from latentdim.exhibits.context import Context, Drawn, ExhibitRefused
from latentdim.exhibits.declared.papers import SettingsOptions
from latentdim.exhibits.printed_protocol import printed_protocol, value_text
from latentdim.exhibits.table_files import write_table
from latentdim.plan.run import Cell as PlanCell
from latentdim.tables.model import Cell, Column, Head, Row, RowGroup, Table

STUB = (Column("method", kind="text"), Column("setting", kind="text"))
CAPTION = (
    "Read from the study's cells. Settings that nowhere differ from their default are left out. A dash: no run of that "
    "method on that dataset. Several values: of several grid entries."
)


def draw(context: Context) -> Drawn:
    """Write the table as Markdown, CSV and LaTeX.

    Raises:
        ExhibitRefused: if every setting is at its default.
    """
    options = context.options
    assert isinstance(options, SettingsOptions)
    cells = context.cells(options.datasets, options.labels)
    datasets = list(dict.fromkeys(cell.dataset.name for cell in cells))
    labels = list(dict.fromkeys(cell.label for cell in cells))
    groups = [RowGroup(context.title(label), tuple(_rows(cells, label, datasets))) for label in labels]
    groups = [group for group in groups if group.rows]
    if not groups:
        raise ExhibitRefused("every method has its default settings")
    table = Table(STUB, tuple(Column(name, kind="text") for name in datasets), tuple(groups))
    protocol = printed_protocol(cells, ["parameters"]).lines()
    write_table(context, table, title=context.entry.title or "Settings", caption=CAPTION, protocol=protocol)
    return Drawn(CAPTION, cells, frozenset({"parameters"}), table=table)


def _rows(cells: Sequence[PlanCell], label: str, datasets: Sequence[str]) -> Iterator[Row]:
    """One for each setting that isn't at its default in some cell of the label."""
    own = [cell for cell in cells if cell.label == label]
    defaults = type(own[0].config).model_fields
    for name in defaults:
        if any(getattr(cell.config, name) != defaults[name].get_default(call_default_factory=True) for cell in own):
            yield Row((Head(name),), tuple(_cell(own, name, dataset) for dataset in datasets))


def _cell(own: Sequence[PlanCell], name: str, dataset: str) -> Cell:
    values = dict.fromkeys(value_text(getattr(cell.config, name)) for cell in own if cell.dataset.name == dataset)
    text = " / ".join(values) or "–"
    facts = {"label": own[0].label, "setting": name, "dataset": dataset, "value": text}
    return Cell(instead=text, facts=facts if values else {})
