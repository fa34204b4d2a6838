"""The plan: a study expanded into runs and packs of runs. Pure, cheap, and without torch.

A pack is what one job carries: runs that are known beforehand, or one search, which asks for its runs on its way.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from latentdim.datasets.spec import DatasetSpec
from latentdim.plan.run import Cell, Run
from latentdim.plan.search import Search
from latentdim.registry.declarations import Exhibit, ExhibitOptions
from latentdim.study.file import ExhibitEntry, Study
from latentdim.system.files import read_json, write_json
from latentdim.system.identity import digest


@dataclass(frozen=True)
class Pack:
    """The runs that one job brings up to date, and what the job should ask for.

    Attributes:
        runs: of a search, all that it may ask for.
        minutes: of a search, its worst case.
        search: what chooses among the runs; None where all of them are due.
    """

    runs: tuple[Run, ...]
    minutes: float
    memory_mb: int
    search: Search | None = None

    @cached_property
    def id(self) -> str:
        """Hash of the run keys, the requested metrics and the state of the data's source."""
        asked = [[run.path, *(requested.file for requested in run.cell.metrics)] for run in self.runs]
        how = [[self.search.dims.search, self.search.metric.file]] if self.search else []
        return digest([self.dataset.info.fingerprint, asked, *how])

    @property
    def title(self) -> str:
        """For progress lines and plans."""
        if self.search:
            most = round(self.search.worst_case(lambda dim: 1.0))
            return f"{self.search.title}, at most {most} of {len(self.runs)} sizes"
        first, last = self.runs[0].title, self.runs[-1].title
        return first if len(self.runs) == 1 else f"{len(self.runs)} runs, {first} … {last}"

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
    """A study's runs, its packs, and the datasets that aren't there.

    Attributes:
        runs: all that the study may ask for, each once; a search asks for some of its own only.
        listed: those of them that it does ask for, whatever a search finds.
        stand_ins: the datasets of its file that others stand in for here, with those.
    """

    name: str
    path: Path
    study: Study
    results: Path
    cells: tuple[Cell, ...]
    listed: tuple[Run, ...]
    searches: tuple[Search, ...] = ()
    exhibits: tuple[PlannedExhibit, ...] = ()
    absent: dict[str, tuple[str, ...]] = field(default_factory=dict)
    stand_ins: dict[str, str] = field(default_factory=dict)

    @cached_property
    def runs(self) -> tuple[Run, ...]:
        """See above."""
        candidates = (run for search in self.searches for run in search.candidates)
        if not self.searches:
            return self.listed
        listed = {run.path: run for run in self.listed}  # stand under the label of their own entry
        return tuple((listed | {run.path: run for run in candidates if run.path not in listed}).values())

    @cached_property
    def packs(self) -> dict[str, Pack]:
        """Packs by identifier: the runs that nothing lacks, and their searches."""
        searching = map(_searching, (one for one in self.searches if self.can_run(one.cell)))
        return {pack.id: pack for pack in (*self._packed(), *searching)}

    @property
    def most_runs(self) -> int:
        """How many runs the study asks for, of its searches in their worst cases."""
        return len(self.listed) + round(sum(search.worst_case(lambda dim: 1.0) for search in self.searches))

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
        for name in dict.fromkeys(cell.dataset.name for cell in self.cells):
            yield from (run for run in self.listed if run.cell.dataset.name == name and self.can_run(run.cell))

    def can_run(self, cell: Cell) -> bool:
        """Whether the data are there, and what else its method needs on its way."""
        return cell.dataset.name not in self.absent and not cell.untrainable

    @property
    def left_out(self) -> list[str]:
        """A sentence for each thing whose absence keeps runs from being made, with what to supply."""
        data = [f"dataset '{name}': {problem}" for name, problems in self.absent.items() for problem in problems]
        there = (cell for cell in self.cells if cell.dataset.name not in self.absent)
        return [*data, *dict.fromkeys(cell.untrainable for cell in there if cell.untrainable)]

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
    def drawn_in_place(self) -> list[str]:
        """One sentence for each stand-in: ``'dsprites_rendered' stands in for 'dsprites'``."""
        return [f"'{other}' stands in for '{name}'" for name, other in self.stand_ins.items() if other in self.datasets]

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
            "searches": [search.title for search in self.searches],
            "packs": {pack.id: [run.path for run in pack.runs] for pack in self.packs.values()},
            "metrics": sorted({requested.file for cell in self.cells for requested in cell.metrics}),
            "exhibits": [exhibit.entry.model_dump(mode="json") for exhibit in self.exhibits],
            "left_out": self.left_out,
            "undefined": self.undefined,
        }


def _pack(runs: list[Run], minutes: float) -> Pack:
    return Pack(tuple(runs), minutes, max(run.cell.memory_mb(run.dim) for run in runs))


def _searching(search: Search) -> Pack:
    runs, cell = search.candidates, search.cell
    return Pack(runs, search.worst_case(cell.minutes), max(cell.memory_mb(run.dim) for run in runs), search)
