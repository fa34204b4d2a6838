"""The exhibits of a report as its pages show them, and the gravest of a study's outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from latentdim.exhibits.context import Drawn, study_notes
from latentdim.records.status import Status
from latentdim.report.inline import inline_svg
from latentdim.study.file import ExhibitEntry

GRAVEST_FIRST = (
    Status.FAILED, Status.OUT_OF_MEMORY, Status.TIMED_OUT, Status.DIVERGED, Status.MISSING, Status.STALE,
    Status.COLLAPSED,
)  # fmt: skip


@dataclass(frozen=True)
class Shown:
    """One exhibit of a report.

    Attributes:
        kind: title of its kind, where the study gives the exhibit none.
        files: its files, in the order of its declaration.
        drawn: what it says of itself; None where it couldn't be drawn.
        problem: why it couldn't.
        broken: a bug was the reason, or that nothing it would show is defined.
    """

    entry: ExhibitEntry
    kind: str
    files: tuple[Path, ...]
    drawn: Drawn | None = None
    problem: str = ""
    broken: bool = False

    @property
    def title(self) -> str:
        """Its heading."""
        return self.entry.title or self.kind or self.entry.name

    @property
    def picture(self) -> Path | None:
        """The picture that it consists of, if it is one."""
        drawn = self.drawn is not None and self.drawn.table is None
        return next((path for path in self.files if drawn and path.suffix == ".svg"), None)

    @property
    def svg(self) -> Markup:
        """That picture as an element of a page; empty where it is none."""
        if self.picture is None or self.drawn is None:
            return Markup()
        text, label = self.picture.read_text(encoding="utf-8"), self.drawn.alt or self.drawn.caption
        return Markup(inline_svg(text, name=self.entry.name, label=label))

    @property
    def notes(self) -> list[str]:
        """Its own, and what the study says of its cells, which in a table stands in the footnotes."""
        if self.drawn is None:
            return []
        noted = study_notes(self.drawn.cells if self.drawn.table is None else ())
        return [*self.drawn.notes, *(note.sentence for note in noted)]


def gravest(counts: Mapping[str, int]) -> str:
    """The status that colours a whole study: the gravest one that any of its runs has."""
    return next((status for status in GRAVEST_FIRST if counts.get(status)), Status.OK)
