"""The plan: a study expanded into runs and packs of runs. Pure, cheap, and without torch.

A run is one cell (protocol × dataset × method with its settings) at one initial latent dimension and seed. It alone
owns its key and its path. A pack is what one job carries.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from latentdim import registry
from latentdim.datasets.spec import DatasetSpec
from latentdim.plan import cost
from latentdim.registry.declarations import Exhibit, ExhibitOptions, Method, MethodConfig, Metric, Network
from latentdim.study.file import ExhibitEntry, Study
from latentdim.study.protocol import ENGINE_VERSION, Protocol
from latentdim.study.requested_metrics import JACOBIAN_FIELDS, RequestedMetric, choosing_fields, settings
from latentdim.system.files import read_json, write_json
from latentdim.system.identity import differences, digest

EXAMPLES_VERSION = 3  # raised when what the examples' file holds changes: it is then written again, without training
EXAMPLES_FIELDS = frozenset({"axes", "checkpoint", "inactive", "n_covariance", "pictures"}) | JACOBIAN_FIELDS


@dataclass(frozen=True)
class Cell:
    """protocol × dataset × method with its settings; shared by its runs over dimensions and seeds.

    Attributes:
        metrics: requested ones that are defined on the dataset.
        undefined: requested ones that aren't.
        note: what the study says that a reader must know of it.
        stem: the label without the values of a sweep, which cells that differ in these alone have in common.
    """

    dataset: DatasetSpec
    method: Method
    config: MethodConfig
    protocol: Protocol
    label: str
    metrics: tuple[RequestedMetric, ...]
    undefined: tuple[Metric, ...] = ()
    note: str = ""
    stem: str = ""

    @cached_property
    def network(self) -> Network | None:
        """The network that the protocol names; None where the method brings its own or has none."""
        if "network" in self.method.unused_fields:
            return None
        return registry.networks().get(self.protocol.training.network.name)

    def training_fields(self) -> dict[str, object]:
        """The training half as far as this method uses it, ready for JSON."""
        return self.protocol.training.model_dump(mode="json", exclude=set(self.method.unused_fields))

    @cached_property
    def key(self) -> str:
        """Hash of all that can change a trained model, apart from what the path spells out.

        Settings count as far as they differ from their defaults, so that a new one orphans no finished run.
        """
        return digest(
            {
                "config": differences(self.config),
                "training": differences(self.protocol.training, leave_out=self.method.unused_fields),
                "versions": self.versions,
                "dataset": self.dataset.key,
            }
        )

    @property
    def versions(self) -> dict[str, int]:
        """The declared versions that its numbers rest on, the dataset's apart, which its own key holds."""
        measured = [registry.metrics().get(name) for name in self.method.measures]
        versions = {"method": self.method.version, "engine": ENGINE_VERSION}
        versions |= {f"metric {metric.name}": metric.version for metric in measured}
        return versions | {"network": self.network.version} if self.network else versions

    @cached_property
    def examples_file(self) -> str:
        """Name of the examples' file, which carries what shapes them and the pictures of the latent space."""
        evaluation = self.protocol.evaluation
        values = settings(evaluation, EXAMPLES_FIELDS | choosing_fields(evaluation))
        return f"examples-v{EXAMPLES_VERSION}-{digest(values, 8)}.safetensors"

    def minutes(self, dim: int) -> float:
        """Expected minutes of one run."""
        return cost.minutes_of(self.method, self.protocol, self.dataset.info, self.metrics, dim=dim)

    def memory_mb(self, dim: int) -> int:
        """Expected memory of one run."""
        return cost.memory_mb_of(self.method, self.protocol.training, self.dataset.info, dim=dim)

    def weights(self, dim: int) -> int:
        """Number of weights of one run's encoder and decoder."""
        return cost.weights_of(self.method, self.protocol.training, shape=self.dataset.info.shape, dim=dim)


@dataclass(frozen=True, slots=True)
class Run:
    """One cell at one initial latent dimension and seed."""

    cell: Cell
    dim: int
    seed: int

    @property
    def path(self) -> str:
        """The run's folder, relative to the results folder."""
        cell = self.cell
        return f"runs/{cell.dataset.name}/{cell.method.name}/L{self.dim}/{cell.key}/seed{self.seed}"

    @property
    def names(self) -> tuple[str | int, ...]:
        """What fixes its random streams, each together with the name of its purpose."""
        return (self.cell.dataset.name, self.cell.method.name, self.dim, self.seed)

    @property
    def title(self) -> str:
        """For progress lines: ``synthetic_8 wae_mmd L=16 seed 1``."""
        return f"{self.cell.dataset.name} {self.cell.label} L={self.dim} seed {self.seed}"


