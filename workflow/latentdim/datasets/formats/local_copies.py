"""Published sets: where a copy of one is looked for, what is lacking where there is none, and downloading it.

Searched in this order: the option ``path``, the folder in the environment variable LATENTDIM_DATA, ``data/`` under the
working folder; then it is downloaded into ``data/``, where its publisher lets a program do so, unless LATENTDIM_OFFLINE
is set.
"""

from __future__ import annotations

import difflib
import os
import socket
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from latentdim.datasets.formats.sources import absence, expanded, is_file, is_folder, listed, names_in, quoted
from latentdim.registry.declarations import DatasetOptions
from latentdim.system.problems import DataRefused

VARIABLE = "LATENTDIM_DATA"
NO_DOWNLOAD = "couldn't be downloaded"
PUT = ": put "  # begins what has to lie where
OFFLINE = "LATENTDIM_OFFLINE"  # set to anything: what isn't here counts as missing, and nothing is downloaded
DOWNLOADS = Path("data")
NETWORK_TIMEOUT_SECONDS = 60.0


class DownloadFailed(DataRefused):
    """Data that aren't here and couldn't be downloaded; the message says what to put where."""


class LocalOptions(DatasetOptions):
    """Where a published set lies. It is the same from anywhere, so this is no part of its identity."""

    location = frozenset({"path"})

    path: str | None = Field(None, min_length=1, description="folder of its files, or one above in the usual layout")


class DownloadOptions(LocalOptions):
    """Where a published set lies that can be downloaded."""

    location = frozenset({"path", "download"})

    download: bool = Field(True, description="download into data/ where no local copy is found")


@dataclass(frozen=True)
class Part:
    """A file of a published set, or a folder.

    Attributes:
        names: any one of them is enough, the first is preferred; relative to the set's folder. A folder's ends in '/'.
        note: what a sentence adds about the file: its size, its checksum.
        wanted: the name that is asked for where none is there; empty for the first.
    """

    names: tuple[str, ...]
    note: str = ""
    wanted: str = ""

    @property
    def name(self) -> str:
        """By what it is called in sentences."""
        return self.wanted or self.names[0]

    def within(self, folder: Path) -> Path | None:
        """Where it is in a folder, or None."""
        found = (folder / name for name in self.names if (is_folder if name.endswith("/") else is_file)(folder / name))
        return next(found, None)


@dataclass(frozen=True)
class PublishedSet:
    """What a published set consists of.

    Attributes:
        parts: by the set's own names for them.
        layout: the folder of the parts below a root, as torchvision or the publisher lays them down.
        other_layouts: further folders where the parts may lie, below a root.
        loose_layouts: the same, only below a folder that ``path`` names: too general to be looked into unasked.
        forms: in which other forms the parts are taken, for sentences: ``plain or with '.gz'``.
        origin: where a user gets the files.
        download: downloads into the folder it is given and returns the folder of the parts; None where an account or a
            person is needed.
    """

    title: str
    parts: Mapping[str, Part]
    layout: str
    other_layouts: tuple[str, ...] = ()
    loose_layouts: tuple[str, ...] = ()
    forms: str = ""
    origin: str = ""
    download: Callable[[Path], Path] | None = None

    def find(self, options: LocalOptions) -> dict[str, Path] | None:
        """All parts by name, from the first folder that has them all."""
        for folder in self._folders(options):
            found = {name: part.within(folder) for name, part in self.parts.items()}
            whole = {name: path for name, path in found.items() if path}
            if len(whole) == len(found):
                return whole
        return None

    def problems(self, options: LocalOptions) -> tuple[str, ...]:
        """Why the set can't be had as the options say; presence only, nothing is opened."""
        if self.find(options):
            return ()
        if options.path:
            root = expanded(options.path)
            return (self._lacking(root, options) if is_folder(root) else absence("path", root, noun="folder"),)
        if no_data_folder():
            return (no_data_folder(),)
        start = f"{self.title} isn't"
        if self.download and isinstance(options, DownloadOptions):
            if options.download and not os.environ.get(OFFLINE):
                return ()
            start = f"{f'{OFFLINE} is set' if options.download else 'download = False'}, and {self.title} isn't"
        return (f"{start} in {_places()} ({VARIABLE} may name its folder){PUT}{self._wanted()}",)

    def to_download(self, options: LocalOptions) -> str:
        """What preparing will download, from what its source tells; empty where it won't."""
        if self.problems(options) or self.find(options):
            return ""
        return f"{self.title} isn't in {_places()} and will be downloaded into {quoted(DOWNLOADS / self.layout)}"

    def have(self, options: LocalOptions) -> dict[str, Path]:
        """All parts by name, downloaded where that is what it takes.

        Raises:
            DataRefused: saying what is missing.
            DownloadFailed: saying what to put where.
        """
        problems = self.problems(options)
        if problems:
            raise DataRefused("; ".join(problems))
        return self.find(options) or self._downloaded()

    def _folders(self, options: LocalOptions) -> Iterator[Path]:
        layouts = (self.layout, *self.other_layouts)
        if options.path:
            yield from (expanded(options.path) / layout for layout in (*layouts, *self.loose_layouts))
        else:
            yield from (root / layout for root in _usual_roots() for layout in layouts)

    def _lacking(self, root: Path, options: LocalOptions) -> str:
        """The sentence about a folder that doesn't hold all parts."""
        folders = list(self._folders(options))
        parts = self.parts.values()
        folder = max(folders, key=lambda place: sum(bool(part.within(place)) for part in parts))
        missing = [part for part in parts if not part.within(folder)]
        kept = {Path(name).name for part in parts if part not in missing for name in part.names}
        near = _nearest([name for part in missing for name in part.names], folders, besides=kept)
        described = _described(missing)
        forms = f", {self.forms}" if self.forms else ""
        nested = f", nor in its {quoted(self.layout)}" if self.layout != "." else ""
        hint = f"; the nearest there: {listed(sorted(near))}" if near else ""
        return f"path = {quoted(root)}: {self.title} isn't whole there{nested}; missing{forms}: {described}{hint}"

    def _wanted(self) -> str:
        forms = f", {self.forms}," if self.forms else ""
        origin = f" (from {self.origin})" if self.origin else ""
        return f"{_described(self.parts.values())}{forms} into {quoted(DOWNLOADS / self.layout)}{origin}"

    def _downloaded(self) -> dict[str, Path]:
        """Download the parts; each appears in ``data/`` in one step, so that another process never reads a piece."""
        assert self.download is not None  # else the lack of a local copy is a problem
        target = DOWNLOADS / self.layout
        print(f"prepare  downloading {self.title} into {target}", file=sys.stderr)
        try:
            target.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=".downloading-", dir=DOWNLOADS) as scratch, _network_timeout():
                _move(self.parts.values(), self.download(Path(scratch)), target)
        except Exception as error:  # each downloader has its own kinds, and what it writes is whatever a host answered
            reason = " ".join(str(error).split())[:200]
            raise DownloadFailed(
                f"{self.title} {NO_DOWNLOAD} ({reason}); put {self._wanted()}, or name its folder by path or {VARIABLE}"
            ) from error
        return {name: place for name, part in self.parts.items() if (place := part.within(target))}


