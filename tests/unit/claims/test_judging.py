"""Ends of whole claims, below the papers' scale and with stand-ins, and claims.json."""

import json

import pytest
import yaml

from latentdim.claims.ends import End, together
from latentdim.claims.judging import content, counts, judged_claims
from latentdim.outcomes.outcomes import outcomes
from latentdim.plan.expand import plan_study

CHECK = {
    "kind": "minimum_near", "metric": "frechet_distance", "datasets": ["synthetic_8"], "labels": ["vae"],
    "near": [6, 10],
}  # fmt: skip
U = {4: 6.0, 8: 1.0, 16: 2.0}


@pytest.fixture
def judged(fabricated):
    """A function that judges checks over a U-shaped curve with its minimum at 8."""

    def make(*checks, metrics=("frechet_distance",), **study):
        grid = [{"datasets": ["synthetic_8"], "methods": {"vae": None}, "dims": [4, 8, 16], "seeds": 2}]
        plan = fabricated.plan(**{"grid": grid, "metrics": list(metrics), "scale": "paper"} | study)
        claims = [
            {"id": f"claim_{index}", "source": "A paper", "text": "Something.", "check": check}
            for index, check in enumerate(checks)
        ]
        (plan.path.parent / "claims.yaml").write_text(yaml.safe_dump(claims))
        for run in plan.runs:
            fabricated.finish(plan, run, {"frechet_distance": U[run.dim] + run.seed / 10})
        return plan, judged_claims(plan, outcomes(plan))

    return make


@pytest.mark.parametrize(
    ("scale", "near", "end"),
    [
        ("paper", [6, 10], "holds"), ("paper", [2, 4], "fails"), ("reduced", [6, 10], "holds at reduced scale"),
        ("reduced", [2, 4], "fails at reduced scale"),
    ],
)  # fmt: skip
def test_an_end_tells_its_scale(judged, scale, near, end) -> None:
    _, (claim,) = judged(CHECK | {"near": near}, scale=scale)
    assert claim.end == end


def test_what_is_undecided_has_no_scale(judged) -> None:
    _, (claim,) = judged(CHECK | {"dims": [4, 8]}, scale="reduced")
    assert claim.end == "undecided"


def test_another_metric_than_the_papers_is_told(judged) -> None:
    check = CHECK | {"metric": ["frechet_pixels_pca", "frechet_distance"]}
    _, (claim,) = judged(check)
    assert (claim.end, claim.rows[0].value) == ("holds", "frechet_distance")
    assert claim.notes == ["in another measure than the paper's: frechet_distance in place of frechet_pixels_pca"]


def test_other_data_than_the_papers_are_told(judged) -> None:
    _, (claim,) = judged(CHECK | {"datasets": [["mnist", "synthetic_8"]]})
    assert (claim.end, claim.rows[0].where) == ("holds", "vae on synthetic_8")
    assert claim.notes == ["on a stand-in for the paper's data: synthetic_8 in place of mnist"]


def test_claims_json_holds_ends_rules_and_points(judged) -> None:
    plan, claims = judged(CHECK, CHECK | {"near": [2, 4]})
    written = json.loads(json.dumps(content(plan, claims)))
    assert written["counts"] == {"holds": 1, "fails": 1} == counts(claims)
    (first, _), (row,) = written["claims"], written["claims"][0]["rows"]
    assert (first["id"], first["kind"], first["check"]["near"]) == ("claim_0", "minimum_near", [6, 10])
    assert first["rule"].startswith("The curve is lowest at a latent dimension in ``near``.")
    assert row["says"] == "lowest at L = 8: 1.05 ± 0.05 (n = 2); claimed: L = 6 to 10"
    assert row["series"]["vae"][1] == {"name": "L = 8", "place": 8, "values": [1.0, 1.1], "spread": pytest.approx(0.05)}


@pytest.mark.parametrize(
    ("ends", "all_of_them", "most"),
    [
        (["holds", "holds", "holds"], "holds", "holds"),
        (["holds", "holds", "undecided"], "undecided", "holds"),
        (["holds", "holds", "fails"], "fails", "holds"),
        (["holds", "fails", "fails"], "fails", "fails"),
        (["holds", "fails", "undecided"], "fails", "undecided"),
        (["holds", "fails"], "fails", "fails"),  # half of them aren't most
        (["holds", "not run", "not run"], "undecided", "undecided"),
        (["not run", "not run"], "not run", "not run"),
    ],
)
def test_rows_make_one_end(ends, all_of_them, most) -> None:
    found = [End(end) for end in ends]
    assert (together(found), together(found, "most")) == (all_of_them, most)


def test_a_dataset_that_the_scale_has_a_stand_in_for_needs_no_list(fabricated) -> None:
    grid = [{"datasets": ["synthetic_16"], "methods": {"vae": None}, "dims": [4, 8, 16], "seeds": 2}]
    scales = {"reduced": {"length": 1.0, "stand_ins": {"synthetic_16": "synthetic_8"}}}
    plan = fabricated.plan(grid=grid, scale="paper", scales=scales)
    claim = {"id": "lowest", "source": "A paper", "text": "Something.", "check": CHECK | {"datasets": ["synthetic_16"]}}
    (plan.path.parent / "claims.yaml").write_text(yaml.safe_dump([claim]))
    reduced = plan_study(f"{plan.path}@reduced", results=plan.results)
    for run in reduced.runs:
        fabricated.finish(reduced, run, {"frechet_distance": U[run.dim] + run.seed / 10, "active": 4})
    (judged_one,) = judged_claims(reduced, outcomes(reduced))
    assert (judged_one.end, judged_one.rows[0].where) == ("holds at reduced scale", "vae on synthetic_8")
    assert judged_one.notes == ["on a stand-in for the paper's data: synthetic_8 in place of synthetic_16"]
