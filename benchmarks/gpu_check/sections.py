"""Sections that take turns within a time limit, each writing what it has found so far, and the archive of them all."""

from __future__ import annotations

import io
import json
import sys
import tarfile
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.images import Images
from latentdim.system.files import write_atomic, write_json

if TYPE_CHECKING:
    import torch

ARCHIVE = "gpu-check.tar.gz"
PAGE = "gpu.md"
Row = dict[str, Any]
Report = dict[str, Any]


@dataclass(frozen=True)
class Bench:
    """Where the sections measure.

    Attributes:
        tiny: seconds in all, to see that everything runs; no number then means anything.
        images: MNIST, or random bytes of its shape.
        earlier: what the sections before this one found, by name.
        deadline: by ``time.monotonic``, when this section should be done.
    """

    device: torch.device
    tiny: bool
    images: Images
    earlier: Mapping[str, Report]
    deadline: float

    @property
    def left(self) -> float:
        """Seconds until the deadline."""
        return self.deadline - time.monotonic()


@dataclass(frozen=True)
class Section:
    """One part of the check.

    Attributes:
        name: also of its file.
        share: of the whole time, at most; what one section leaves over goes to the last.
        rows: measures, and yields rows of plain JSON as soon as they are known.
    """

    name: str
    share: float
    rows: Callable[[Bench], Iterator[list[Row]]]


def run_sections(
    sections: Sequence[Section], *, bench: Callable[[Mapping[str, Report], float], Bench], seconds: float,
    keep: Callable[[str, Report], None],
) -> dict[str, Report]:  # fmt: skip
    """Run the sections in turn. A failing one costs itself alone.

    Args:
        bench: made anew for each section, from what the earlier ones found and its deadline.
        seconds: for all of them; the last section has whatever is left.
        keep: called with a section's name and what it has found, whenever it has found more and at its end.
    """
    end = time.monotonic() + seconds
    finished: dict[str, Report] = {}
    for section in sections:
        begun = time.monotonic()
        last = section is sections[-1]
        deadline = end if last else min(end, begun + section.share * seconds)
        report = _report(section, bench(finished, deadline), partial(keep, section.name))
        finished[section.name] = report | {"seconds": round(time.monotonic() - begun, 1)}
        keep(section.name, finished[section.name])
        print(f"{section.name}: {len(report['rows'])} rows, {time.monotonic() - begun:.0f} s", file=sys.stderr)
    return finished


def _report(section: Section, bench: Bench, keep: Callable[[Report], None]) -> Report:
    """A section's rows, and why there are no more of them where it didn't come to its end."""
    report: Report = {"rows": [], "ended": "running"}
    if bench.left <= 0:
        return report | {"ended": "left out: no time was left for it"}
    try:
        for rows in section.rows(bench):
            report["rows"] += rows
            keep(report)
            print(*(f"  {section.name}: {row}" for row in rows), sep="\n", file=sys.stderr, flush=True)
            if bench.left <= 0:
                return report | {"ended": "cut off: its time was up, so rows may be missing"}
    except Exception as error:  # what fails on one machine must not cost what the others measure
        traceback.print_exc()
        return report | {"ended": f"failed: {type(error).__name__}: {' '.join(str(error).split())}"}
    return report | {"ended": "complete"}


def write_archive(folder: Path, names: Sequence[str], page: str) -> None:
    """Pack the results written so far and the page made of them, atomically."""
    contents = {f"{name}.json": (folder / f"{name}.json").read_bytes() for name in names}
    contents[PAGE] = page.encode()

    def write(temporary: Path) -> None:
        with tarfile.open(temporary, "w:gz") as archive:
            for name, content in contents.items():
                entry = tarfile.TarInfo(name)
                entry.size, entry.mtime = len(content), int(time.time())
                archive.addfile(entry, io.BytesIO(content))

    write_atomic(folder / ARCHIVE, write)


def read_archive(path: Path) -> dict[str, Report]:
    """The results in an archive by name, or in a folder of the same files.

    Raises:
        FileNotFoundError: if there is neither.
        tarfile.TarError: if the file is no archive.
    """
    if path.is_dir():
        return {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in sorted(path.glob("*.json"))}
    with tarfile.open(path, "r:gz") as archive:
        files = [member for member in archive.getmembers() if member.isfile() and member.name.endswith(".json")]
        return {member.name.removesuffix(".json"): json.load(archive.extractfile(member)) for member in files}  # type: ignore[arg-type]


def write_report(folder: Path, name: str, report: Report) -> None:
    """One section's file."""
    write_json(folder / f"{name}.json", report)
