"""Networks layer by layer with their parameters, beside what a paper prints of them; counts have to be equal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from latentdim.exhibits.context import Context, Drawn, ExhibitRefused
from latentdim.exhibits.declared.papers import ArchitectureOptions, ListedNetwork
from latentdim.exhibits.printed_protocol import printed_protocol
from latentdim.exhibits.table_files import write_table
from latentdim.papers.cell import remark_of, theirs_of
from latentdim.papers.layers import NetworkLayer, counted, network_layers
from latentdim.papers.reference import LAYER, PARAMETERS, PrintedNumber, read_reference, reference_path
from latentdim.papers.verdict import Seeds, judge
from latentdim.plan.run import Cell as PlanCell
from latentdim.system.problems import InputError
from latentdim.tables.footnotes import Footnotes, noted
from latentdim.tables.model import Cell, Column, Head, Row, RowGroup, Table, Value

STUB = (Column("network", kind="text"), Column("layer", kind="text"))
COLUMNS = (Column("output shape", kind="text"), Column("parameters"))
CAPTION = "One example's way through encoder and decoder, counted from the layers that are built."
PRINTED = "Rows are the paper's, each with the layer of ours that it is; the paper's counts have to be equal to ours."
TWICE = "A layer of several numbers for each latent dimension is told as so many layers side by side."


@dataclass(frozen=True)
class Listed:
    """One network with its layers, and the paper's numbers of it.

    Attributes:
        numbers: in the paper's order; empty where it prints none.
    """

    title: str
    cell: PlanCell
    layers: Sequence[NetworkLayer]
    numbers: Sequence[PrintedNumber]

    def rows(self, footnotes: Footnotes) -> Iterator[Row]:
        """The paper's rows with our layers, or our layers alone; then the total."""
        parameters, layers = counted(self.layers), {layer.name: layer for layer in self.layers}
        for number in self.numbers:
            name = _name(number)
            layer = layers.get(name)
            words = f"{number.row}: {layer.kind}" if layer else number.row
            row = _row(words, layer.shape if layer else "", name, parameters, number)
            head = Head(words, footnotes.marks(notes=[remark_of(number)] if number.note else ()))
            yield replace(row, heads=(head,))
        if not self.numbers:
            yield from (_row(f"{one.name}: {one.kind}", one.shape, one.name, parameters) for one in self.layers)
            yield _row("total", "", "total", parameters)


def draw(context: Context) -> Drawn:
    """Write the table as Markdown, CSV and LaTeX."""
    options = context.options
    assert isinstance(options, ArchitectureOptions)
    listed = [_listed(context, options, network) for network in options.networks]
    footnotes = _footnotes([number for one in listed for number in one.numbers])
    groups = tuple(RowGroup(one.title, tuple(one.rows(footnotes))) for one in listed)
    table = Table(STUB, COLUMNS, groups, footnotes=footnotes.listed())
    split = [TWICE] if any(network.outputs > 1 for network in options.networks) else []
    caption = " ".join([CAPTION, *([PRINTED] if options.table else []), *split])
    cells = tuple(one.cell for one in listed)
    runs = context.runs_at({(one.dataset, one.label, one.dim) for one in options.networks})
    protocol = printed_protocol(cells, ["parameters"], runs=runs).lines()
    write_table(context, table, title=context.entry.title or "Networks", caption=caption, protocol=protocol)
    return Drawn(caption, cells, frozenset({"parameters"}), table=table, runs=runs)


def _listed(context: Context, options: ArchitectureOptions, network: ListedNetwork) -> Listed:
    place = (network.dataset, network.label, network.dim)
    of_place = (run.cell for run in context.plan.runs if (run.cell.dataset.name, run.cell.label, run.dim) == place)
    cell = next(of_place)  # planning has seen that there is one
    if cell.network is None:
        raise ExhibitRefused(f"'{network.label}' brings no network of the protocol's")
    if not cell.dataset.info.shape:
        raise ExhibitRefused(f"the shape of '{network.dataset}' isn't known before its data are there")
    layers, numbers = network_layers(cell, network.dim, network.outputs), _numbers(context, options, place)
    if unknown := [one for one in numbers if _name(one) not in counted(layers)]:
        raise ExhibitRefused(f"reference.csv, line {unknown[0].line}: this network has no {unknown[0].metric}")
    return Listed(f"{context.title(network.label)} on {network.dataset}, L = {network.dim}", cell, layers, numbers)


def _numbers(context: Context, options: ArchitectureOptions, place: tuple[str, str, int]) -> list[PrintedNumber]:
    if not options.table:
        return []
    try:
        printed = read_reference(reference_path(context.plan.path), context.plan.stand_ins)
    except InputError as refusal:
        raise ExhibitRefused(f"{refusal.title}: {'; '.join(refusal.problems)}".rstrip(".")) from refusal
    counts = (one for one in printed if one.table == options.table and f"{one.metric} ".startswith(LAYER))
    return [one for one in counts if (one.dataset, one.label, one.dim) == place]


def _footnotes(numbers: Sequence[PrintedNumber]) -> Footnotes:
    """What is noted of the paper's numbers, each note once."""
    places: dict[str, list[str]] = {}
    for number in numbers:
        if number.note:
            places.setdefault(remark_of(number), []).append(number.row)
    return Footnotes.of((noted(remark, rows) for remark, rows in places.items()), ())


def _name(number: PrintedNumber) -> str:
    """Of a layer or a sum, as :func:`counted` has it."""
    return "total" if number.metric == PARAMETERS else number.metric.removeprefix(LAYER)


def _row(words: str, shape: str, name: str, parameters: Mapping[str, int], number: PrintedNumber | None = None) -> Row:
    count = parameters[name]
    theirs = theirs_of(number) if number else None
    verdict = str(judge(Seeds(count), Seeds(theirs.mean), rule="exact")) if theirs else ""
    facts = {"layer": words, "place": name, "shape": shape, "parameters": count}
    ours = Cell(Value(count, f"{count:,}"), theirs=theirs, verdict=verdict, facts=facts)
    return Row((Head(words),), (Cell(instead=shape or "\u00a0"), ours))
