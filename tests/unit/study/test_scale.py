"""What a scale makes of protocols and seeds."""

from __future__ import annotations

from typing import Any

import pytest

from latentdim.study.protocol import Protocol
from latentdim.study.scale import Scale


def at(scale: Scale, training: dict[str, Any], evaluation: dict[str, Any] | None = None) -> dict[str, Any]:
    """The changed protocol of a network by default, which a study could have."""
    whole = {"training": {"network": {"name": "mlp"}} | training, "evaluation": evaluation or {}}
    changed = scale.protocol_of(whole)
    Protocol.model_validate(changed)
    return changed


@pytest.mark.parametrize(
    ("length", "epochs", "left"), [(0.07, 100, 7), (0.1, 3, 1), (1e-6, 500, 1), (0.5, 5, 3), (1.0, 30, 30)]
)
def test_length_is_rounded_up_and_at_least_one(length: float, epochs: int, left: int) -> None:
    """0.07 · 100 is 7.000000000000001 in floating point."""
    assert at(Scale(length=length), {"epochs": epochs})["training"]["epochs"] == left
    assert at(Scale(length=length), {"steps": epochs})["training"]["steps"] == left


@pytest.mark.parametrize(
    ("length", "left"),
    [
        (0.5, (50, 3, 48)),  # of 20 measurements the 16th, which is the last one that fits
        (0.1, (10, 1, 10)),
        (0.01, (1, 1, 1)),
    ],
)
def test_weights_are_kept_as_often_as_the_training_has_epochs(length: float, left: tuple[int, int, int]) -> None:
    changed = at(Scale(length=length), {"epochs": 100}, {"evaluate_every": 5, "checkpoint": 100})
    assert (
        changed["training"]["epochs"],
        *(changed["evaluation"][k] for k in ("evaluate_every", "checkpoint")),
    ) == left


def test_counts_are_bounds_and_never_more_than_before() -> None:
    scale = Scale(n_train=1000, n_validation=100, n_generated=20_000, n_reference=50)
    few = at(scale, {"epochs": 1, "n_train": 400, "n_validation": 40}, {"n_reference": 30})
    assert (few["training"]["n_train"], few["training"]["n_validation"]) == (400, 40)
    assert (few["evaluation"]["n_generated"], few["evaluation"]["n_reference"]) == (10_000, 30)  # 10,000 by default
    many = at(scale, {"epochs": 1, "n_train": 4000, "n_validation": 400}, {"n_generated": 90_000})
    assert (many["training"]["n_train"], many["training"]["n_validation"]) == (1000, 100)
    assert (many["evaluation"]["n_generated"], many["evaluation"]["n_reference"]) == (20_000, 50)
    assert "n_validation" not in at(scale, {"epochs": 1})["training"]  # none is held out where none was


def test_a_scales_own_protocol_is_laid_over_last() -> None:
    scale = Scale(length=0.5, n_generated=10, protocol={"training": {"steps": 3}, "evaluation": {"n_generated": 20}})
    changed = at(scale, {"epochs": 10})
    assert changed["training"]["steps"] == 3
    assert "epochs" not in changed["training"]
    assert changed["evaluation"]["n_generated"] == 20


def test_a_scale_without_changes_changes_nothing() -> None:
    whole = {"training": {"epochs": 7, "n_train": 5}, "evaluation": {"evaluate_every": 2, "checkpoint": 40}}
    assert Scale().protocol_of(whole) == whole
    assert Scale().protocol_of({"training": "wrong", "evaluation": 3}) == {"training": "wrong", "evaluation": 3}


def test_the_first_seeds_are_kept() -> None:
    scale = Scale(seeds=2)
    assert [scale.seeds_of(seeds) for seeds in (5, 1, (7, 3, 9), (4,))] == [2, 1, (7, 3), (4,)]
    assert Scale().seeds_of((7, 3, 9)) == (7, 3, 9)
