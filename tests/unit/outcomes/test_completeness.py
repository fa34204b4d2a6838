"""What is missing, failed or marked is counted and told once."""

from latentdim.outcomes.completeness import completeness
from latentdim.outcomes.outcomes import outcomes


def test_runs_are_counted_by_status_and_each_trouble_is_told_once(study, fabricated, run_at) -> None:
    plan = study(leave=("synthetic_8 wae_mmd L=16 seed 1",))
    flat = run_at(plan, "wae_mmd", 4, 1)
    values = {"frechet_distance": "no spread", "active": 0}
    fabricated.finish(plan, flat, values, status="collapsed", reason="the count is 0")
    found = completeness(outcomes(plan))
    assert found.counts == {"ok": 6, "collapsed": 1, "missing": 1}
    assert {reason.text: list(reason.where) for reason in found.reasons} == {
        "collapsed: the count is 0": ["synthetic_8 wae_mmd L = 4, seed 1"],
        "not defined: Fréchet distance: no spread": ["synthetic_8 wae_mmd L = 4, seed 1"],
        "missing: not started": ["synthetic_8 wae_mmd L = 16, seed 1"],
    }
    assert found.sentence() == "7 of 8 runs are done; this report is incomplete. Not ok: 1 collapsed, 1 missing."


def test_runs_with_one_reason_are_told_in_one_line(study) -> None:
    leave = tuple(f"synthetic_8 wae_mmd L={dim} seed {seed}" for dim in (8, 16) for seed in (0, 1))
    (reason,) = completeness(outcomes(study(leave=leave))).reasons
    assert reason.sentence == "missing: not started (synthetic_8 wae_mmd L = 8, 16, seeds 0, 1)."


def test_reasons_that_differ_in_numbers_alone_stand_together(study, fabricated, run_at) -> None:
    plan = study()
    for dim, share in ((4, "-7.07"), (8, "-1.2e-05")):
        reason = f"reconstructions explain {share}% of the variance"
        fabricated.finish(plan, run_at(plan, "wae_mmd", dim), {"active": 0}, status="collapsed", reason=reason)
    (reason,) = [reason for reason in completeness(outcomes(plan)).reasons if "explain" in reason.text]
    assert reason.text.startswith(
        "collapsed: reconstructions explain -7.07% of the variance (the numbers are the first"
    )
    assert reason.where == ("synthetic_8 wae_mmd L = 4, 8, seed 0",)
