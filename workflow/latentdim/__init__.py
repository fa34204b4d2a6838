"""latentdim: how many latent dimensions does an autoencoder need?

Finished work in Python: ``load`` brings a run back from its folder, ``results`` a study's values as a table.
``recommend`` answers the question for some data.
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
    "recommend",
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


def recommend(
    data: str | Path, *, budget: str = "10m", seeds: int = 3, device: str = "auto", out: str | Path | None = None,
    results: str | Path = "results", size: int | None = None, array: str | None = None,
) -> Any:  # fmt: skip
    """How many latent dimensions some data need, as ``latentdim recommend`` answers it; processes of its own train.

    For example ``answer = latentdim.recommend("measurements.npy", budget="2m")``, then ``answer.recommended_dim``,
    ``answer.interval`` and ``answer.reasons``. Called again it takes whatever was trained before.

    Args:
        data: a folder of pictures, an npy, npz or hdf5 file, or a registered dataset's name.
        budget: about how long it may take on two cores.
        seeds: trainings of each size that matters.
        device: ``auto``, ``cpu`` or ``cuda``.
        out: folder of page, answer and study; ``reports/recommend/<name>`` where left out.
        results: folder of runs and prepared data.
        size: pictures are cropped to squares and resized to this side.
        array: which array of an npz or hdf5 file.

    Returns:
        A :class:`latentdim.recommendation.document.Recommendation`; its ``recommended_dim`` is None where there is no
        answer.

    Raises:
        InputError: for data or options that can't be used, before anything is trained.
    """
    from latentdim.registry.declarations import resolve

    request = resolve("latentdim.recommendation.recommending:Request")(
        str(data), budget=budget, seeds=seeds, device=device, out=None if out is None else Path(out),
        results=Path(results), size=size, array=array,
    )  # fmt: skip
    return resolve("latentdim.recommendation.recommending:recommended")(request)


def results(study: str, *, folder: str | Path = "results", stand_ins: bool = False) -> Any:
    """Every value of a study, and the reason where there is none, as a pandas ``DataFrame``. Imports pandas, not torch.

    One row for each run and metric; the columns are those of :func:`latentdim.outcomes.long_table.long_table`.

    Args:
        study: its name, or the path of its file; with ``@reduced``, say, behind it at that scale.
        folder: the results folder.
        stand_ins: as the command line's ``--stand-ins``.

    Raises:
        InputError: if the study file has problems.
    """
    from latentdim.registry.declarations import resolve

    plan = resolve("latentdim.plan.expand:plan_study")(study, results=Path(folder), stand_ins=stand_ins)
    return resolve("latentdim.outcomes.long_table:long_table")(plan)
