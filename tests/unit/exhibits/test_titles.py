"""What a row is called: a method's title, as long as it tells rows apart."""

from __future__ import annotations

import pytest

from latentdim.exhibits.context import titled


@pytest.mark.parametrize(("label", "printed"), [("another", "VAE"), ("VAE", "VAE (vae)")])
def test_a_title_that_another_row_has_too_gets_its_label_beside_it(fabricated, label: str, printed: str) -> None:
    methods = [{"vae": {"beta": 2.0}, "ae": {}}, {"vae": {"beta": 3.0}}]
    grid = [
        {"datasets": ["synthetic_8"], "dims": [2], "methods": methods[0]},
        {"datasets": ["synthetic_8"], "dims": [2], "methods": methods[1], "label": label},
    ]
    plan = fabricated.plan(grid=grid)
    assert [titled(plan, cell.label) for cell in plan.cells] == [printed, "AE", label]
