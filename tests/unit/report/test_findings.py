"""Findings are worked out from the values, and say so when they don't fit the expectation."""

from latentdim.outcomes.groups import groups
from latentdim.outcomes.outcomes import outcomes
from latentdim.report.findings import findings


def told(plan) -> dict[str, tuple[str, ...]]:
    return {finding.who: finding.sentences for finding in findings(plan, groups(outcomes(plan)))}


def test_the_lowest_mean_is_found_with_the_next_best(study) -> None:
    found = told(study())
    assert found["WAE-MMD on synthetic_8"][0] == (
        "Over 3 sizes, Fréchet distance is lowest at L = 8, the true dimension: 1 and 1.5 (n = 2). "
        "The next best is L = 4 with 5 and 5.5 (n = 2)."
    )


def test_a_minimum_elsewhere_is_told_as_it_is(study, fabricated, run_at) -> None:
    plan = study()
    for seed in (0, 1):
        fabricated.measure(plan, run_at(plan, "wae_mmd", 16, seed), "frechet_distance", 0.25)
    text = told(plan)["WAE-MMD on synthetic_8"][0]
    assert "is lowest at L = 16 (the true dimension is 8): 0.25 and 0.25 (n = 2)." in text


def single(fabricated, values, *, spread, floor=None, **changes):
    """What is told of one VAE a size on synthetic_8."""
    grid = [{"datasets": ["synthetic_8"], "methods": {"vae": None}, "dims": list(values)} | changes]
    plan = fabricated.plan(grid=grid)
    for run in plan.runs:
        distance = fabricated.value(values[run.dim], spread=spread, floor=floor)
        fabricated.finish(plan, run, {"frechet_distance": distance, "active": run.dim})
    return told(plan)["VAE on synthetic_8"]


def test_no_minimum_is_named_within_the_noise(fabricated) -> None:
    (text,) = single(fabricated, {4: 28.0, 8: 1.86, 16: 1.84, 24: 2.07}, spread=0.03)
    assert text == (
        "Over 4 sizes, Fréchet distance is lowest at L = 8 and 16, which are alike (the true dimension is 8): 1.86 "
        "(n = 1, ± 0.03 by itself) at L = 8 and 1.84 (n = 1, ± 0.03 by itself) at L = 16. "
        "The next best is L = 24 with 2.07 (n = 1, ± 0.03 by itself)."
    )


def test_values_that_are_all_alike_have_no_lowest(fabricated) -> None:
    (text,) = single(fabricated, {4: 2.0, 8: 1.9, 16: 2.1}, spread=0.2)
    assert "is lowest nowhere: its values can't be told apart (2 (n = 1, ± 0.2 by itself) at L = 4, " in text
    (text,) = single(fabricated, {4: 9.0, 8: 1.9, 16: 5.0}, spread=None)
    assert "is lowest nowhere: its values can't be told apart" in text


def test_the_floor_is_told_with_the_lowest_value(fabricated) -> None:
    (text,) = single(fabricated, {4: 9.0, 8: 1.0, 16: 5.0}, spread=0.1, floor=0.17)
    assert text.endswith("Two halves of the real data are 0.17 apart.")
    (text,) = single(fabricated, {4: 9.0, 8: 0.16, 16: 5.0}, spread=0.01, floor=0.17)
    assert text.endswith("Two halves of the real data are 0.17 apart, which the lowest value doesn't surpass.")


def test_collapsed_and_stale_runs_have_no_minimum(study, fabricated, run_at) -> None:
    plan = study()
    for seed in (0, 1):
        values = {"frechet_distance": 0.01, "active": 0}
        fabricated.finish(plan, run_at(plan, "wae_mmd", 4, seed), values, status="collapsed", reason="no variance")
    assert not any("lowest" in text for text in told(plan).get("WAE-MMD on synthetic_8", ()))


def test_what_the_study_notes_of_its_rows_stands_with_the_finding(fabricated) -> None:
    grid = [{"datasets": ["digits"], "methods": {"ard_vae": None}, "dims": [16], "note": "β is the grid's edge"}]
    plan = fabricated.plan(grid=grid, metrics=["active"])
    fabricated.finish(plan, plan.runs[0], {"active": 12})
    (finding,) = findings(plan, groups(outcomes(plan)))
    assert str(finding) == "ARD-VAE on digits: ACTIVE is 12 of 16. β is the grid's edge."


def test_a_minimum_over_two_sizes_is_not_worth_telling(study) -> None:
    leave = tuple(f"synthetic_8 wae_mmd L=16 seed {seed}" for seed in (0, 1))
    assert "WAE-MMD on synthetic_8" not in told(study(leave=leave))


def test_sizes_without_a_value_are_counted(fabricated) -> None:
    plan = fabricated.plan(grid=[{"datasets": ["synthetic_8"], "methods": {"vae": None}, "dims": [2, 4, 8, 16]}])
    for run in plan.runs[:3]:
        fabricated.finish(
            plan, run, {"frechet_distance": fabricated.value(16 / run.dim, spread=0.1), "active": run.dim}
        )
    assert told(plan)["VAE on synthetic_8"][0].startswith(
        "Over the 3 of 4 sizes with a sound value, Fréchet distance is low"
    )


def test_counts_are_told_for_each_size_that_could_hold_the_true_dimension(study, fabricated, run_at) -> None:
    plan = study()
    found = told(plan)
    assert found["ARD-VAE on synthetic_8"] == ("ACTIVE is 8 of 8 and 9 of 16; the true dimension is 8.",)
    fabricated.measure(plan, run_at(plan, "wae_mmd", 16, 1), "active", 7)
    assert "ACTIVE is 8 of 8 and 7 to 9 of 16; the true dimension is 8." in told(plan)["WAE-MMD on synthetic_8"]


def test_a_method_that_keeps_every_dimension_by_construction_has_no_count_to_tell(study, fabricated) -> None:
    plan = study()
    for run in plan.runs:
        fabricated.measure(plan, run, "active", run.dim)
    assert "ARD-VAE on synthetic_8" not in told(plan)


def test_controls_are_no_findings(fabricated) -> None:
    plan = fabricated.plan(grid=[{"datasets": ["synthetic_8"], "methods": {"pca": None}, "dims": [4, 8, 16]}])
    for run in plan.runs:
        fabricated.finish(plan, run, {"frechet_distance": run.dim, "active": 3})
    assert told(plan) == {}
