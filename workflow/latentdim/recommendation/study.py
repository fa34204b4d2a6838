"""The study of a recommendation: a file like any other, whose runs Snakemake and `latentdim run` bring up to date."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from latentdim.outcomes.outcomes import Outcome
from latentdim.plan.expand import plan_study
from latentdim.plan.plan import Plan
from latentdim.recommendation.budget import ACTIVATION, Design
from latentdim.recommendation.course import RELEVANCE, SWEPT, Asked, Found
from latentdim.recommendation.source import Source
from latentdim.system.files import write_text

FILE = "study.yaml"
ERROR, COUNT = "unexplained_variance", "active"
DISTANCES = {"vectors": "frechet_distance", "images": "frechet_pixels_pca"}
HEADER = (
    "# Written by `latentdim recommend`, which adds what follows from the runs before; change the command instead.\n"
)


def study_of(source: Source, design: Design, asked: Sequence[Asked]) -> dict[str, Any]:
    """The study of these trainings, as YAML holds it."""
    distance = DISTANCES[source.spec.example_kind]
    entries: dict[tuple[str, float | None, tuple[int, ...]], list[int]] = {}
    seeds: dict[tuple[str, float | None, int], list[int]] = {}
    for one in asked:
        seeds.setdefault((one.method, one.beta, one.dim), []).append(one.seed)
    for (method, beta, dim), some in seeds.items():
        entries.setdefault((method, beta, tuple(sorted(set(some)))), []).append(dim)
    grid = [
        _entry(source.name, method, beta, sorted(dims), list(some), distance)
        for (method, beta, some), dims in entries.items()
    ]
    blocks = {} if source.block is None else {"datasets": {source.name: source.block}}
    return {
        "title": f"How many dimensions does {source.name} need?",
        "question": "Up to which latent dimension does a further one lower the error on held-out examples?",
        "in_all": False,
        **blocks,
        "protocol": _protocol(design),
        "metrics": [ERROR],
        "grid": grid,
        "exhibits": _exhibits(source.name, distance),
    }


def _exhibits(dataset: str, distance: str) -> list[dict[str, Any]]:
    curves = [{"label": SWEPT, "legend": "autoencoder"}]
    sides = {
        "left": {"metric": ERROR, "log": True, "title": "held-out error, share of the variance", "curves": curves},
        "right": {"metric": distance, "log": True, "curves": curves},
    }
    here = {"datasets": [dataset]}
    return [
        {"kind": "curve", "name": "sweep", "title": "One autoencoder a size", "options": here | sides},
        {
            "kind": "reconstructions", "name": "reconstructions", "title": "What each size keeps",
            "options": here | {"labels": [SWEPT], "count": 4},
        },
        {"kind": "results", "name": "results", "title": "All numbers"},
    ]  # fmt: skip


def _protocol(design: Design) -> dict[str, Any]:
    return {
        "name": "recommendation",
        "training": {
            "network": {
                "name": "mlp", "hidden": [design.width, design.width], "activation": ACTIVATION, "output": "linear",
            },
            "scaling": "standardised",
            **({} if design.n_train is None else {"n_train": design.n_train}),
            "n_validation": design.n_validation,
            "optimizer": {"name": "adam", "learning_rate": design.learning_rate},
            "schedule": {"name": "cosine"},
            "batch_size": design.batch_size,
            "steps": design.steps,
        },
        # A plain autoencoder has no prior to draw from: samples come from a mixture of Gaussians fitted to its codes.
        "evaluation": {"split": "test", "sampler": {"name": "mixture"}},
    }  # fmt: skip


def _entry(
    dataset: str, method: str, beta: float | None, dims: list[int], seeds: list[int], distance: str
) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "datasets": [dataset],
        "methods": {method: {} if beta is None else {"beta": beta}},
        "dims": dims,
        "seeds": seeds,
        "metrics": [ERROR, COUNT] if method != SWEPT else [ERROR, distance],
    }
    if method == RELEVANCE:  # its weight is chosen by examples that the answer isn't measured on
        entry |= {"label": f"{method} beta={beta:g}", "protocol": {"evaluation": {"split": "validation"}}}
    return entry


def write_study(folder: Path, source: Source, design: Design, asked: Sequence[Asked], *, results: Path) -> Plan:
    """Write the study's file where it changed, and plan it."""
    text = HEADER + yaml.safe_dump(study_of(source, design, asked), sort_keys=False, allow_unicode=True, width=110)
    path = folder / FILE
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        write_text(path, text)
    return plan_study(str(path), results=results)


def asked_by(outcome: Outcome) -> Asked:
    """The training that an outcome is of."""
    run = outcome.run
    return Asked(run.cell.method.name, run.dim, run.seed, getattr(run.cell.config, "beta", None))


def found_in(outcome: Outcome) -> Found:
    """What a training left."""
    measured = {one.requested.metric.name: one for one in outcome.measurements}
    values = {name: one.value for name, one in measured.items()}
    distance = next((measured[name] for name in DISTANCES.values() if name in measured), None)
    active = values.get(COUNT)
    return Found(
        values.get(ERROR), distance.value if distance else None,
        distance.floor.value if distance and distance.floor else 0.0, None if active is None else round(active),
    )  # fmt: skip
