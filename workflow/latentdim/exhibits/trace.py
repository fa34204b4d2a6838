"""What runs' histories held over training: masks, counts, losses (MaskAAE, Figs. 5 and 8; ALD-VAE, Figs. 2 to 4)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from latentdim.exhibits import style
from latentdim.exhibits.context import Context, Drawn, ExhibitRefused, NothingToDraw, cells_of
from latentdim.exhibits.declared.options import RunOptions
from latentdim.exhibits.declared.traces import Panel, TraceOptions
from latentdim.exhibits.figure_files import as_frame, write_figure
from latentdim.exhibits.stored import one
from latentdim.exhibits.trace_panels import History, Traced, columns_of, figure_of, stop_of
from latentdim.outcomes.outcomes import Outcome
from latentdim.outcomes.wording import worded
from latentdim.records.folder import RunFolder
from latentdim.records.history import read_history
from latentdim.records.status import Status
from latentdim.system.counting import counted


def draw(context: Context) -> Drawn:
    """Draw the panels one below the other, over the same steps or epochs."""
    options = context.options
    assert isinstance(options, TraceOptions)
    traced, lacking = _traced(context, options)
    not_positive = [panel for panel in options.panels if panel.log and not all(_positive(panel, run) for run in traced)]
    panels = (panel.model_copy(update={"log": False}) if panel in not_positive else panel for panel in options.panels)
    options = options.model_copy(update={"panels": tuple(panels)})
    shown = list(dict.fromkeys(name for run in traced for name in _shown(options, run)))
    if not any(name in run.history for run in traced for name in shown):
        asked = [name for panel in options.panels for name in (*panel.columns, panel.prefix, *panel.right) if name]
        title = traced[0].outcome.run.title
        raise NothingToDraw(f"the history of {title} has none of these columns: {', '.join(asked)}")
    notes = [*lacking, *_notes(options, traced)]
    notes += [style.LINEAR_NOTE.format(panel.title or ", ".join(panel.columns)) for panel in not_positive]
    runs = tuple(outcome.run for outcome in _outcomes(context, options))
    drawn = Drawn(
        _caption(context, options, traced), cells_of(runs), frozenset({"active"}),
        " ".join(_in_words(context, options, traced, shown)), tuple(notes), runs=runs,
    )  # fmt: skip
    with style.styled():
        data = as_frame(list(_rows(options, traced, shown)))
        write_figure(context, figure_of(context, options, traced), drawn, data=data)
    return drawn


def _outcomes(context: Context, options: TraceOptions) -> list[Outcome]:
    """Of the runs that the options name."""
    places = (
        RunOptions(dataset=options.dataset, label=label, dim=dim, seed=seed) for label, dim, seed in options.runs()
    )
    return [one(context, place) for place in places]


def _traced(context: Context, options: TraceOptions) -> tuple[list[Traced], list[str]]:
    """The runs with a history, and a sentence for each of the others that has none.

    Raises:
        ExhibitRefused: if none has one, with the first one's reason, which mostly is all the others' too.
    """
    traced, refusals = [], []
    legends = (options.legend, *(other.legend for other in options.others))
    for index, (outcome, legend) in enumerate(zip(_outcomes(context, options), legends, strict=True)):
        try:
            history = _history(context, outcome)
        except ExhibitRefused as refusal:
            refusals.append(str(refusal))
            continue
        text = legend or f"{context.title(outcome.run.cell.label)}, L = {outcome.run.dim}"
        traced.append(Traced(outcome, history, text, style.SERIES[index % len(style.SERIES)]))
    if not traced:
        others = f" (nor have {counted(len(refusals) - 1, 'other run')})" if refusals[1:] else ""
        raise ExhibitRefused(refusals[0] + others)
    return traced, [f"{refusal}." for refusal in refusals]


def _history(context: Context, outcome: Outcome) -> History:
    """Columns of the run's history; a cell left empty is NaN.

    Raises:
        ExhibitRefused: if there is none yet.
    """
    try:
        rows = read_history(RunFolder(context.plan.folder(outcome.run)))
    except ValueError as error:
        raise ExhibitRefused(f"the history of {outcome.run.title} can't be read: {error}") from error
    if not rows:
        because = f": {worded(outcome.reason)}" if outcome.reason else ""
        raise ExhibitRefused(f"{outcome.run.title} has no history; it is {outcome.status}{because}")
    names = dict.fromkeys(name for row in rows for name in row)
    history = {name: np.array([row.get(name, math.nan) for row in rows]) for name in names}
    return {"step": np.arange(1.0, len(rows) + 1)} | history


def _shown(options: TraceOptions, run: Traced) -> list[str]:
    names = [name for panel in options.panels for name in (*columns_of(panel, run.history), *panel.right)]
    return [*names, *filter(None, (options.upper, options.stop))]


def _positive(panel: Panel, run: Traced) -> bool:
    """Whether a logarithmic axis can show every value of the panel's columns."""
    return all(np.nanmin(run.history[name], initial=math.inf) > 0.0 for name in columns_of(panel, run.history))


