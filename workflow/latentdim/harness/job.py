"""One job, from its packs of runs to its exit code and stamp.

A scheduler repeats a job that fails, and hands it a GPU for that. So a job that is given a stamp to write fails only
where repeating it may help; what is recorded of its runs, a bug for instance, is told by the study's report.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from latentdim.harness.contract import reason_of
from latentdim.harness.environment import choose_device
from latentdim.harness.run import Job, Verdict
from latentdim.harness.workplace import Workplace
from latentdim.jobs.options import JobOptions
from latentdim.plan.plan import Pack, Plan
from latentdim.system.files import write_json
from latentdim.system.problems import DataRefused
from latentdim.training import Interrupted
from latentdim.training.progress import say

INTERRUPTED = 130
STILL_HELD = 75


def bring_up_to_date(plan: Plan, packs: Sequence[Pack], options: JobOptions) -> int:
    """Bring packs up to date, one after another; write the stamp once repeating that would change nothing.

    Returns:
        0 when all runs are up to date, 1 when one failed, 130 when asked to stop. With a stamp to write also 0 when
        the reasons of those that failed are recorded, and 75 when all others are held by another process still.

    Raises:
        InputError: if a GPU is demanded and there is none.
    """
    execution = plan.study.execution
    device, notes = choose_device(options.device or execution.device)
    place = Workplace(plan.results, device, options.checkpoint_seconds, tuple(notes), cuda_graphs=execution.cuda_graphs)
    place.stop_on_signals()
    job = Job(place, options)
    verdict = Verdict.DONE
    refused: list[str] = []
    try:
        for pack in packs:
            try:
                place.prepared(pack.dataset)
            except DataRefused as refusal:
                refused.append(f"data refused: {refusal}")
                verdict = max(verdict, Verdict.RECORDED)
                continue
            except Exception as error:  # of the machine, or of the network that they come from: other data go on
                refused.append(f"dataset '{pack.dataset.name}' can't be prepared: {reason_of(error)}")
                verdict = Verdict.OPEN
                continue
            brought = job.search(pack.search) if pack.search else job.bring_up_to_date(pack.runs)
            verdict = max(verdict, brought)
    except Interrupted as interruption:
        say(f"interrupted: {interruption}")
        return INTERRUPTED
    for line in dict.fromkeys(refused):
        print(line, file=sys.stderr)
    if options.stamp and verdict is Verdict.HELD:
        return STILL_HELD
    if options.stamp and verdict is not Verdict.OPEN:
        write_json(options.stamp, {"study": plan.name, "runs": [run.path for pack in packs for run in pack.runs]})
        return 0
    return 0 if verdict is Verdict.DONE else 1
