"""Where the numbers come from."""

import pytest

from latentdim.outcomes.outcomes import outcomes
from latentdim.report.build import build_report
from latentdim.report.provenance import duration, provenance
from latentdim.system.files import read_json, write_json


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.25, "0.2 s"), (12.5, "12 s"), (59.6, "1 min 0 s"), (725, "12 min 5 s"), (12_000, "3 h 20 min")],
)
def test_durations_are_told_in_units_that_fit(seconds, text) -> None:
    assert duration(seconds) == text


def test_times_add_up_over_the_records(study) -> None:
    plan = study(leave=("synthetic_8 wae_mmd L=16 seed 1",))
    origin = provenance(plan, outcomes(plan))
    assert origin.times["training"] == "1 min 28 s over 7 runs"  # 7 × 12.5 s
    assert origin.times["runs altogether"] == "1 min 45 s over 7 runs"
    assert "measuring" not in origin.times
    assert origin.times["runs made"] == "2027-01-15"


def test_records_from_two_machines_are_told_apart(study, fabricated, run_at) -> None:
    plan = study()
    elsewhere = {"device": {"kind": "cuda", "name": "A card", "threads": 1}, "notes": ["on the other one"]}
    fabricated.finish(plan, run_at(plan, "wae_mmd", 16, 1), {"frechet_distance": 1.0, "active": 9}, **elsewhere)
    origin = provenance(plan, outcomes(plan))
    assert origin.environment["device"] == {"cpu A processor": 7, "cuda A card": 1}
    assert origin.notes == {"on the other one": 1}


def test_data_are_named_with_digest_licence_and_size(study) -> None:
    plan = study()
    (data,) = provenance(plan, outcomes(plan)).data
    assert (data.name, data.digests, data.true_dim) == ("synthetic_8", ("d1" * 32,), 8)
    assert data.facts == "8,000 training and 2,000 test examples of 128"


def test_a_study_without_records_has_its_references_all_the_same(study, fabricated) -> None:
    plan = fabricated.plan(grid=[{"datasets": ["synthetic_8"], "methods": {"vae": None}, "dims": [4]}])
    origin = provenance(plan, outcomes(plan))
    assert (origin.environment, origin.newest) == ({}, "")
    assert [name for name, _ in origin.references] == ["VAE", "Fréchet distance", "ACTIVE"]


def test_those_whom_the_prepared_data_credit_are_named_in_both_reports(study, fabricated) -> None:
    plan = study()
    fabricated.prepared(plan, "synthetic_8")
    assert provenance(plan, outcomes(plan)).data[0].credits == ""
    described = plan.datasets["synthetic_8"].folder(plan.results) / "data.json"
    write_json(described, read_json(described) | {"credits": "drawn by A & B"})
    assert provenance(plan, outcomes(plan)).data[0].credits == "drawn by A & B"
    build_report(plan, fabricated.reports)
    assert "<dt>credits</dt><dd>drawn by A &amp; B</dd>" in (fabricated.reports / "demo/index.html").read_text()
    assert "; none (generated); drawn by A & B" in (fabricated.reports / "demo/index.md").read_text()
