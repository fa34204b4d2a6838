"""A mistake in claims.yaml is told with its line before anything runs."""

import pytest
import yaml

from latentdim.claims import columns
from latentdim.claims.file import read_claims
from latentdim.cli.main import main
from latentdim.system.problems import InputError

CHECK = {
    "kind": "minimum_near", "metric": "frechet_distance", "datasets": ["synthetic_8"], "labels": ["vae"],
    "near": [6, 10],
}  # fmt: skip
PROTOCOL = {"name": "tiny", "training": {"network": {"name": "mlp", "hidden": [16]}, "batch_size": 50, "steps": 300}}
CLAIM = {"id": "lowest", "source": "A paper, Fig. 1", "text": "It is lowest at 8.", "check": CHECK}
GRID = [
    {"datasets": ["synthetic_8"], "methods": {"vae": None, "wae_mmd": None}, "dims": [4, 8], "seeds": 2},
    {"datasets": ["digits"], "methods": {"vae": None}, "dims": [16], "metrics": ["active"]},
]


@pytest.fixture
def plan_with(fabricated):
    """A function that plans a study with these claims beside it."""

    def make(claims, **study):
        plan = fabricated.plan(**({"grid": GRID} | study))
        (plan.path.parent / "claims.yaml").write_text(yaml.safe_dump(claims, sort_keys=False))
        return plan

    return make


def test_claims_are_read_in_the_files_order(plan_with) -> None:
    claims = read_claims(plan_with([CLAIM, CLAIM | {"id": "again", "note": "ours"}]))
    assert [(one.entry.id, one.entry.note, one.check.kind) for one in claims] == [
        ("lowest", "", "minimum_near"),
        ("again", "ours", "minimum_near"),
    ]


def test_a_study_without_the_file_has_no_claims(fabricated) -> None:
    assert read_claims(fabricated.plan(grid=GRID)) == []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"kind": "minimum_ner"}, "line 5: 0.check.kind = 'minimum_ner': not a kind of check; did you mean 'min"),
        ({"kind": None}, "line 4: 0.check.kind: this key is required (known: "),
        ({"datasets": ["synthetic_9"]}, "line 8: 0.check.datasets.0 = 'synthetic_9': not a dataset of this study's"),
        ({"datasets": [["synthetic_8", "shapes"]]}, "line 8: 0.check.datasets.0 = 'shapes': not a dataset"),
        ({"labels": ["wae"]}, "line 10: 0.check.labels.0 = 'wae': not a row label of the grid on 'synthetic_8'"),
        ({"dims": [8, 9]}, "0.check.dims.1 = 9: the grid has no run of 'vae' on 'synthetic_8' so large (only 4, 8)"),
        ({"metric": "frechet"}, "line 6: 0.check.metric = 'frechet': not a metric; did you mean 'frechet_"),
        ({"metric": "nac"}, "line 6: 0.check.metric: 'nac' isn't asked for of 'vae' on 'synthetic_8'"),
        ({"axes": "jacobian"}, "line 6: 0.check.metric: 'frechet_distance' isn't asked for on jacobian axes of 'vae'"),
        ({"near": [6]}, "line 11: 0.check.near.1"),
        ({"far": 3}, "0.check.far: unknown key"),
    ],
)  # fmt: skip
def test_a_mistaken_check_is_refused_with_its_line(plan_with, changes, sentence) -> None:
    check = {key: value for key, value in (CHECK | changes).items() if value is not None}
    with pytest.raises(InputError) as refused:
        read_claims(plan_with([CLAIM | {"check": check}]))
    assert len(refused.value.problems) == 1
    assert sentence in refused.value.problems[0]


@pytest.mark.parametrize(
    ("claims", "sentence"),
    [
        ([{key: CLAIM[key] for key in ("id", "text", "check")}], "line 1: 0.source: this key is required"),
        ([CLAIM | {"source": " "}], "line 2: 0.source"),
        ([CLAIM, dict(CLAIM)], "line 14: 1.id = 'lowest': claim 1 of the file has this id; choose another"),
        ([CLAIM | {"id": "It's lowest"}], "line 1: 0.id"),
        ({"claims": []}, "must be a list of claims"),
    ],
)
def test_a_mistaken_claim_is_refused_with_its_line(plan_with, claims, sentence) -> None:
    with pytest.raises(InputError) as refused:
        read_claims(plan_with(claims))
    assert sentence in refused.value.problems[0]