def _notes(options: TraceOptions, traced: Sequence[Traced]) -> Iterator[str]:
    """A sentence for each run that isn't sound, and for each that the rule didn't stop."""
    for run in traced:
        which = "This run" if len(traced) == 1 else run.legend
        if run.outcome.status is not Status.OK:
            yield f"{which} is {run.outcome.status}: {worded(run.outcome.reason)}."
        if options.stop and stop_of(options, run) is None:
            steps = f"{int(run.history['step'][-1]):,} steps"
            yield f"{which} wasn't stopped in its {steps}: {options.stop} tells no epoch."


def _caption(context: Context, options: TraceOptions, traced: Sequence[Traced]) -> str:
    """What is seen, in words that stand on their own."""
    described = "; ".join(_described(options))
    if options.stop:
        described += "; a vertical line where the rule stops"
    if len(options.runs()) == 1:
        where = f"{context.title(options.label)} on {options.dataset} with L = {options.dim}, seed {options.seed}"
        return f"Training of {where}, over its {int(traced[0].history['step'][-1]):,} steps: {described}."
    seeds = ", ".join(map(str, sorted({run.outcome.run.seed for run in traced})))
    names = "; ".join(run.legend for run in traced)
    return f"Trainings on {options.dataset}, seed {seeds}: {names}. Shown are {described}."


def _described(options: TraceOptions) -> Iterator[str]:
    for panel in options.panels:
        left = panel.title or (f"all {panel.prefix.rstrip('_')} values" if panel.prefix else ", ".join(panel.columns))
        right = f" with {panel.right_title or ', '.join(panel.right)} on the right axis" if panel.right else ""
        sorted_ = ", one row each, sorted by the last value" if panel.style == "heatmap" else ""
        widths = f" ({', '.join(panel.columns)}, from thick to thin)" if options.others and panel.columns[1:] else ""
        yield f"{left}{widths}{right}{sorted_}"
    if options.upper:
        yield f"{options.upper_title or options.upper} on the upper axis"


def _in_words(context: Context, options: TraceOptions, traced: Sequence[Traced], shown: Sequence[str]) -> Iterator[str]:
    """Each run with the last values of its columns."""
    for run in traced:
        which = run.outcome.run
        where = f"{context.title(which.cell.label)} on {options.dataset} with L = {which.dim}, seed {which.seed}"
        final = ", ".join(f"{name} {run.history[name][-1]:.3g}" for name in shown if name in run.history)
        yield f"{where}. Last values: {final}."


def _rows(options: TraceOptions, traced: Sequence[Traced], shown: Sequence[str]) -> Iterator[dict[str, object]]:
    """The numbers drawn; where several runs are, each row with its run's."""
    places = ("step", "epoch") if options.over == "epoch" else ("step",)
    for run in traced:
        which = run.outcome.run
        of = {"label": which.cell.label, "dim": which.dim, "seed": which.seed} if options.others else {}
        names = [name for name in dict.fromkeys((*places, *shown)) if name in run.history]
        for row in zip(*(run.history[name].tolist() for name in names), strict=True):
            yield {**of, **dict(zip(names, row, strict=True))}
