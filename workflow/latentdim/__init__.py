"""latentdim: how many latent dimensions does an autoencoder need?

Finished work in Python: ``load`` brings a run back from its folder, ``results`` a study's values as a table.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from latentdim.registry.declarations import (
        Dataset,
        DatasetOptions,
        EvaluationFields,
        Exhibit,
        ExhibitOptions,
        Method,
        MethodConfig,
        Metric,
        Network,
        NetworkOptions,
        Preset,
        SourceInfo,
        StoredTensors,
        Strict,
    )

__version__ = "0.1.0"
__all__ = [
    "Dataset",
    "DatasetOptions",
    "EvaluationFields",
    "Exhibit",
    "ExhibitOptions",
    "Method",
    "MethodConfig",
    "Metric",
    "Network",
    "NetworkOptions",
    "Preset",
    "SourceInfo",
    "StoredTensors",
    "Strict",
    "load",
    "results",
]


def __getattr__(name: str) -> Any:
    """What a declaration is made of, imported once somebody asks: the command line alone has no need of it."""
    if name not in __all__:
        raise AttributeError(f"module 'latentdim' has no attribute '{name}'")
    return getattr(import_module("latentdim.registry.declarations"), name)


def load(folder: str | Path, *, device: str = "cpu") -> Any:
    """The run in a folder: ``record``, ``config``, ``history``, ``metrics``; ``model`` and ``data`` when asked for.

    For example ``run = latentdim.load("results/runs/digits/vae/L8/0123456789ab/seed0")``, then
    ``run.model.encode(run.data.batch(run.data.test, 0, 10))``. Imports torch.

    Returns:
        A :class:`latentdim.harness.loaded.LoadedRun`.

    Raises:
        InputError: if no run has ended there.
    """
    from latentdim.registry.declarations import resolve

    return resolve("latentdim.harness.loaded:load")(Path(folder), device)


def results(study: str, *, folder: str | Path = "results") -> Any:
    """Every value of a study, and the reason where there is none, as a pandas ``DataFrame``. Imports pandas, not torch.

    One row for each run and metric; the columns are those of :func:`latentdim.outcomes.long_table.long_table`.

    Args:
        study: its name, or the path of its file.
        folder: the results folder.

    Raises:
        InputError: if the study file has problems.
    """
    from latentdim.registry.declarations import resolve

    plan = resolve("latentdim.plan.expand:plan_study")(study, results=Path(folder))
    return resolve("latentdim.outcomes.long_table:long_table")(plan)
