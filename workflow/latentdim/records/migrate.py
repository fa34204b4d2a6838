"""Carrying finished runs of commit 009b16d over, where nothing since has touched them.

Old results are only read. A run goes whole or not at all into the folder of its new name: weights under their buffers'
new names, history, journal and log; the metrics whose version is the same; and a record of the present layout with the
present fingerprint of the method's code. Examples hold samples, so the next run draws them anew.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from latentdim import registry
from latentdim.datasets.prepared import describe, description
from latentdim.datasets.spec import DatasetSpec
from latentdim.plan.plan import Plan
from latentdim.plan.run import Run
from latentdim.records import former
from latentdim.records.fingerprint import fingerprint
from latentdim.records.folder import RunFolder
from latentdim.records.record import SCHEMA, Record, write_record
from latentdim.study.evaluation import Evaluation
from latentdim.study.requested_metrics import RequestedMetric
from latentdim.study.spellings import renewed
from latentdim.system.files import read_json, write_json
from latentdim.system.leases import holder_of

COPIED = ("history.csv", "journal.jsonl", "log.txt")
NOTE = "carried over from results of commit 009b16d by `latentdim migrate`"


@dataclass
class Migration:
    """What is carried over, and why the rest isn't.

    Attributes:
        old, new: results folders; they may be one.
        plans: of the studies whose runs and datasets are looked for.
        dry: only look.
        carried: paths of runs, relative to ``old``, that were carried or would be.
        present: of those that had been carried before.
        left: of those that stay behind, by the reason.
        values: how many values of each metric were carried.
        values_left: how many of the carried runs' values have to be measured again, by metric.
    """

    old: Path
    new: Path
    plans: Sequence[Plan]
    dry: bool = False
    carried: list[str] = field(default_factory=list)
    present: list[str] = field(default_factory=list)
    left: dict[str, list[str]] = field(default_factory=dict)
    values: dict[str, int] = field(default_factory=dict)
    values_left: dict[str, int] = field(default_factory=dict)

    def migrate(self) -> None:
        """Carry over what can be; what was carried before is left alone, so it can be repeated."""
        for file in sorted(self.old.glob("runs/*/*/L*/*/seed*/record.json")):
            content: dict[str, Any] = read_json(file) or {}
            if content.get("schema", former.SCHEMA) != former.SCHEMA:
                continue  # of the present version, where both lie in one folder
            path = file.parent.relative_to(self.old).as_posix()
            reason = self._obstacle(path, content)
            if reason is not None:
                self.left.setdefault(reason, []).append(path)
            elif RunFolder(self.new / self._runs[path].path).record.exists():
                self.present.append(path)
            else:
                self._carry(RunFolder(file.parent), self._runs[path], content)
                self.carried.append(path)

    @cached_property
    def _runs(self) -> dict[str, Run]:
        """The studies' runs that could be carried, by their folder then."""
        runs = (run for plan in self.plans for run in plan.runs)
        return {
            former.run_path(run): run
            for run in runs
            if former.same_method(run.cell.method) and former.same_arrays(run.cell.dataset)
        }

    def _obstacle(self, path: str, content: dict[str, Any]) -> str | None:
        """Why a run stays behind, or None."""
        _, dataset, method, *_ = path.split("/")
        run = self._runs.get(path)
        if run is None:
            return self._unknown(dataset, method)
        folder = RunFolder(self.old / path)
        if holder_of(folder.lease) is not None:
            return "still being written"
        try:
            record = Record.model_validate_json(json.dumps(content))
        except ValidationError:
            return "their records can't be read"
        if not record.status.finished:
            return "they didn't end with a result"
        if record.source.fingerprint != former.METHODS[method]:
            return "made by other code than that of commit 009b16d"
        prepared = description(run.cell.dataset.folder(self.new))
        if prepared is not None and prepared["digest"] != record.data.digest:
            return "the data that are prepared here are others"
        begun = self.new / run.path
        return "begun anew here" if begun.exists() and not RunFolder(begun).record.exists() else None

    def _unknown(self, dataset: str, method: str) -> str:
        """Why a run isn't among those that could be carried."""
        if method not in registry.methods() or not former.same_method(registry.methods().get(method)):
            return "random numbers may have gone into them, whose streams are seeded in another way since"
        specs = [spec for plan in self.plans for spec in plan.datasets.values() if spec.name == dataset]
        if not specs:
            return "of data that none of the studies names; name a study that does"
        if not any(map(former.same_arrays, specs)):
            return "of data whose examples are in another order since"
        return "with settings that none of the studies asks for; name a study that does"

    def _carry(self, source: RunFolder, run: Run, content: dict[str, Any]) -> None:
        metrics = dict(self._metrics(source))
        if self.dry:
            return
        self._carry_data(run.cell.dataset)
        target = RunFolder(self.new / run.path)
        stage = RunFolder(target.path.with_name(f".{target.path.name}.migrating"))
        shutil.rmtree(stage.path, ignore_errors=True)  # of a process that was killed
        stage.path.mkdir(parents=True)
        for name in COPIED:
            if (source.path / name).exists():
                shutil.copyfile(source.path / name, stage.path / name)
        if source.model.exists():
            _carry_weights(source.model, stage.model, method=run.cell.method.name)
        for name, measured in metrics.items():
            write_json(stage.metric(name), measured)
        write_record(stage, _record(run, content))
        stage.path.rename(target.path)

    def _metrics(self, source: RunFolder) -> Iterator[tuple[str, dict[str, Any]]]:
        """New name and content of each metric's file that still stands."""
        for file in sorted(source.path.glob("metrics/*.json")):
            content: dict[str, Any] = read_json(file) or {}
            name, requested = file.name.partition("-")[0], _requested(content)
            counts = self.values_left if requested is None else self.values
            counts[name] = counts.get(name, 0) + 1
            if requested is not None:
                yield requested.file, content | {"evaluation": _evaluation(content).model_dump(mode="json")}

    def _carry_data(self, spec: DatasetSpec) -> None:
        """Lay the prepared arrays under their new name, as second names of the same files where the disk allows it."""
        source, target = former.data_folder(spec, self.old), spec.folder(self.new)
        then = description(source)
        if target.exists() or then is None:
            return
        stage = target.with_name(f".{target.name}.migrating")
        shutil.rmtree(stage, ignore_errors=True)
        stage.mkdir(parents=True)
        for name in then["files"]:
            _link(source / name, stage / name)
        now = then | describe(stage)
        if now["digest"] == then["digest"]:
            write_json(stage / "data.json", now)
            stage.rename(target)


