"""Claims that compare rows of a table end as known values say."""

import pytest

from latentdim.claims.ends import together

AT_8 = [{"dataset": "synthetic_8", "dim": 8}]
LOW, HIGH, WIDE = [1.0, 1.1], [2.0, 2.2], [0.5, 3.0]


@pytest.mark.parametrize(
    ("table", "keys", "end"),
    [
        ({"vae": {8: LOW}, "wae": {8: HIGH}}, {"lies": "below"}, "holds"),
        ({"vae": {8: LOW}, "wae": {8: HIGH}}, {"lies": "above"}, "fails"),
        ({"vae": {8: HIGH}, "wae": {8: LOW}}, {"lies": "above"}, "holds"),
        ({"vae": {8: LOW}, "wae": {8: WIDE}}, {"lies": "below"}, "undecided"),
        ({"vae": {8: [1.0]}, "wae": {8: [2.0]}}, {"lies": "below"}, "undecided"),
        ({"vae": {8: LOW}, "wae": {8: HIGH}}, {"lies": "below", "factor": 0.6}, "holds"),
        ({"vae": {8: LOW}, "wae": {8: HIGH}}, {"lies": "below", "factor": 0.3}, "fails"),
        ({"vae": {8: HIGH}, "wae": {8: LOW}}, {"lies": "below", "factor": 2.5}, "holds"),  # not much above
        ({"vae": {8: LOW}, "wae": {8: HIGH}, "ae": {8: LOW}}, {"lies": "below"}, "undecided"),  # of all others
        ({"vae": {8: LOW}, "wae": {8: HIGH}, "ae": {8: LOW}}, {"lies": "below", "than": ["wae"]}, "holds"),
        ({"vae": {8: HIGH}, "wae": {8: LOW}, "ae": {8: [None]}}, {"lies": "below"}, "fails"),
        ({"vae": {8: LOW}, "wae": {8: HIGH}, "ae": {8: [None]}}, {"lies": "below"}, "undecided"),
        ({"vae": {8: LOW}, "wae": {8: [None]}}, {"lies": "below"}, "undecided"),
        ({"vae": {8: [None]}, "wae": {8: [None]}}, {"lies": "below"}, "not run"),
    ],
)
def test_a_row_stands_below_or_above_others(ends, table, keys, end) -> None:
    assert ends("ordered", table, label="vae", at=AT_8, **keys) == [end]


def test_two_sizes_of_one_label_can_be_compared(ends) -> None:
    at = [{"dataset": "synthetic_8", "dim": 4, "than_dim": 8}]
    table = {"vae": {4: HIGH, 8: LOW}}
    assert ends("ordered", table, label="vae", than=["vae"], lies="above", at=at) == ["holds"]


def test_fewer_pruned_dimensions_are_a_comparison_of_what_is_left_out(ends) -> None:
    at, table = [{"dataset": "synthetic_8", "dim": 8, "than_dim": 16}], {"vae": {8: [7, 7], 16: [10, 11]}}
    keys = {"metric": "active", "label": "vae", "than": ["vae"], "at": at}
    assert ends("ordered", table, lies="below", pruned=True, **keys) == ["holds"]
    assert ends("ordered", table, lies="above", pruned=True, **keys) == ["fails"]


def test_one_label_can_be_compared_on_two_choices_of_axes(fabricated, rows) -> None:
    both = [{"name": "frechet_distance", "axes": axes} for axes in ("all", "active")]
    plan = fabricated.plan(
        grid=[{"datasets": ["synthetic_8"], "methods": {"vae": None}, "dims": [8], "seeds": 2}], metrics=both
    )
    for run in plan.runs:
        fabricated.finish(plan, run, {"frechet_distance": 2.0 + 0.01 * run.seed})
    check = {
        "kind": "alike",
        "metric": "frechet_distance",
        "label": "vae",
        "than": ["vae"],
        "at": AT_8,
        "axes": "active",
    }
    (row,) = rows(plan, check | {"than_axes": "all", "relative": 0.1})
    assert (str(row.end), row.series[1].points[0].name) == ("holds", "vae at L = 8 on all axes")


@pytest.mark.parametrize(
    ("other", "end"),
    [
        ([1.05, 1.1], "holds"),
        ([2.0, 2.2], "fails"),
        ([1.1, 1.4], "undecided"),
        ([1.0], "undecided"),
        ([None], "undecided"),
    ],
)
def test_two_rows_are_alike_within_a_tolerance(ends, other, end) -> None:
    keys = {"label": "vae", "than": ["wae"], "at": AT_8}
    assert ends("alike", {"vae": {8: LOW}, "wae": {8: other}}, tolerance=0.2, **keys) == [end]


def test_labels_without_a_size_named_are_taken_at_their_only_one(ends) -> None:
    table = {"vae": {8: LOW}, "wae": {16: HIGH}}
    assert ends("ordered", table, label="vae", lies="below", at=[{"dataset": "synthetic_8"}]) == ["holds"]


@pytest.mark.parametrize(("n_below", "end"), [(3, "holds"), (2, "undecided"), (1, "fails")])
def test_most_rows_are_more_than_half(planned, rows, n_below, end) -> None:
    """Of five places, where n are below, one differs by less than its spread, the others are above."""
    sizes = dict(zip((2, 4, 8, 16, 32), [LOW] * n_below + [WIDE] + [HIGH] * (4 - n_below), strict=True))
    plan = planned({"vae": sizes, "wae": {size: [1.5, 1.5] for size in sizes}})
    at = [{"dataset": "synthetic_8", "dim": dim} for dim in sizes]
    check = {"kind": "ordered", "metric": "frechet_distance", "label": "vae", "lies": "below", "at": at}
    found = [row.end for row in rows(plan, check)]
    assert str(together(found, "most")) == end