def no_data_folder() -> str:
    """The sentence about a LATENTDIM_DATA that names no folder; empty where it does, or isn't set."""
    named = os.environ.get(VARIABLE)
    return absence(VARIABLE, expanded(named), noun="folder") if named and not is_folder(expanded(named)) else ""


def _move(parts: Iterable[Part], source: Path, target: Path) -> None:
    """Move each part's file into a folder, in one step each."""
    for found in dict.fromkeys(part.within(source) for part in parts):  # several parts may lie in one archive
        if found is None:
            raise RuntimeError("the download isn't whole")
        place = target / found.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        found.replace(place)


def _described(parts: Iterable[Part]) -> str:
    """Files by name, with what is known of their size and checksum; the first eight where there are more."""
    every = list(dict.fromkeys(quoted(part.name) + (f" ({part.note})" if part.note else "") for part in parts))
    more = [f"{len(every) - 8} more"] if len(every) > 8 else []
    return ", ".join([*every[:8], *more])


def without_data_folder(sentence: str) -> str:
    """What is told of a set that isn't here, for reports: they are read elsewhere, where the folder is another one."""
    root = os.environ.get(VARIABLE)
    return sentence.replace(quoted(expanded(root)), f"the folder of {VARIABLE}") if root else sentence


def without_instructions(sentence: str) -> str:
    """That a set isn't here, without what to put where."""
    return sentence.partition(PUT)[0]


def _places() -> str:
    return " or ".join(quoted(root) for root in _usual_roots())


def _usual_roots() -> Iterator[Path]:
    if os.environ.get(VARIABLE):
        yield expanded(os.environ[VARIABLE])
    yield DOWNLOADS


def _nearest(names: list[str], folders: list[Path], *, besides: set[str]) -> set[str]:
    """What lies in the folders under almost one of the names, the files that were found left out."""
    places = {(folder / name).parent for folder in folders for name in names}
    here = sorted({name for place in places for name in names_in(place)} - besides)
    return {near for name in names for near in difflib.get_close_matches(Path(name).name, here, n=1, cutoff=0.8)}


@contextmanager
def _network_timeout() -> Iterator[None]:
    """Connections give up instead of waiting for ever."""
    before = socket.getdefaulttimeout()
    try:
        socket.setdefaulttimeout(NETWORK_TIMEOUT_SECONDS)
        yield
    finally:
        socket.setdefaulttimeout(before)
