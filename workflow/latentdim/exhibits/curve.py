"""A metric over the initial latent dimension, with a second one on the right axis (MaskAAE, Fig. 4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from latentdim.exhibits import style
from latentdim.exhibits.context import Context, Drawn, ExhibitRefused
from latentdim.exhibits.curve_panel import DASHES, FLOOR_DASHES, Line, Marks, draw_panel
from latentdim.exhibits.declared.numbers import CurveOptions
from latentdim.exhibits.printed_protocol import printed_protocol
from latentdim.outcomes.groups import Group, groups, measured_as, select
from latentdim.outcomes.troubles import by_reason

PANELS_A_ROW = 2


def draw(context: Context) -> Drawn:
    """Draw one panel for each dataset."""
    options = context.options
    assert isinstance(options, CurveOptions)
    options, linear = _linear_where_due(context, options)
    lines = {dataset: list(_lines(context, options, dataset)) for dataset in options.datasets}
    if not any(lines.values()):
        raise ExhibitRefused(f"no run of the grid has these metrics and labels on {', '.join(options.datasets)}")
    marks = Marks()
    drawn = _described(context, options, lines)
    with style.styled():
        figure = _figure(context, options, lines, marks)
        drawn = replace(
            drawn, notes=(*linear, *_explained(marks), *(reason.sentence for reason in by_reason(marks.troubles)))
        )
        protocol = printed_protocol(drawn.cells, drawn.metrics).lines()
        style.save(figure, context.path(""), description="\n".join([drawn.caption, *drawn.notes, *protocol]))
    return drawn


def _linear_where_due(context: Context, options: CurveOptions) -> tuple[CurveOptions, list[str]]:
    """The options with linear axes where a logarithmic one couldn't show every value, and a note about each."""
    notes = []
    for name, side in (("left", options.left), ("right", options.right)):
        if side is not None and side.log:
            rows = select(context.table, datasets=options.datasets, labels=[curve.label for curve in side.curves])
            if (measured_as(rows, side.metric, side.axes).value <= 0.0).any():
                options = options.model_copy(update={name: side.model_copy(update={"log": False})})
                notes.append(style.LINEAR_NOTE.format(context.metric(side.metric).title))
    return options, notes


def _lines(context: Context, options: CurveOptions, dataset: str) -> Iterator[Line]:
    sides = [(options.left, False), *([(options.right, True)] if options.right else [])]
    labels = list(dict.fromkeys(curve.label for side, _ in sides for curve in side.curves))
    for side, right in sides:
        rows = measured_as(select(context.table, datasets=[dataset]), side.metric, side.axes)
        for curve in side.curves:
            found = sorted(groups(select(rows, labels=[curve.label])), key=lambda group: group.dim)
            if len({group.dim for group in found}) < len(found):
                raise ExhibitRefused(
                    f"'{side.metric}' of '{curve.label}' is measured on several choices of axes; name one in 'axes'"
                )
            colour = style.SERIES[labels.index(curve.label) % len(style.SERIES)]
            if found:
                legend = curve.legend or context.title(curve.label)
                yield Line(side, curve, legend, context.metric(side.metric).title, colour, right, tuple(found))


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
        true_dim = context.true_dim(dataset) if options.mark_true_dim else None
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
        yield "A cross on the axis marks a dimension where at least one run has no value."


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
    caption = f"{'; '.join(parts)} over the initial latent dimension L on {', '.join(options.datasets)}. {points}."
    alt = " ".join(
        f"{line.legend} on {dataset}, {line.title}: {', '.join(map(_in_words, line.groups))}."
        for dataset, found in lines.items()
        for line in found
    )
    labels = list(dict.fromkeys(line.curve.label for line in everything))
    metrics = frozenset(line.side.metric for line in everything)
    return Drawn(caption, context.cells(options.datasets, labels), metrics, alt)


def _in_words(group: Group) -> str:
    found = group.spread.mean
    return f"{'no value' if found is None else format(found, '.3g')} at L = {group.dim}"
