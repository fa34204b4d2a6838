"""How an invocation of snakemake ends: a line for each kind of reason, however many numbers it comes with."""

from __future__ import annotations

from latentdim.jobs.ending import Ending


def test_reasons_that_differ_in_their_numbers_alone_are_one_line(fabricated) -> None:
    plan = fabricated.plan(grid=[{"datasets": ["digits"], "methods": {"pca": {}}, "dims": [2, 3, 4]}])
    for run, error in zip(plan.runs, (1.05, 1.07, None), strict=True):
        reason = f"its error is {error}" if error else "the codes are constant"
        fabricated.finish(plan, run, {}, status="collapsed", reason=reason)
    _, *reasons = Ending.of([plan], reports=fabricated.reports).lines
    first = "its error is 1.05 (the numbers are the first one's; the others are alike)"
    assert reasons == [f"  2 collapsed: {first}", "  1 collapsed: the codes are constant"]
