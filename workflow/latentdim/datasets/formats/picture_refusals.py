"""Pictures that can't be used, collected so that all of them are told: the first eight of a kind and how many more."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from latentdim.datasets.formats.sources import listed, quoted
from latentdim.system.problems import DataRefused

PROGRESS_EVERY = 10_000


class PictureRefused(DataRefused):
    """A picture that can't be used; alike ones are told together.

    Attributes:
        reason: what is wrong, in words that fit several pictures as well as one.
        detail: what is this picture's own about it.
    """

    def __init__(self, title: str, reason: str, detail: str = "") -> None:
        self.reason, self.detail = reason, detail
        super().__init__(f"{title}: {reason}" + (f" ({detail})" if detail else ""))


@dataclass
class Refusals:
    """The refusals of a folder's files, which are looked at one after the other: first all headers, then all pixels.

    Attributes:
        n_files: how many there are.
        n_done: how many of them have been read, by what was read of them.
        kinds: the files that are refused, each with its own detail, by reason.
    """

    n_files: int
    n_done: Counter[str] = field(default_factory=Counter)
    kinds: dict[str, list[tuple[Path, str]]] = field(default_factory=dict)

    @contextmanager
    def collected(self, path: Path, noun: str = "headers") -> Iterator[None]:
        """Keep what the block refuses of one file for the end.

        Args:
            noun: what is read of the files, for lines that tell how far it is.
        """
        try:
            yield
        except PictureRefused as refusal:
            self.kinds.setdefault(refusal.reason, []).append((path, refusal.detail))
        self.n_done[noun] += 1
        if self.n_done[noun] % PROGRESS_EVERY == 0:
            print(f"prepare  {self.n_done[noun]:,} of {self.n_files:,} {noun}", file=sys.stderr)

    def end(self) -> None:
        """Refuse the data if any file was refused.

        Raises:
            DataRefused: with one sentence a kind.
        """
        if self.kinds:
            raise DataRefused(self.text())

    def text(self) -> str:
        """One sentence a kind, after the count of all where there are several kinds."""
        told = "; ".join(self._told(reason, sorted(files)) for reason, files in self.kinds.items())
        n_refused = sum(map(len, self.kinds.values()))
        return told if len(self.kinds) < 2 else f"{n_refused:,} of {self.n_files:,} files can't be used: {told}"

    def _told(self, reason: str, files: Sequence[tuple[Path, str]]) -> str:
        path, detail = files[0]
        if len(files) == 1:
            return str(PictureRefused(quoted(path), reason, detail))
        names = listed(path for path, _ in files)
        first = f" (the first: {detail})" if detail else ""
        return f"{names} ({len(files):,} of {self.n_files:,} files): {reason}{first}"