def test_one_name_among_several_has_to_be_there(plan_with) -> None:
    check = CHECK | {"metric": ["fid", "frechet_distance"], "datasets": [["synthetic_16", "synthetic_8"]]}
    assert len(read_claims(plan_with([CLAIM | {"check": check}]))) == 1


def test_several_choices_of_axes_need_a_name(plan_with) -> None:
    both = [{"name": "frechet_distance", "axes": axes} for axes in ("all", "active")]
    with pytest.raises(InputError, match=r"has several choices of axes \(all, active\); name one"):
        read_claims(plan_with([CLAIM], metrics=both))
    assert len(read_claims(plan_with([CLAIM | {"check": CHECK | {"axes": "all"}}], metrics=both))) == 1


def test_a_search_that_the_grid_lacks_is_refused(plan_with) -> None:
    than = {"label": "vae", "search": "linear"}
    check = {"kind": "cheaper", "datasets": ["synthetic_8"], "first": {"label": "vae"}, "than": than}
    with pytest.raises(InputError, match=r"0\.check\.than\.label: 'vae' on 'synthetic_8' has no linear search, none"):
        read_claims(plan_with([CLAIM | {"check": check}]))


SETTLES = {"kind": "settles", "datasets": ["synthetic_8"], "labels": ["vae"], "after": 5, "tolerance": 0}
EVENTS = {
    "kind": "coincides", "datasets": ["synthetic_8"], "labels": ["vae"], "earliest": 0, "latest": 5,
    "first": {"what": "lowest", "column": "kl"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("check", "sentence"),
    [
        (SETTLES | {"column": "reconstrution"}, "0.check.column = 'reconstrution': no column of the histories of 'vae' "
         "on 'synthetic_8'; did you mean 'reconstruction'?"),
        (SETTLES | {"column": "wasserstein"}, "0.check.column = 'wasserstein': no column of the histories of 'vae'"),
        (SETTLES | {"column": "frechet_distance"}, "0.check.column = 'frechet_distance': no column"),
        (EVENTS | {"second": {"what": "lowest", "column": "kll"}}, "0.check.second.column = 'kll': no column"),
        ({"kind": "apart", "datasets": ["synthetic_8"], "labels": ["vae"], "column": "kl", "than": "variance_min",
          "factor": 2}, "0.check.than = 'variance_min': no column"),
        ({"kind": "settles_later", "datasets": ["synthetic_8"], "label": "vae", "than": "wae_mmd", "column": "kl"},
         "0.check.column = 'kl': no column of the histories of 'wae_mmd'"),
    ],
)  # fmt: skip
def test_a_column_that_no_history_has_is_refused(plan_with, check, sentence) -> None:
    with pytest.raises(InputError) as refused:
        read_claims(plan_with([CLAIM | {"check": check}]))
    assert sentence in refused.value.problems[0]


def test_numbered_columns_and_measured_metrics_are_columns(plan_with) -> None:
    grid = [{"datasets": ["synthetic_8"], "methods": {"maskaae": None}, "dims": [4]}]
    protocol = PROTOCOL | {"evaluation": {"evaluate_every": 1}}
    for column in ("mask_11", "frechet_distance", "loss"):
        check = SETTLES | {"labels": ["maskaae"], "column": column}
        assert read_claims(plan_with([CLAIM | {"check": check}], grid=grid, protocol=protocol))


def test_a_method_that_is_not_listed_may_have_any_column(plan_with, monkeypatch) -> None:
    monkeypatch.setattr(columns, "OF_METHOD", {})
    assert read_claims(plan_with([CLAIM | {"check": SETTLES | {"column": "anything"}}]))


def test_check_refuses_a_study_for_its_claims(plan_with, capsys) -> None:
    plan = plan_with([CLAIM | {"check": CHECK | {"labels": ["wae"]}}])
    assert main(["check", str(plan.path), "--results", str(plan.results)]) == 2
    assert "claims.yaml has 1 problem:" in capsys.readouterr().err
