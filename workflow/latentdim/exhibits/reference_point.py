"""A reference point: a measure of samples whose law is known, drawn with what a run recorded beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from latentdim.exhibits import reference_values as reference
from latentdim.exhibits import style
from latentdim.exhibits.context import Context, Drawn, cells_of
from latentdim.exhibits.declared.options import RunOptions
from latentdim.exhibits.declared.reference_points import ReferencePointOptions
from latentdim.exhibits.figure_files import as_frame, write_figure
from latentdim.exhibits.stored import one
from latentdim.exhibits.trace_panels import DASHES
from latentdim.plan.run import Run
from latentdim.records.folder import RunFolder
from latentdim.records.history import read_history

MARKS = ("o", "s", "^", "D")


def draw(context: Context) -> Drawn:
    """Compute the values and draw them."""
    options = context.options
    assert isinstance(options, ReferencePointOptions)
    figure = reference.FIGURES[options.of]
    values = list(figure.values())
    caption = figure.caption
    if any(value.spread is not None for value in values):
        caption += f" Points are means of {reference.REPEATS} draws, bars their standard deviations."
    runs: tuple[Run, ...] = ()
    notes: tuple[str, ...] = ()
    if options.run:
        recorded = list(_recorded(context, options.run))
        values += recorded
        notes = () if recorded else (f"{options.run.label} on {options.run.dataset} has recorded no silhouette yet.",)
        runs = (one(context, options.run).run,)
        run = f"{context.title(options.run.label)} on {options.run.dataset} from L = {options.run.dim}"
        caption += (
            f" Beside it what {run}, seed {options.run.seed}, recorded after each epoch at its present dimension."
        )
    alt = " ".join(
        f"{series}: {', '.join(f'{value.value:.3g} at {value.place:g}' for value in values if value.series == series)}."
        for series in dict.fromkeys(value.series for value in values)
    )
    caption += "" if runs else " No trained model is behind it."
    drawn = Drawn(caption, cells_of(runs), alt=alt, notes=notes, runs=runs)
    with style.styled():
        rows = [
            {"series": value.series, figure.axes[0]: value.place, figure.axes[1]: value.value, "std": value.spread}
            for value in values
        ]
        write_figure(context, _figure(figure, values), drawn, data=as_frame(rows))
    return drawn


def _recorded(context: Context, run: RunOptions) -> Iterator[reference.Value]:
    """The silhouettes that a run recorded, and those of normal points like its codes, by its present dimension."""
    outcome = one(context, run)
    rows = read_history(RunFolder(context.plan.folder(outcome.run)))
    columns = {"stop_silhouette": "the run's codes", "stop_silhouette_null": "normal points like them"}
    found = [(row["present_dim"], row) for row in rows if {"present_dim", "stop_silhouette"} <= set(row)]
    for name, series in columns.items():
        for dim in sorted({dim for dim, _ in found}):
            scores = [row[name] for at, row in found if at == dim and name in row]
            if scores:
                yield reference.Value(series, dim, sum(scores) / len(scores))


def _figure(about: reference.Figure, values: Sequence[reference.Value]) -> Figure:
    figure = Figure(figsize=(7.2, 3.6))
    axes = figure.subplots()
    for index, series in enumerate(dict.fromkeys(value.series for value in values)):
        own = [value for value in values if value.series == series]
        axes.errorbar(
            [value.place for value in own], [value.value for value in own], [value.spread or 0.0 for value in own],
            color=style.SERIES[index], linestyle=DASHES[index % len(DASHES)], marker=MARKS[index % len(MARKS)],
            markersize=4.5, elinewidth=1.0, capsize=2.0, label=series,
        )  # fmt: skip
    places = sorted({value.place for value in values})
    axes.set(xlabel=about.axes[0], ylabel=about.axes[1])
    if "x" in about.log:
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(base=10, subs=(1.0, 2.0, 5.0)))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter(FuncFormatter(lambda place, _: f"{place:,g}"))
    elif len(places) <= 12:
        axes.set_xticks(places, labels=[f"{place:g}" for place in places])
    if "y" in about.log:
        style.logarithmic(axes)
    figure.legend(loc="outside upper left", ncols=3, handlelength=3.2)
    return figure
