"""Claims about when something happens in a training."""

import numpy as np
import pytest

COMMON = {"datasets": ["synthetic_8"], "labels": ["vae"]}


def gone_in(epoch: int, *, length: int = 40) -> list[float]:
    """A count of active dimensions that is 0 from an epoch on."""
    return [float(at < epoch) for at in range(1, length + 1)]


@pytest.mark.parametrize(
    ("gone", "by", "end"),
    [
        ([18, 20], 20, "holds"), ([25, 30], 20, "fails"), ([18, 30], 20, "undecided"), ([30, 35], None, "holds"),
        ([99, 99], 20, "fails"), ([99, 99], 60, "undecided"), ([18], 20, "undecided"),
    ],
)  # fmt: skip
def test_a_collapse_comes_by_an_epoch(traced, rows, gone, by, end) -> None:
    plan = traced(*({"active": gone_in(epoch)} for epoch in gone))
    (row,) = rows(plan, {"kind": "collapses", "by": by} | COMMON)
    assert str(row.end) == end


@pytest.mark.parametrize(
    ("status", "by", "end"),
    [("collapsed", None, "holds"), ("ok", None, "fails"), ("collapsed", 20, "undecided"), ("ok", 20, "fails")],
)
def test_a_status_tells_of_a_collapse_where_no_column_does(traced, rows, status, by, end) -> None:
    plan = traced({"loss": [1.0, 1.0]}, {"loss": [1.0, 1.0]}, status=status)
    (row,) = rows(plan, {"kind": "collapses", "by": by} | COMMON)
    assert str(row.end) == end


def valley(at: int, *, length: int = 40) -> list[float]:
    """A column that is lowest in one epoch."""
    return [float(abs(epoch - at)) for epoch in range(1, length + 1)]


STOP, LOWEST = {"what": "told", "column": "stopped_epoch"}, {"what": "lowest", "column": "fid"}


@pytest.mark.parametrize(
    ("stops", "lowest", "end"),
    [
        ([20, 22], 18, "holds"), ([30, 32], 18, "fails"), ([20, 30], 18, "undecided"), ([10, 12], 18, "fails"),
        ([0, 0], 18, "undecided"), ([20], 18, "undecided"),
    ],
)  # fmt: skip
def test_a_stop_comes_shortly_after_a_minimum(traced, rows, stops, lowest, end) -> None:
    plan = traced(*({"stopped_epoch": [0.0] * 39 + [stop], "fid": valley(lowest)} for stop in stops))
    check = {"kind": "coincides", "first": STOP, "second": LOWEST, "earliest": 0, "latest": 5}
    (row,) = rows(plan, check | COMMON)
    assert str(row.end) == ("undecided" if stops == [0, 0] else end)


def test_a_minimum_may_be_missed_by_a_share_of_the_columns_range(traced, rows) -> None:
    """Fifteen epochs off: 15 of a range of 22."""
    plan = traced(*[{"stopped_epoch": [0.0] * 39 + [33.0], "fid": valley(18)}] * 2)
    check = {"kind": "coincides", "first": STOP, "second": LOWEST, "earliest": 0, "latest": 0} | COMMON
    assert [str(row.end) for row in rows(plan, check)] == ["fails"]
    check["second"] = LOWEST | {"tolerance": 0.7}
    assert [str(row.end) for row in rows(plan, check)] == ["holds"]


def test_a_turn_is_no_turn_at_the_end(traced, rows) -> None:
    check = {
        "kind": "coincides",
        "first": STOP,
        "second": {"what": "turn", "column": "fid"},
        "earliest": -9,
        "latest": 9,
    }
    plan = traced(*[{"stopped_epoch": [0.0] * 39 + [38.0], "fid": valley(40)}] * 2)
    (row,) = rows(plan, check | COMMON)
    assert str(row.end) == "undecided"
    assert row.silent[0] == "L = 8, seed 0 (no turn of fid)"


def test_highest_values_and_last_changes_are_events_too(traced, rows) -> None:
    columns = {"active": [9.0] * 17 + [5.0] * 23, "score": (-np.array(valley(20))).tolist()}
    first, second = {"what": "change", "column": "active"}, {"what": "highest", "column": "score"}
    check = {"kind": "coincides", "first": first, "second": second, "earliest": -2, "latest": -2} | COMMON
    assert [str(row.end) for row in rows(traced(columns, columns), check)] == ["holds"]