@dataclass(frozen=True)
class Pack:
    """The runs that one job brings up to date, and what the job should ask for."""

    runs: tuple[Run, ...]
    minutes: float
    memory_mb: int

    @cached_property
    def id(self) -> str:
        """Hash of the run keys, the requested metrics and the state of the data's source."""
        asked = [[run.path, *(requested.file for requested in run.cell.metrics)] for run in self.runs]
        return digest([self.dataset.info.fingerprint, asked])

    @property
    def threads(self) -> int:
        """CPU threads, the same for all runs of a pack."""
        return self.runs[0].cell.protocol.training.threads

    @property
    def dataset(self) -> DatasetSpec:
        """The dataset that all its runs share."""
        return self.runs[0].cell.dataset


@dataclass(frozen=True)
class PlannedExhibit:
    """A table or figure of the study, its options read by its kind's own class."""

    entry: ExhibitEntry
    declared: Exhibit
    options: ExhibitOptions


@dataclass(frozen=True)
class Plan:
    """A study's runs, its packs, and the datasets that aren't there."""

    name: str
    path: Path
    study: Study
    results: Path
    cells: tuple[Cell, ...]
    runs: tuple[Run, ...]
    exhibits: tuple[PlannedExhibit, ...] = ()
    absent: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def packs(self) -> dict[str, Pack]:
        """Packs by identifier: the runs of datasets that are there."""
        return {pack.id: pack for pack in self._packed()}

    def _packed(self) -> Iterator[Pack]:
        execution = self.study.execution
        current: list[Run] = []
        minutes = 0.0
        for run in self._in_pack_order():
            same = current and current[0].cell.dataset is run.cell.dataset
            same = same and current[0].cell.protocol.training.threads == run.cell.protocol.training.threads
            if current and (not same or minutes >= execution.pack_minutes or len(current) >= execution.pack_size):
                yield _pack(current, minutes)
                current, minutes = [], 0.0
            current.append(run)
            minutes += run.cell.minutes(run.dim)
        if current:
            yield _pack(current, minutes)

    def _in_pack_order(self) -> Iterator[Run]:
        """Runs dataset by dataset; within one in the study's order, the seeds of a cell and dimension side by side."""
        names = dict.fromkeys(cell.dataset.name for cell in self.cells if cell.dataset.name not in self.absent)
        for name in names:
            yield from (run for run in self.runs if run.cell.dataset.name == name)

    @property
    def datasets(self) -> dict[str, DatasetSpec]:
        """The datasets by name."""
        return {cell.dataset.name: cell.dataset for cell in self.cells}

    def folder(self, run: Run) -> Path:
        """A run's folder."""
        return self.results / run.path

    @property
    def undefined(self) -> list[str]:
        """One sentence for each dataset that can't have every metric asked of it; absent datasets are passed over.

        For example ``'digits' can't have 'mig', which needs images with a factor space``.
        """
        needs: dict[str, dict[str, None]] = {}
        for cell in self.cells:
            if cell.undefined and cell.dataset.name not in self.absent:
                texts = (f"'{metric.name}', which needs {metric.defined_for}" for metric in cell.undefined)
                needs.setdefault(cell.dataset.name, {}).update(dict.fromkeys(texts))
        return [f"'{name}' can't have {'; '.join(texts)}" for name, texts in needs.items()]

    @property
    def downloads(self) -> list[str]:
        """One sentence for each dataset that will be downloaded: neither prepared yet nor among the user's files."""
        coming = (spec for spec in self.datasets.values() if not (spec.folder(self.results) / "data.json").exists())
        return [f"dataset '{spec.name}': {spec.info.download}" for spec in coming if spec.info.download]

    def stamp(self, pack: Pack) -> Path:
        """Snakemake's view of a pack."""
        return self.results / "stamps" / self.name / f"{pack.id}.json"

    @property
    def file(self) -> Path:
        """The plan's own file, which the report depends on."""
        return self.results / "plans" / f"{self.name}.json"

    def save(self, *, reopened: float | None = None) -> None:
        """Write the plan's file, only where the plan changed: that makes Snakemake redo the report.

        Args:
            reopened: when runs were found undone that a stamp stood for, in seconds since 1970. It is kept in the file,
                since Snakemake takes an input of equal content for unchanged, whatever its time stamp.
        """
        before = read_json(self.file)
        known = before.get("reopened") if isinstance(before, dict) else None
        described = json.loads(json.dumps(self.describe() | {"reopened": reopened or known}))
        if before != described:
            write_json(self.file, described)

    def describe(self) -> dict[str, object]:
        """The plan as JSON: what the report has to show."""
        return {
            "study": self.name,
            "runs": [run.path for run in self.runs],
            "packs": {pack.id: [run.path for run in pack.runs] for pack in self.packs.values()},
            "metrics": sorted({requested.file for cell in self.cells for requested in cell.metrics}),
            "exhibits": [exhibit.entry.model_dump(mode="json") for exhibit in self.exhibits],
            "absent": {name: list(problems) for name, problems in self.absent.items()},
            "undefined": self.undefined,
        }


def _pack(runs: list[Run], minutes: float) -> Pack:
    return Pack(tuple(runs), minutes, max(run.cell.memory_mb(run.dim) for run in runs))
