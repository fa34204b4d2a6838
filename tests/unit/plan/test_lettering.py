"""Texts that figures can't show are refused before anything runs; what they can show stays as it was written."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from latentdim.plan.expand import plan_study
from latentdim.study.file import ExhibitEntry

ENTRY = {"datasets": ["digits"], "methods": {"vae": {}}, "dims": [2]}


@pytest.mark.parametrize("label", ["VAE 数字", "ok 🙂"])
def test_a_label_that_the_font_lacks_is_refused_with_its_characters(refused: Callable[..., str], label: str) -> None:
    figure = {"kind": "samples", "name": "samples"}
    message = refused({"grid": [ENTRY | {"label": label}], "exhibits": [figure]})
    assert f"grid.0.label = '{label}': the figures' font has no " in message
    assert label[-1] in message.rpartition("has no ")[2]


def test_where_only_tables_are_made_every_letter_is_taken(fabricated) -> None:
    table = {"kind": "results", "name": "table", "title": "数字"}
    plan = fabricated.plan(grid=[ENTRY | {"label": "VAE 数字"}], exhibits=[table])
    assert plan.cells[0].label == "VAE 数字"


@pytest.mark.parametrize("label", ["β = 0,5 → ∞", "Größe №1", "$x_1$ & <b>", "Ψ²"])
def test_letters_and_signs_that_the_font_has_are_taken(fabricated, label: str) -> None:
    figure = {"kind": "samples", "name": "samples"}
    plan = plan_study(str(fabricated.plan(grid=[ENTRY | {"label": label}], exhibits=[figure]).path))
    assert plan.cells[0].label == label


def test_a_last_line_break_is_dropped_and_one_inside_refused(refused: Callable[..., str]) -> None:
    assert ExhibitEntry(kind="results", name="a", title="All of them\n").title == "All of them"
    message = refused({"grid": [ENTRY | {"label": "one\ntwo"}]})
    assert "grid.0.label = 'one\\ntwo': must be one line" in message
