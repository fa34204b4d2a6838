"""A reference is read with its digits, or refused with file and line; every row of one maps to its study's grid."""

from __future__ import annotations

from pathlib import Path

import pytest

from latentdim.cli.main import main
from latentdim.papers.comparison import Comparison
from latentdim.papers.mapping import checked_reference
from latentdim.papers.reference import Subject, read_reference, reference_path
from latentdim.system.problems import InputError
from latentdim.tables.values import Values

NUMBER = {
    "table": "T1", "row": "VAE", "column": "MSE", "dataset": "digits", "label": "vae", "dim": 8, "unit": "1",
    "metric": "mse_per_pixel", "mean": "0.050", "std": "0.002", "n_seeds": 5, "decimals": 3,
}  # fmt: skip
LAYER = NUMBER | {"metric": "parameters encoder.1", "mean": "392,500", "std": "", "decimals": 0}


def told(paper, *rows) -> list[str]:
    plan = paper(list(rows), exhibits=[])
    with pytest.raises(InputError) as refused:
        checked_reference(plan)
    assert refused.value.title == str(reference_path(plan.path))
    return refused.value.problems


def test_numbers_keep_their_digits(paper) -> None:
    plan = paper()
    rows = checked_reference(plan)
    assert [row.text for row in rows][:6] == [
        "8",
        "0.050 ± 0.002",
        "5.80 ± 0.40",
        "0.040 ± 0.002",
        "NA",
        "0.060 ± 0.002",
    ]
    assert (rows[1].line, rows[1].value, rows[1].deviation, rows[1].n_seeds) == (3, 0.05, 0.002, 5)
    assert rows[4].value is None
    assert [row.subject for row in rows[6:8]] == [Subject.RUNS, Subject.DATASET]


def test_thousands_and_minus_signs_are_read(paper) -> None:
    plan = paper([LAYER, NUMBER | {"column": "x", "mean": "−196.05", "std": "", "decimals": 2}], exhibits=[])
    assert [row.value for row in checked_reference(plan)] == [392500.0, -196.05]


def test_a_stand_in_is_named_by_the_coordinates_and_keeps_the_place_in_print(paper) -> None:
    path = reference_path(paper([NUMBER], exhibits=[]).path)
    (printed,), (instead,) = read_reference(path), read_reference(path, {"digits": "drawn", "others": "drawn too"})
    assert (printed.dataset, instead.dataset, instead.place) == ("digits", "drawn", printed.place)


def test_the_number_of_factors_is_a_datasets(paper) -> None:
    row = NUMBER | {
        "dataset": "drawn",
        "label": "",
        "dim": "",
        "metric": "n_factors",
        "mean": "6",
        "std": "",
        "decimals": 0,
    }
    grid = [{"datasets": ["drawn"], "methods": {"vae": None}, "dims": [2]}]
    plan = paper([row], exhibits=[], datasets={"drawn": {"kind": "dsprites_rendered"}}, grid=grid, metrics=["active"])
    (printed,) = checked_reference(plan)
    compared = Comparison(plan, Values(plan, ())).of(printed)
    assert (printed.subject, compared.ours and compared.ours.mean) == (Subject.DATASET, 5)  # its colour doesn't vary
    assert str(compared.judgement) == "differs"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"dataset": "digit"}, "dataset = 'digit': not a dataset of this study's grid; did you mean 'digits'?"),
        ({"label": "vea"}, "label = 'vea': not a row label of this study's grid; did you mean 'vae'?"),
        ({"dataset": "synthetic_8", "label": "ae"}, "label = 'ae': the grid has no run of it on 'synthetic_8'"),
        ({"dim": 9}, "dim = 9: 'vae' on 'digits' has the dimensions 8"),
        ({"dim": ""}, "dim = nothing: 'vae' on 'digits' has the dimensions 8"),
        ({"dim": "8.5"}, "dim = '8.5': must be a whole number, at least 1, or empty"),
        ({"metric": "mse"}, "metric = 'mse': not a metric; did you mean 'mse_per_pixel'?"),
        ({"metric": "mig"}, "metric = 'mig': the study doesn't ask for it of 'vae' on 'digits'"),
        ({"metric": ""}, "metric: must not be empty"),
        ({"axes": "some"}, "axes = 'some': not a choice of axes"),
        ({"axes": "active"}, "axes = 'active': 'vae' on 'digits' has 'mse_per_pixel' on all axes"),
        ({"unit": ""}, "unit: must not be empty; a ratio or a share has the unit 1"),
        ({"unit": "s"}, "unit = 's': 'mse_per_pixel' is printed in '1' or 'squared units of [−1, 1]' or"),
        ({"mean": "0.05O"}, "mean = '0.05O': not a number"),
        ({"std": "nan"}, "std = 'nan': not a number"),
        ({"mean": ""}, "std = '0.002': stands without a mean"),
        ({"mean": "", "std": ""}, "mean: is empty; the note must say what the paper prints instead"),
        ({"decimals": 2}, "decimals = '2': 0.050 has 3 after the point"),
        ({"mark": "bets"}, "mark = 'bets': must be best or second, or empty; did you mean 'best'?"),
        ({"metric": "true_dim"}, "label, dim: must be empty, since it is a dataset's"),
        ({"metric": "parameters head"}, "metric = 'parameters head': a layer is named as in 'parameters encoder.1'"),
    ],
)
def test_a_mistake_is_told_with_its_line(paper, change, problem) -> None:
    (sentence,) = {one for one in told(paper, NUMBER | {"column": "first"}, NUMBER | change) if problem in one}
    assert sentence.startswith(f"line 3: {problem}")


