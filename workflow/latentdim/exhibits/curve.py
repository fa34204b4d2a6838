"""A metric over the initial latent dimension or a setting, a second one on the right axis (MaskAAE, Fig. 4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from operator import itemgetter

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from latentdim.exhibits import style
from latentdim.exhibits.context import Context, Drawn, ExhibitRefused, cells_of, refuse_undefined
from latentdim.exhibits.curve_panel import DASHES, FLOOR_DASHES, Line, Marks, draw_panel
from latentdim.exhibits.declared.numbers import CurveOptions
from latentdim.exhibits.figure_files import as_frame, write_figure
from latentdim.exhibits.landmarks import landmark_notes
from latentdim.outcomes.groups import select
from latentdim.outcomes.troubles import by_reason
from latentdim.plan.names import numeric_settings

PANELS_A_ROW = 2


def draw(context: Context) -> Drawn:
    """Draw one panel for each dataset."""
    options = context.options
    assert isinstance(options, CurveOptions)
    options, linear = _linear_where_due(context, options)
    lines = {dataset: list(_lines(context, options, dataset)) for dataset in options.datasets}
    if not any(lines.values()):
        raise ExhibitRefused(f"no run of the grid has these metrics and labels on {', '.join(options.datasets)}")
    refuse_undefined([group for found in lines.values() for line in found for group in line.groups])
    marks = Marks()
    drawn = _described(context, options, lines)
    with style.styled():
        figure = _figure(context, options, lines, marks)
        troubles = (reason.sentence for reason in by_reason(marks.troubles))
        notes = (*linear, *landmark_notes(options.landmarks), *_explained(marks), *troubles)
        drawn = replace(drawn, notes=notes)
        write_figure(context, figure, drawn, data=as_frame(list(_runs(options, lines))), details=marks.details)
    return drawn


def _linear_where_due(context: Context, options: CurveOptions) -> tuple[CurveOptions, list[str]]:
    """The options with linear axes where a logarithmic one couldn't show every value, and a note about each."""
    notes = []
    curves = [curve.label for side in (options.left, options.right) if side is not None for curve in side.curves]
    if options.over_log and any(place <= 0 for label in curves for place in _places(context, options, label).values()):
        options = options.model_copy(update={"over_log": False})
        notes.append(style.LINEAR_NOTE.format(options.over))
    for name, side in (("left", options.left), ("right", options.right)):
        if side is not None and side.log:
            labels = [label for curve in side.curves for label in _places(context, options, curve.label)]
            shown = select(context.groups, datasets=options.datasets, labels=labels, metric=side.metric, axes=side.axes)
            if any(row.value is not None and row.value <= 0.0 for group in shown for row in group.rows):
                options = options.model_copy(update={name: side.model_copy(update={"log": False})})
                notes.append(style.LINEAR_NOTE.format(context.metric(side.metric).title))
    return options, notes


def _lines(context: Context, options: CurveOptions, dataset: str) -> Iterator[Line]:
    sides = [(options.left, False), *([(options.right, True)] if options.right else [])]
    labels = list(dict.fromkeys(curve.label for side, _ in sides for curve in side.curves))
    for side, right in sides:
        measured = select(context.groups, datasets=[dataset], metric=side.metric, axes=side.axes)
        for curve in side.curves:
            places = _places(context, options, curve.label)
            chosen = [group for group in measured if group.label in places and options.dim in (None, group.dim)]
            over_dim = options.over == "dim"
            at = ((group.dim if over_dim else places[group.label], group) for group in chosen)
            placed = sorted(at, key=itemgetter(0))
            colour = style.SERIES[labels.index(curve.label) % len(style.SERIES)]
            if placed:
                legend = curve.legend or context.title(curve.label)
                title = context.metric(side.metric).title
                found = tuple(group for _, group in placed)
                yield Line(side, curve, legend, title, colour, right, found, tuple(place for place, _ in placed))


def _places(context: Context, options: CurveOptions, label: str) -> dict[str, float]:
    """Row labels of a curve's cells, and over a setting where each stands on the axis."""
    if options.over == "dim":
        return {label: 0.0}
    cells = [cell for cell in context.cells(options.datasets) if cell.stem == label]
    settings = {cell.label: dict(numeric_settings(cell)).get(options.over) for cell in cells}
    return {name: value for name, value in settings.items() if value is not None}


def _runs(options: CurveOptions, lines: dict[str, list[Line]]) -> Iterator[dict[str, object]]:
    """Every run behind the curves, with the mean and deviation of its place."""
    for line in (line for found in lines.values() for line in found):
        for place, group in zip(line.places, line.groups, strict=True):
            of: dict[str, object] = {
                "dataset": group.dataset, "label": group.label, "metric": group.metric, "axes": group.axes,
                "side": "right" if line.right else "left", options.over: place,
            }  # fmt: skip
            together = {"mean": group.spread.mean, "deviation": group.deviation, "floor": group.floor}
            for row in group.rows:
                yield {**of, "seed": row.seed, "value": row.value, "status": str(row.status), **together}


