"""What runs store for exhibits: a file each, written once, and a reason where there is nothing to store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from latentdim import registry
from latentdim.conformance.models import fitted_control
from latentdim.conformance.tiny import tiny_data, tiny_pictures
from latentdim.harness import latent_space
from latentdim.harness.storing import store_tensors
from latentdim.metrics.context import MetricRefused
from latentdim.outcomes.outcomes import has_what_it_stores
from latentdim.plan.run import Run
from latentdim.records.folder import RunFolder
from latentdim.system.problems import InputError

CPU = torch.device("cpu")


def exhibits(label: str) -> list[dict[str, Any]]:
    """One of each kind that draws from what is stored."""
    run = {"dataset": "digits", "label": label, "dim": 2}
    kinds = ("samples", "manifold", "covariance", "relevance")
    return [{"kind": kind, "name": kind} for kind in kinds] + [
        {"kind": "traversal", "name": "traversal", "options": run}
    ]


@pytest.fixture
def stored(fabricated, run_at, tmp_path: Path) -> Callable[..., tuple[Run, RunFolder]]:
    """A function that stores what a run of PCA does, and gives the run and its folder."""
    entry = {"methods": {"pca": None}, "dims": [2, 4]}
    grid = [entry | {"datasets": [name]} for name in ("digits", "synthetic_8")]
    plan = fabricated.plan(grid=grid, metrics=["active"], exhibits=exhibits("pca"))

    def store(dataset: str, dim: int) -> tuple[Run, RunFolder]:
        run, folder = run_at(plan, "pca", dim, dataset=dataset), RunFolder(tmp_path / f"{dataset}{dim}")
        images = dataset == "digits"
        model, data = fitted_control("pca", dim=dim, pictures=images), tiny_pictures() if images else tiny_data()
        store_tensors(model, data, run, folder, device=CPU, shared={})
        return run, folder

    return store


def names(folder: RunFolder) -> list[str]:
    return sorted(path.name.partition("-")[0] for path in (folder.path / "stored").iterdir())


def test_each_exhibit_s_tensors_have_a_file_of_their_own(stored) -> None:
    run, folder = stored("digits", 2)
    assert names(folder) == ["covariance", "examples", "manifold", "relevance", "traversal"]
    assert names(stored("digits", 4)[1]) == ["covariance", "examples", "relevance", "traversal"]
    assert names(stored("synthetic_8", 2)[1]) == ["covariance", "examples", "relevance"]
    for one in run.stored:
        assert set(load_file(folder.stored(one.file))) == set(one.declaration.tensors)
    assert (folder.path / "samples.png").exists()


@pytest.mark.parametrize(
    ("kinds", "needed"),
    [
        ([], set()), (["results"], set()), (["samples", "reconstructions"], {"examples"}),
        (["covariance"], {"covariance", "relevance"}), (["relevance", "manifold"], {"relevance", "manifold"}),
    ],
)  # fmt: skip
def test_a_run_stores_what_its_study_s_exhibits_draw_from_and_lacks_nothing_else(fabricated, kinds, needed) -> None:
    grid = [{"datasets": ["digits"], "methods": {"pca": None}, "dims": [2]}]
    plan = fabricated.plan(grid=grid, metrics=["active"], exhibits=[{"kind": kind, "name": kind} for kind in kinds])
    (run,) = plan.runs
    assert {one.declaration.name for one in run.stored} == needed
    assert has_what_it_stores(run, RunFolder(plan.folder(run))) or needed


def test_an_exhibit_that_draws_from_what_nothing_stores_is_refused(fabricated, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = replace(registry.exhibits().get("results"), stored=("exmaples",))
    monkeypatch.setitem(registry.exhibits().declarations, "results", odd)
    grid = [{"datasets": ["digits"], "methods": {"pca": None}, "dims": [2]}]
    with pytest.raises(InputError) as refused:
        fabricated.plan(grid=grid, metrics=["active"], exhibits=[{"kind": "results", "name": "table"}])
    (problem,) = refused.value.problems
    assert (
        "exhibits.0.kind = 'results': it draws from 'exmaples', which nothing stores; did you mean 'examples'?"
        in problem
    )


def test_no_two_declarations_store_one_name() -> None:
    every = [name for one in registry.stored_tensors() for name in one.tensors]
    assert len(every) == len(set(every))


def test_a_setting_of_one_exhibit_renames_no_other_s_file(fabricated) -> None:
    grid = [{"datasets": ["digits"], "methods": {"vae": None}, "dims": [2]}]
    plans = [
        fabricated.plan(
            grid=grid, protocol={"training": {"steps": 9}, "evaluation": evaluation}, exhibits=exhibits("vae")
        )
        for evaluation in ({}, {"pictures": {"reach": 2}}, {"n_covariance": 50})
    ]
    plain, reach, few = ({one.declaration.name: one.file for one in plan.runs[0].stored} for plan in plans)
    assert {name for name in plain if plain[name] != reach[name]} == {"traversal", "manifold"}
    assert {name for name in plain if plain[name] != few[name]} == {"covariance"}


def test_what_lacks_is_stored_and_nothing_else_is_written_again(stored) -> None:
    run, folder = stored("digits", 2)
    files = [folder.stored(one.file) for one in run.stored]
    before = {path: path.stat().st_mtime_ns for path in files}
    files[0].unlink()
    stored("digits", 2)
    assert {path for path in files if path.stat().st_mtime_ns != before[path]} == {files[0]}


@pytest.mark.parametrize("error", [MetricRefused("no such picture"), ValueError("no such picture")])
def test_what_cant_be_had_leaves_its_reason_and_costs_no_other(
    stored, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fails(context: Any) -> Any:
        raise error

    monkeypatch.setattr(latent_space, "covariance", fails)
    run, folder = stored("digits", 2)
    for one in run.stored:
        with safe_open(folder.stored(one.file), framework="pt") as content:
            reason = content.metadata()["reason"]
        assert ("no such picture" in reason) is (one.declaration.name == "covariance")
