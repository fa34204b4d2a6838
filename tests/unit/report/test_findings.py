"""Findings are worked out from the values, and say so when they don't fit the expectation."""

from latentdim.outcomes.long_table import long_table
from latentdim.report.findings import findings


def told(plan) -> dict[str, tuple[str, ...]]:
    return {finding.who: finding.sentences for finding in findings(plan, long_table(plan))}


def test_the_lowest_mean_is_found_with_the_next_best(study) -> None:
    found = told(study())
    assert found["WAE-MMD on synthetic_8"][0] == (
        "Over 3 sizes, Fréchet distance is lowest at L = 8, the true dimension: 1.25 ± 0.25 (n = 2). "
        "The next best is L = 4 with 5.25 ± 0.25 (n = 2)."
    )


def test_a_minimum_elsewhere_is_told_as_it_is(study, fabricated, run_at) -> None:
    plan = study()
    for seed in (0, 1):
        fabricated.measure(plan, run_at(plan, "wae_mmd", 16, seed), "frechet_distance", 0.25)
    text = told(plan)["WAE-MMD on synthetic_8"][0]
    assert "is lowest at L = 16 (the true dimension is 8): 0.25 ± 0 (n = 2)." in text


def test_a_minimum_over_two_sizes_is_not_worth_telling(study) -> None:
    leave = tuple(f"synthetic_8 wae_mmd L=16 seed {seed}" for seed in (0, 1))
    assert "WAE-MMD on synthetic_8" not in told(study(leave=leave))


def test_sizes_without_a_value_are_counted(fabricated) -> None:
    plan = fabricated.plan(grid=[{"datasets": ["synthetic_8"], "methods": {"vae": None}, "dims": [2, 4, 8, 16]}])
    for run in plan.runs[:3]:
        fabricated.finish(plan, run, {"frechet_distance": 16 / run.dim, "active": run.dim})
    assert told(plan)["VAE on synthetic_8"][0].startswith("Over the 3 of 4 sizes with a value, Fréchet distance is low")


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
