"""Taking in finished runs that another machine made.

Runs with one path are the same run, and the same numbers are expected of them. Equal ones become one, with the metrics
of both. Where numbers differ the run here stays as it is, and the other one is kept whole beside the runs, so that
nobody loses any.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from latentdim import registry
from latentdim.records.folder import RunFolder
from latentdim.records.metric_files import read_metrics
from latentdim.records.record import Record, RecordRefused, read_record
from latentdim.system.files import write_atomic
from latentdim.system.identity import digest
from latentdim.system.leases import Held, holder_of, lease

CONTRADICTING = "contradicting"  # folder of the runs whose numbers differ from those here


@dataclass
class Merger:
    """What is taken in, and what isn't.

    Attributes:
        other, here: results folders.
        taken: paths of runs that weren't finished here.
        completed: of equal runs that had metrics or examples which lacked here.
        equal: of equal runs with nothing to add.
        contradictions: the differences of each run that is in both with other numbers.
        left: why a run stays behind.
    """

    other: Path
    here: Path
    taken: list[str] = field(default_factory=list)
    completed: list[str] = field(default_factory=list)
    equal: list[str] = field(default_factory=list)
    contradictions: dict[str, list[str]] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)

    def merge(self) -> None:
        """Take in all runs; it can be repeated."""
        for file in sorted(self.other.glob("runs/*/*/L*/*/seed*/record.json")):
            path = file.parent.relative_to(self.other).as_posix()
            theirs, ours = RunFolder(file.parent), RunFolder(self.here / path)
            try:
                record = read_record(theirs)
                if record is None or not record.status.finished:
                    continue  # it is made here, or there, some time
                if holder_of(theirs.lease) is not None:
                    self.left[path] = "it is being written there"
                    continue
                with lease(ours.lease):
                    self._merge_run(path, theirs, ours, record)
            except RecordRefused as refusal:
                self.left[path] = str(refusal)
            except Held as held:
                self.left[path] = str(held)

    def _merge_run(self, path: str, theirs: RunFolder, ours: RunFolder, record: Record) -> None:
        present = read_record(ours)
        if present is None or not present.status.finished:
            ours.empty()
            _copy(theirs, ours)
            self.taken.append(path)
        elif differences := list(_differences(theirs, record, ours, present)):
            self.contradictions[path] = differences
            content = [record.content(), *read_metrics(theirs)]
            aside = RunFolder(self.here / CONTRADICTING / Path(path).relative_to("runs") / digest(content))
            if not aside.record.exists():
                _copy(theirs, aside)
        else:
            added = [file for file in _lacking(theirs, ours) if _copy_file(file, theirs, ours)]
            (self.completed if added else self.equal).append(path)


def _differences(theirs: RunFolder, record: Record, ours: RunFolder, present: Record) -> Iterator[str]:
    """What contradicts, in words: first how the run ended and on what data, then each metric that both have."""
    facts = {
        "data": (record.data.digest[:12], present.data.digest[:12]),
        "status": (record.status, present.status),
        "active": (record.active, present.active),
    }
    for name, (there, here) in facts.items():
        if there != here:
            yield f"{name} is {here} here and {there} there"
    measured = {content["file"]: content for content in read_metrics(ours)}
    for content in read_metrics(theirs):
        other = measured.get(content["file"])
        if other is not None and _is_result(content) and content.get("value") != other.get("value"):
            axes = f" on {content['axes']}" if content.get("axes") else ""
            yield f"{content.get('metric')}{axes} is {other.get('value')} here and {content.get('value')} there"


def _is_result(content: dict[str, Any]) -> bool:
    """Whether a measurement tells of the run; seconds and memory tell of the machine, and failures of nothing."""
    known = registry.metrics()
    name = str(content.get("metric"))
    return content.get("status", "ok") != "failed" and not (name in known and known.get(name).of_machine)


def _lacking(theirs: RunFolder, ours: RunFolder) -> list[str]:
    """Names of metrics' files and examples that are there alone."""
    files = [path for pattern in ("metrics/*.json", "stored/*.safetensors") for path in theirs.path.glob(pattern)]
    names = sorted(str(path.relative_to(theirs.path)) for path in files)
    return [name for name in names if not (ours.path / name).exists()]


def _copy_file(name: str, theirs: RunFolder, ours: RunFolder) -> Path:
    write_atomic(ours.path / name, lambda temporary: _filled(theirs.path / name, temporary))
    return ours.path / name


def _filled(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)


def _copy(theirs: RunFolder, target: RunFolder) -> None:
    """All that a run left, its record last: until then it counts as unfinished."""
    for file in sorted(theirs.path.rglob("*"), key=lambda file: file == theirs.record):
        name = file.relative_to(theirs.path)
        if file.is_file() and name.as_posix() not in {"lease", "progress.json"} and file.suffix != ".partial":
            _copy_file(name.as_posix(), theirs, target)
