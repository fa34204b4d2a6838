"""Claims about columns of histories end as known columns say."""

import numpy as np
import pytest

COMMON = {"datasets": ["synthetic_8"], "labels": ["vae"]}


SAYS = {
    (5, 10, 38, 39): "ae settles in epoch 5, 10; vae hasn't settled by the end of 2 trainings",
    (20, 5, 10): "ae settles in epoch 20; vae settles in epoch 5, 10",
}


def falling(to: int, *, length: int = 40) -> list[float]:
    """A count that falls by one each epoch until it is 5 in epoch ``to``, and stays."""
    return [float(max(5, 5 + to - epoch)) for epoch in range(1, length + 1)]


@pytest.mark.parametrize(
    ("settled", "keys", "end"),
    [
        ([20, 22], {"after": 25, "tolerance": 0}, "holds"),
        ([28, 30], {"after": 25, "tolerance": 0}, "fails"),
        ([20, 30], {"after": 25, "tolerance": 0}, "undecided"),
        ([28, 30], {"after": 25, "tolerance": 5}, "holds"),
        ([28, 30], {"after": 25, "relative": 1.0}, "holds"),
        ([20], {"after": 25, "tolerance": 0}, "undecided"),
        ([20, 22], {"after": 35, "tolerance": 0}, "undecided"),  # 40 epochs say little about what follows the 35th
        ([20, 22], {"after": 25, "tolerance": 0, "near": 5}, "holds"),
        ([20, 22], {"after": 25, "tolerance": 0, "near": 6}, "fails"),
    ],
)
def test_a_column_settles_by_an_epoch(traced, rows, settled, keys, end) -> None:
    plan = traced(*({"present_dim": falling(at)} for at in settled))
    (row,) = rows(plan, {"kind": "settles", "column": "present_dim"} | COMMON | keys)
    assert str(row.end) == end


@pytest.mark.parametrize(("distance_settles", "end"), [(15, "holds"), (30, "fails")])
def test_a_column_settles_once_another_has(traced, rows, distance_settles, end) -> None:
    distances = [value - 5.0 for value in falling(distance_settles)]
    plan = traced(*[{"active": falling(20), "wasserstein": distances}] * 2)
    check = {"kind": "settles", "column": "wasserstein", "once": "active", "near": 0, "tolerance": 0.1}
    (row,) = rows(plan, check | COMMON)
    assert str(row.end) == end


def test_runs_without_a_history_are_not_run_and_lacking_columns_decide_nothing(planned, traced, rows) -> None:
    check = {"kind": "settles", "column": "present_dim", "after": 5, "tolerance": 0} | COMMON
    (row,) = rows(planned({"vae": {8: [None, None]}}), check)
    assert str(row.end) == "not run"
    plan = traced({"present_dim": falling(3)}, {"present_dim": falling(3)}, {"loss": falling(3)})
    (row,) = rows(plan, check)
    assert str(row.end) == "undecided"
    assert row.silent == ("L = 8, seed 2 (its history has no column present_dim)",)


@pytest.mark.parametrize(
    ("rise", "keys", "end"),
    [(0.0, {}, "holds"), (0.5, {}, "fails"), (0.0, {"epochs": 100}, "undecided"), (0.5, {"relative": 0.6}, "holds")],
)
def test_a_loss_does_not_rise_again(traced, rows, rise, keys, end) -> None:
    epochs = np.arange(40)
    loss = (1.0 + np.exp(-epochs / 4) + rise * np.maximum(epochs - 20, 0) / 20).tolist()
    (row,) = rows(traced({"validation_loss": loss}, {"validation_loss": loss}),
                  {"kind": "stays_lowest", "column": "validation_loss"} | COMMON | keys)  # fmt: skip
    assert str(row.end) == end


@pytest.mark.parametrize(
    ("smallest", "end"), [([0.01, 0.02], "holds"), ([0.5, 0.6], "fails"), ([0.01, 0.5], "undecided")]
)
def test_two_columns_lie_apart(traced, rows, smallest, end) -> None:
    plan = traced(*({"variance_max": [1.0, 2.0], "variance_min": [1.0, least]} for least in smallest))
    check = {"kind": "apart", "column": "variance_max", "than": "variance_min", "factor": 10} | COMMON
    (row,) = rows(plan, check)
    assert str(row.end) == end
    (short,) = rows(plan, check | {"epochs": 3})
    assert str(short.end) == "undecided"
    assert short.silent[0] == "L = 8, seed 0 (trained for 2 epochs only)"


@pytest.mark.parametrize(
    ("slow", "fast", "end"),
    [
        ([20, 25], [5, 10], "holds"), ([5, 10], [20, 25], "fails"), ([5, 20], [10, 15], "undecided"),
        ([20], [5, 10], "undecided"), ([], [5, 10], "not run"), ([37, 39], [5, 10], "holds"),
        ([37, 39], [38, 39], "undecided"), ([5, 10], [38, 39], "fails"),
    ],
)  # fmt: skip
def test_one_label_settles_later_than_another(fabricated, rows, slow, fast, end) -> None:
    grid = [
        {"datasets": ["synthetic_8"], "methods": {name: None}, "dims": [8], "seeds": max(len(epochs), 1)}
        for name, epochs in (("ae", slow), ("vae", fast))
    ]
    plan, epochs_of = fabricated.plan(grid=grid), {"ae": slow, "vae": fast}
    for run in plan.runs:
        if epochs_of[run.cell.label]:
            fabricated.finish(plan, run, {})
            columns = {"epoch": [float(n + 1) for n in range(40)], "loss": falling(epochs_of[run.cell.label][run.seed])}
            fabricated.history(plan, run, columns)
    check = {"kind": "settles_later", "datasets": ["synthetic_8"], "label": "ae", "than": "vae", "column": "loss"}
    (row,) = rows(plan, check)
    assert str(row.end) == end
    assert row.says == SAYS.get((*slow, *fast), row.says)


def test_no_label_is_slower_before_all_of_its_runs_are_there(fabricated, rows) -> None:
    grid = [{"datasets": ["synthetic_8"], "methods": {"ae": None, "vae": None}, "dims": [8], "seeds": 3}]
    plan = fabricated.plan(grid=grid)
    for run in plan.runs:
        if (run.cell.label, run.seed) != ("ae", 2):
            fabricated.finish(plan, run, {})
            columns = {"epoch": [float(n + 1) for n in range(40)], "loss": falling(20 if run.cell.label == "ae" else 5)}
            fabricated.history(plan, run, columns)
    check = {"kind": "settles_later", "datasets": ["synthetic_8"], "label": "ae", "than": "vae", "column": "loss"}
    (row,) = rows(plan, check)
    assert str(row.end) == "undecided"
    assert row.silent == ("synthetic_8 ae L=8 seed 2 (no loss)",)
