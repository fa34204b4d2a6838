"""What the papers print values of, and whether it can be run here: asked as of a study, but without its data."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from latentdim import registry
from latentdim.datasets.spec import DatasetSpec
from latentdim.plan.compatibility import compatibility
from latentdim.plan.plan import Cell
from latentdim.registry.declarations import MethodConfig, resolve
from latentdim.study.evaluation import Evaluation
from latentdim.study.file import validated
from latentdim.study.protocol import BASE, Protocol, merged
from latentdim.study.requested_metrics import RequestedMetric
from latentdim.system.problems import InputError

FILE = Path(__file__).with_name("printed.csv")
DIM = 8  # of rows that name no latent dimension


@dataclass(frozen=True)
class Printed:
    """A row label of a paper's tables or figures on one dataset.

    Attributes:
        paper, row: as printed.
        method, config: what it is here.
        dataset, dataset_options: by name or kind, with the options that differ.
        network: a network or preset; where ``remark`` says so, an assumed one.
        training: what the method's meaning needs of the protocol's training half.
        dims: latent dimensions at the start; empty where none is named.
        places: tables, figures and sections.
        values: how many numbers stand there; 0 where they aren't at hand.
        remark: what is open.
    """

    paper: str
    row: str
    method: str
    config: Mapping[str, Any]
    dataset: str
    dataset_options: Mapping[str, Any]
    network: str
    training: Mapping[str, Any]
    dims: tuple[int, ...]
    places: tuple[str, ...]
    values: int
    remark: str

    @property
    def settings(self) -> Mapping[str, Any]:
        """What isn't at its default of method and protocol."""
        return {**self.config, **self.training}


def printed_rows() -> list[Printed]:
    """All of them, paper by paper."""
    with FILE.open(encoding="utf-8", newline="") as file:
        return [_row(line) for line in csv.DictReader(file)]


def obstacles(row: Printed) -> list[str]:
    """Sentences about why a row can't be run here; empty where it can, once its data are."""
    if row.method not in registry.methods():
        return [f"`{row.method}` isn't here yet"]
    spec = spec_of(row.dataset, row.dataset_options)
    return list(_obstacles(row, spec)) if spec else [f"the dataset `{row.dataset}` isn't here yet"]


def spec_of(name: str, changed: Mapping[str, Any] | None = None) -> DatasetSpec | None:
    """A dataset that needs no entry in a study file, whether or not its files lie here; None where there is none.

    Args:
        changed: options that aren't what the name stands for.
    """
    family = registry.dataset_by_name(name)
    if family is None:
        return None
    kind, options = family
    options = options.model_copy(update=dict(changed or {}))
    return DatasetSpec(name, kind, options, resolve(kind.inspect)(options))


def cell_of(spec: DatasetSpec, *, method: str, config: Mapping[str, Any], training: Mapping[str, Any]) -> Cell:
    """What a study's grid would hold, with the method's own count of axes for its metric.

    Raises:
        InputError: if settings or protocol are none.
    """
    declared, active = registry.methods().get(method), registry.metrics().get("active")
    made: MethodConfig = validated(declared.config, dict(config), title=method)
    whole = merged(BASE, {"training": {"epochs": 1, **training}})
    protocol: Protocol = validated(Protocol, whole, title="protocol")
    metric = RequestedMetric.of(active, Evaluation(), "all")
    return Cell(spec, declared, made, protocol, method, (metric,))


def _obstacles(row: Printed, spec: DatasetSpec) -> Iterator[str]:
    try:
        network = {"network": {"name": row.network}}
        cell = cell_of(spec, method=row.method, config=row.config, training={**network, **row.training})
    except InputError as refusal:
        yield from refusal.problems
        return
    yield from (sentence.lstrip(". :") for sentence in compatibility(cell, row.dims or (DIM,), ""))


def _row(line: Mapping[str, str]) -> Printed:
    settings = {name: json.loads(line[name] or "{}") for name in ("config", "dataset_options", "training")}
    return Printed(
        paper=line["paper"], row=line["row"], method=line["method"], dataset=line["dataset"], network=line["network"],
        dims=tuple(map(int, line["dims"].split())), places=tuple(line["places"].split()), values=int(line["values"]),
        remark=line["remark"], **settings,
    )  # fmt: skip
