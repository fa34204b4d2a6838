"""The covariance of masked axes, from what runs store for the exhibit."""

import numpy as np
import pytest

CHECK = {"kind": "masked_covariance", "datasets": ["synthetic_8"], "labels": ["maskaae"], "share": 0.01}
EXHIBIT = {"kind": "covariance", "name": "covariance"}


@pytest.mark.parametrize(
    ("masked", "active", "end"),
    [
        (0.001, [1, 1, 0], "holds"), (0.1, [1, 1, 0], "fails"), (0.1, [1, 1, 1], "undecided"),
        (None, [1, 1, 0], "not run"),
    ],
)  # fmt: skip
def test_masked_rows_and_columns_are_next_to_nothing(fabricated, rows, masked, active, end) -> None:
    grid = [{"datasets": ["synthetic_8"], "methods": {"maskaae": None}, "dims": [3], "seeds": 2}]
    plan = fabricated.plan(grid=grid, exhibits=[EXHIBIT])
    for run in plan.runs:
        fabricated.finish(plan, run, {})
        if masked is not None:
            covariance = np.array([[2.0, -0.5, masked], [-0.5, 1.0, 0.0], [-masked, 0.0, masked]])
            fabricated.store(plan, run, {"covariance": covariance, "active_own": np.array(active, dtype=np.uint8)})
    assert [str(row.end) for row in rows(plan, CHECK)] == [end]