def _figure(context: Context, options: CurveOptions, lines: dict[str, list[Line]], marks: Marks) -> Figure:
    columns = min(len(lines), PANELS_A_ROW)
    rows = -(-len(lines) // columns)
    width, height = (7.2, 3.9) if columns == 1 else (4.9 * columns, 3.4)
    figure = Figure(figsize=(width, height * rows + 0.4))
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for panel, (dataset, found) in zip(panels, lines.items(), strict=False):
        titles = [
            side.title or context.metric(side.metric).title for side in (options.left, options.right or options.left)
        ]
        marked = options.mark_true_dim and options.over == "dim"
        true_dim = context.true_dim(dataset) if marked else None
        draw_panel(panel, options, titles, dataset, true_dim, found, marks)
    for panel in panels[len(lines) :]:
        panel.set_visible(False)
    entries = list(_legend(lines, marks))
    figure.legend(handles=entries, loc="outside upper left", ncols=2 if columns == 1 else 3, handlelength=2.6)
    return figure


def _legend(lines: dict[str, list[Line]], marks: Marks) -> Iterator[Line2D]:
    """Each curve once, then the marks that were needed."""
    seen: dict[tuple[str, bool], Line] = {}
    for line in (line for found in lines.values() for line in found):
        seen.setdefault((line.curve.label, line.right), line)
    twin = any(line.right for line in seen.values())
    for line in seen.values():
        text = f"{line.legend}: {line.title}{' (right)' if line.right else ''}" if twin else line.legend
        yield _entry(text, line.colour, "s" if line.right else "o", hollow=line.right, dashed=line.right)
    if marks.floor:
        yield Line2D([], [], label="floor", color=style.MUTED, linewidth=1.0, linestyle=FLOOR_DASHES)
    if marks.crosses:
        yield _entry("no value", style.MUTED, "x", bare=True)
    if marks.collapsed:
        yield _entry("collapsed run", style.MUTED, "o", hollow=True, bare=True)
    if marks.stale:
        yield _entry("stale value", style.MUTED, "D", hollow=True, bare=True)


def _entry(
    text: str, colour: str, marker: str, *, hollow: bool = False, dashed: bool = False, bare: bool = False
) -> Line2D:
    return Line2D(
        [],
        [],
        label=text,
        color=colour,
        linestyle="none" if bare else DASHES if dashed else "solid",
        marker=marker,
        markersize=6 if bare else 4.5,
        markerfacecolor=style.PAPER if hollow else colour,
        markeredgecolor=colour,
        markeredgewidth=1.8 if marker == "x" else 1.0,
    )


def _explained(marks: Marks) -> Iterator[str]:
    if marks.collapsed:
        yield "Hollow circles are collapsed runs; they count in the mean."
    if marks.stale:
        yield "Grey diamonds are stale values; they count only where there is nothing else."
    if marks.floor:
        yield (
            "The line called floor is what the metric gives where there is nothing to find, at the same counts: for a "
            "distance, that between two halves of the real data."
        )
    if marks.crosses:
        yield "A cross on the axis marks a place where at least one run has no value."


def _described(context: Context, options: CurveOptions, lines: dict[str, list[Line]]) -> Drawn:
    """Caption, words for those who can't see the figure, cells and metrics."""
    everything = [line for found in lines.values() for line in found]
    counts = sorted({group.planned for line in everything for group in line.groups})
    seeds = str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    parts = []
    for right, where in ((False, "left axis"), (True, "right axis, dashed")):
        side = options.right if right else options.left
        names = dict.fromkeys(line.legend for line in everything if line.right is right)
        if side and names:
            log = ", logarithmic" if side.log else ""
            parts.append(f"{context.metric(side.metric).title} of {' and '.join(names)} ({where}{log})")
    points = "Each point is one run" if counts == [1] else f"Lines join means over {seeds} seeds, which are the dots"
    if any(group.deviation for line in everything for group in line.groups):
        points += (
            "; bands reach a standard deviation over the seeds to either side, or a single run's own spread where "
        )
        points += "that is larger"
    over = "the initial latent dimension L" if options.over == "dim" else options.over
    caption = f"{'; '.join(parts)} over {over} on {', '.join(options.datasets)}. {points}."
    alt = " ".join(
        f"{line.legend} on {dataset}, {line.title}: {', '.join(_in_words(options, line))}."
        for dataset, found in lines.items()
        for line in found
    )
    runs = context.runs_at({(one.dataset, one.label, one.dim) for line in everything for one in line.groups})
    metrics = frozenset(line.side.metric for line in everything)
    return Drawn(caption, cells_of(runs), metrics, alt, runs=runs)


def _in_words(options: CurveOptions, line: Line) -> Iterator[str]:
    axis = "L" if options.over == "dim" else options.over
    for place, group in zip(line.places, line.groups, strict=True):
        mean = group.spread.mean
        yield f"{'no value' if mean is None else format(mean, '.3g')} at {axis} = {place:g}"
