"""Runs that collapsed, diverged or hadn't converged limit what a claim ends as, and its evidence tells of them."""

import json

import pytest
import yaml

from latentdim.claims.judging import content, judged_claims
from latentdim.claims.words import short
from latentdim.outcomes.outcomes import outcomes

LOWEST = {
    "kind": "minimum_near", "metric": "frechet_distance", "datasets": ["synthetic_8"], "labels": ["vae"],
}  # fmt: skip
APART = {"kind": "apart", "column": "loss", "than": "kl", "datasets": ["synthetic_8"], "labels": ["vae"]}
U = {4: 6.0, 8: 1.0, 16: 2.0}


@pytest.fixture
def ended(fabricated):
    """A function that judges one check over a U-shaped curve whose run at L = 16, seed 1, is changed."""

    def make(check, *, scale="reduced", status="ok", **record):
        grid = [{"datasets": ["synthetic_8"], "methods": {"vae": None}, "dims": [4, 8, 16], "seeds": 2}]
        plan = fabricated.plan(grid=grid, scale=scale, metrics=["frechet_distance", "train_seconds"])
        claim = {"id": "lowest", "source": "A paper", "text": "Something.", "check": check}
        (plan.path.parent / "claims.yaml").write_text(yaml.safe_dump([claim]))
        for run in plan.runs:
            changed = {"status": status, **record} if (run.dim, run.seed) == (16, 1) else {}
            values = {"frechet_distance": U[run.dim] + run.seed / 10, "train_seconds": float(run.dim + run.seed)}
            fabricated.finish(plan, run, {} if changed.get("status") == "diverged" else values, **changed)
            columns = {"epoch": [1.0, 2.0], "loss": [4.0, 2.0], "kl": [1.0, 1.0]}
            fabricated.history(plan, run, columns)
        (judged,) = judged_claims(plan, outcomes(plan))
        return plan, judged

    return make


@pytest.mark.parametrize("check", [LOWEST | {"near": [6, 10]}, LOWEST | {"near": [2, 4]}, APART | {"factor": 2},
                                   APART | {"factor": 3}])  # fmt: skip
@pytest.mark.parametrize("late", [0.011, None])
def test_below_the_papers_scale_an_unconverged_training_decides_nothing(ended, check, late) -> None:
    _, judged = ended(check, late_improvement=late)
    assert judged.end == "undecided"
    told = "not converged" if late else "not known to have converged"
    assert judged.rows[0].caveats == {told: ("L = 16",)}


@pytest.mark.parametrize(
    ("changes", "end"),
    [
        ({"late_improvement": 0.01}, "holds at reduced scale"),
        ({"late_improvement": -0.2}, "holds at reduced scale"),  # it rose, which is no improvement
        ({"late_improvement": 0.5, "scale": "paper"}, "holds"),
    ],
)
def test_a_converged_training_decides_and_one_as_long_as_the_papers(ended, changes, end) -> None:
    _, judged = ended(LOWEST | {"near": [6, 10]}, **changes)
    assert judged.end == end
    told = {"not converged, though trained as long as the paper's": ("L = 16",)} if end == "holds" else {}
    assert judged.rows[0].caveats == told


def test_what_was_worked_out_in_closed_form_needs_no_convergence(ended) -> None:
    timing = {"started": 1.8e9, "train_seconds": 0.1, "total_seconds": 0.2, "steps": 0}
    assert ended(LOWEST | {"near": [6, 10]}, late_improvement=None, timing=timing)[1].end == "holds at reduced scale"


def test_costs_need_no_convergence(ended) -> None:
    grows = {"kind": "grows", "metric": "train_seconds", "datasets": ["synthetic_8"], "labels": ["vae"]}
    cheaper = {"kind": "cheaper", "datasets": ["synthetic_8"], "unit": "trainings", "times": 2,
               "first": {"label": "vae", "dims": [16]}, "than": {"label": "vae", "dims": [4, 8]}}  # fmt: skip
    for check in (grows, cheaper):
        _, judged = ended(check, late_improvement=None)
        assert (judged.end, judged.rows[0].caveats) == ("holds at reduced scale", {})


@pytest.mark.parametrize("status", ["collapsed", "diverged"])
@pytest.mark.parametrize(
    ("check", "end"),
    [
        (LOWEST | {"near": [6, 10]}, "undecided"), (LOWEST | {"near": [2, 4]}, "fails at reduced scale"),
        (APART | {"factor": 2}, "undecided"), (APART | {"factor": 3}, "fails at reduced scale"),
    ],
)  # fmt: skip
def test_what_collapsed_or_diverged_denies_but_does_not_uphold(ended, status, check, end) -> None:
    _, judged = ended(check, status=status)
    assert (judged.end, judged.rows[0].caveats) == (end, {status: ("L = 16",)})


@pytest.mark.parametrize("check", [LOWEST | {"near": [6, 10]}, APART | {"factor": 2}])
def test_a_collapse_upholds_a_claim_about_failing(ended, check) -> None:
    assert ended(check | {"collapse_counts": True}, status="collapsed")[1].end == "holds at reduced scale"


def test_the_evidence_tells_of_the_runs_and_why_it_is_undecided(ended) -> None:
    plan, judged = ended(LOWEST | {"near": [6, 10]}, status="collapsed")
    (row,) = json.loads(json.dumps(content(plan, [judged])))["claims"][0]["rows"]
    assert row["caveats"] == {"collapsed": ["L = 16"]}
    assert row["says"].endswith("; undecided, since a run that collapsed or diverged can't uphold a claim")
    assert short(judged.rows[0]).endswith("; collapsed: L = 16")
    _, judged = ended(APART | {"factor": 2}, late_improvement=0.02)
    why = "2 against 1; a training that isn't known to have converged decides nothing"
    assert judged.rows[0].silent == (f"L = 16, seed 1 ({why})",)


def test_a_page_names_a_few_places_and_claims_json_all(planned, rows) -> None:
    table = {"vae": {dim: [None, None] for dim in (4, 5, 6, 7, 9, 10)} | {8: [1.0, 1.1]}}
    (row,) = rows(planned(table), LOWEST | {"near": [6, 10]})
    assert len(row.silent) == 6
    assert short(row).endswith("nothing from L = 4 (missing), L = 5 (missing), L = 6 (missing) and 3 more")