def test_all_mistakes_of_a_file_are_told_at_once_in_its_order(paper) -> None:
    rows = [NUMBER | {"column": "first", "label": "vea"}, NUMBER | {"unit": ""}, NUMBER | {"column": "c", "dim": 9}]
    sentences = told(paper, *rows)
    assert [one.partition(": ")[0] for one in sentences] == ["line 2", "line 3", "line 4"]
    assert [one.split(" = ")[0].split(": ")[1] for one in sentences] == ["label", "unit", "dim"]


def test_a_layer_that_a_listed_network_lacks_is_refused(paper) -> None:
    listed = {"networks": [{"dataset": "digits", "label": "vae", "dim": 8}], "table": "T1"}
    plan = paper([LAYER | {"metric": "parameters encoder.99"}],
                 exhibits=[{"kind": "architecture", "name": "layers", "options": listed}])  # fmt: skip
    with pytest.raises(InputError, match=r"line 2: metric = 'parameters encoder.99': this network has none"):
        checked_reference(plan)


def test_two_numbers_in_one_place_are_refused(paper) -> None:
    assert told(paper, NUMBER, NUMBER) == [
        "line 3: stands in the same place of the table as line 2 (T1 /  / VAE /  / MSE)"
    ]


def test_a_metric_on_several_axes_has_to_be_told(paper) -> None:
    both = [{"name": "mse_per_pixel", "axes": axes} for axes in ("all", "active")]
    plan = paper([NUMBER], exhibits=[], metrics=both)
    with pytest.raises(
        InputError, match=r"line 2: axes: .* on several choices of axes \(all, active\); name one of them"
    ):
        checked_reference(plan)


def test_the_columns_are_fixed(tmp_path: Path) -> None:
    path = tmp_path / "reference.csv"
    path.write_text("table,row\nT1,VAE\n")
    with pytest.raises(InputError, match="line 1: the columns must be table,row_group,row,"):
        read_reference(path)


def test_a_claim_that_is_not_there_is_refused(paper) -> None:
    row = NUMBER | {"metric": "claim u_shape", "label": "", "dim": ""}
    plan = paper([row], exhibits=[])
    plan.path.with_name("claims.yaml").write_text("- {id: u_shaped}\n")
    with pytest.raises(
        InputError,
        match=r"line 2: metric = .claim u_shape.: claims\.yaml has no claim .u_shape.; did you mean .u_shaped",
    ):
        checked_reference(plan)


def test_the_command_tells_file_and_line(paper, capsys) -> None:
    plan = paper([NUMBER | {"label": "vea"}], exhibits=[])
    assert main(["check", str(plan.path), "--results", str(plan.results)]) == 2
    assert f"{reference_path(plan.path)} has 1 problem:\n  line 2: label = 'vea'" in capsys.readouterr().err


def test_an_exhibit_of_an_unknown_table_is_refused_with_its_line(paper, capsys) -> None:
    table = {"kind": "paper_table", "name": "table_1", "options": {"table": "T2"}}
    plan = paper([NUMBER], exhibits=[table])
    assert main(["check", str(plan.path), "--results", str(plan.results)]) == 2
    refusal = capsys.readouterr().err
    assert "line 1: exhibits.0.options.table = 'T2': reference.csv has no such table; did you mean 'T1'?" in refusal
