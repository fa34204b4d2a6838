"""A metric over two things at once, for example method and latent dimension, a panel for each dataset."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from matplotlib import colors

from latentdim.exhibits import style
from latentdim.exhibits.context import Context, Drawn, ExhibitRefused, cells_of, refuse_undefined
from latentdim.exhibits.declared.numbers import HeatMapOptions
from latentdim.exhibits.figure_files import as_frame, write_figure
from latentdim.exhibits.heat_map_panels import (
    UNCONVERGED,
    UNSOUND,
    Placed,
    figure_of,
    named,
    tells_true_dim,
    text_of,
    unsound,
)  # fmt: skip
from latentdim.outcomes.groups import select
from latentdim.outcomes.troubles import by_reason
from latentdim.plan.names import coordinate
from latentdim.records.history import CONVERGED


def draw(context: Context) -> Drawn:
    """Draw the panels side by side, under one scale of colours."""
    options = context.options
    assert isinstance(options, HeatMapOptions)
    placed = list(_placed(context, options))
    if not placed:
        raise ExhibitRefused(f"no run of the grid has '{options.metric}' over {options.rows} and {options.columns}")
    refuse_undefined([one.group for one in placed])
    values = [one.value for one in placed if one.value is not None]
    log = options.log and all(value > 0 for value in values)
    notes = [reason.sentence for reason in by_reason(trouble for one in placed for trouble in one.group.troubles)]
    title = context.metric(options.metric).title
    notes += [style.LINEAR_NOTE.format(title)] if options.log and not log else []
    unknown = [name for name in options.datasets or context.plan.datasets if context.true_dim(name) is None]
    if options.less_true_dim and unknown:
        notes.append(f"Left out, since nobody knows their true dimension: {', '.join(unknown)}.")
    runs = context.runs_at({(one.group.dataset, one.group.label, one.group.dim) for one in placed})
    alt = "; ".join(
        f"{one.panel}, {one.row}, {named(options.columns, one.column)}: {text_of(one, options)}" for one in placed
    )
    caption, metrics = _caption(options, title, placed), frozenset({options.metric})
    drawn = Drawn(caption, cells_of(runs), metrics, alt, tuple(notes), runs=runs)
    with style.styled():
        figure = figure_of(context, options, placed, _norm(options, values, log=log))
        write_figure(context, figure, drawn, data=as_frame([_numbers(one) for one in placed]))
    return drawn


def _placed(context: Context, options: HeatMapOptions) -> Iterator[Placed]:
    """Every cell that stands somewhere in the map; runs without one of its settings are left out."""
    cells = {(cell.dataset.name, cell.label): cell for cell in context.plan.cells}
    unconverged = set(_unconverged(context))
    for group in select(
        context.groups, datasets=options.datasets, labels=options.labels, dims=options.dims, metric=options.metric,
        axes=options.axes,
    ):  # fmt: skip
        cell = cells[group.dataset, group.label]
        panel, row, column = (
            coordinate(cell, group.dim, name) for name in (options.panels, options.rows, options.columns)
        )
        value, true_dim = group.spread.mean, context.true_dim(group.dataset)
        if options.less_true_dim:
            if true_dim is None:
                continue
            value = None if value is None else value - true_dim
        if panel is not None and row is not None and column is not None:
            yield Placed(panel, row, column, group, value, (group.dataset, group.label, group.dim) in unconverged)


def _unconverged(context: Context) -> Iterator[tuple[str, str, int]]:
    """Dataset, label and L of runs whose reconstruction still fell at the end of the training."""
    for outcome in context.outcomes:
        record, run = outcome.record, outcome.run
        if record is not None and record.late_improvement is not None and record.late_improvement > CONVERGED:
            yield run.cell.dataset.name, run.cell.label, run.dim


def _numbers(one: Placed) -> dict[str, object]:
    """A cell's line in the figure's CSV file."""
    group = one.group
    return {
        "panel": one.panel, "row": one.row, "column": one.column, "dataset": group.dataset, "label": group.label,
        "dim": group.dim, "metric": group.metric, "axes": group.axes, "value": one.value, "mean": group.spread.mean,
        "std": group.spread.std, "n": group.spread.n, "status": str(group.worst),
    }  # fmt: skip


def _caption(options: HeatMapOptions, title: str, placed: Sequence[Placed]) -> str:
    less = " less the true dimension" if options.less_true_dim else ""
    over = " and ".join(
        {"dim": "the initial latent dimension L"}.get(name, name) for name in (options.rows, options.columns)
    )
    counts = sorted({one.group.planned for one in placed})
    seeds = "of one run" if counts == [1] else f"the mean over {' or '.join(map(str, counts))} seeds"
    marked = f" {UNSOUND}: not every run behind it is ok." if any(unsound(one.group) for one in placed) else ""
    if any(one.unconverged for one in placed):
        marked += (
            f" {UNCONVERGED}: not converged, the reconstruction of a run behind it still fell by more than "
            f"{CONVERGED:.0%} over the last tenth of its training."
        )
    star = " A star: the true dimension." if tells_true_dim(options) else ""
    return f"{title}{less} over {over}, a panel for each {options.panels}; each value is {seeds}.{marked}{star}"


def _norm(options: HeatMapOptions, values: Sequence[float], *, log: bool) -> colors.Normalize:
    """The scale of colours that all panels share."""
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    if options.less_true_dim:
        reach = max(abs(low), abs(high)) or 1.0
        return colors.Normalize(-reach, reach)
    return colors.LogNorm(low, high) if log else colors.Normalize(low, high if high > low else low + 1.0)