def _record(run: Run, content: dict[str, Any]) -> Record:
    """The record in the present layout."""
    cell = run.cell
    declared = cell.versions | {"dataset": cell.dataset.kind.version}
    changed = {
        "schema": SCHEMA, "run": content["run"] | {"key": cell.key}, "declared": declared,
        "config": cell.config.model_dump(mode="json"), "training": cell.training_fields(),
        "source": {"fingerprint": fingerprint(cell.method, cell.network)}, "notes": [*content["notes"], NOTE],
    }  # fmt: skip
    return Record.model_validate_json(json.dumps(content | changed))


def _requested(content: dict[str, Any]) -> RequestedMetric | None:
    """The request that an old metric's file answers, or None where its value may be another now."""
    if content.get("status") not in {"ok", "refused"} or content.get("metric") not in registry.metrics():
        return None
    metric = registry.metrics().get(content["metric"])
    if content.get("version") != metric.version:
        return None
    try:
        return RequestedMetric.of(metric, _evaluation(content), content["axes"])
    except ValidationError:  # a setting that is no more
        return None


def _evaluation(content: dict[str, Any]) -> Evaluation:
    whole = {"protocol": {"evaluation": content["evaluation"]}}
    renewed(whole)
    return Evaluation.model_validate_json(json.dumps(whole["protocol"]["evaluation"]))


def _carry_weights(source: Path, target: Path, *, method: str) -> None:
    from safetensors.numpy import load_file, save_file

    save_file(former.renamed(method, load_file(source)), target)


def _link(source: Path, target: Path) -> None:
    """Give a file a second name, or copy it to another disk."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
