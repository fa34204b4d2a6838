"""The runs behind an exhibit: how many are done, and what they cost."""

from __future__ import annotations

from collections.abc import Sequence

from latentdim.exhibits.context import Drawn
from latentdim.outcomes.outcomes import Outcome
from latentdim.report.provenance import duration
from latentdim.system.counting import counted


def runs_in_words(drawn: Drawn, outcomes: Sequence[Outcome]) -> str:
    """``15 of 20 runs done, 2 h 3 min of training; about 40 core minutes left by the plan's estimate``."""
    cells, paths = {id(cell) for cell in drawn.cells}, {run.path for run in drawn.runs}
    behind = [one for one in outcomes if (one.run.path in paths if paths else id(one.run.cell) in cells)]
    done = [outcome for outcome in behind if outcome.done]
    spent = sum(one.record.timing.train_seconds or 0.0 for one in behind if one.record)
    trained = f", {duration(spent)} of training" if spent else ""
    left = sum(one.run.cell.minutes(one.run.dim) for one in behind if not (one.done or one.settled))
    estimate = f"; about {duration(60.0 * left)} of one core left by the plan's estimate" if left else ""
    return f"{len(done)} of {counted(len(behind), 'run')} done{trained}{estimate}"
