"""Which image files lie in a folder, what else does, and which part each belongs to by its folder's name."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal

from latentdim.datasets.formats.picture_headers import ENDINGS
from latentdim.datasets.formats.sources import (
    FileState,
    absence,
    is_folder,
    leads_nowhere,
    listed,
    quoted,
    shuffled_parts,
)
from latentdim.system.counting import counted
from latentdim.system.problems import DataRefused

Role = Literal["train", "validation", "test"]
# Names that say which part a folder holds: 'Train', 'validation', 'val2017', 'test_set', …
ROLES: dict[Role, re.Pattern[str]] = {
    "train": re.compile(r"(training|train)[ _-]?(set|images|data|\d+)?", re.IGNORECASE),
    "validation": re.compile(r"(validation|valid|val)[ _-]?(set|images|data|\d+)?", re.IGNORECASE),
    "test": re.compile(r"(testing|test)[ _-]?(set|images|data|\d+)?", re.IGNORECASE),
}
HIDDEN, BROKEN = UNQUOTED = ("hidden", "leading nowhere (broken links)")
MOST_KINDS = 5  # of other files, that a sentence lists


@dataclass
class Scan:
    """What lies in a folder and below.

    Attributes:
        files: the images, sorted by name.
        others: what isn't taken, by ending (or name, where there is none).
    """

    root: Path
    files: list[FileState] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)
    _entered: set[tuple[int, int]] = field(default_factory=set)

    def enter(self, folder: Path, prefix: str = "") -> None:
        """Collect the images of a folder and those below; one reached again through a link isn't entered twice."""
        identity = folder.stat()
        if (identity.st_dev, identity.st_ino) in self._entered:
            return
        self._entered.add((identity.st_dev, identity.st_ino))
        with os.scandir(folder) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                ending = Path(entry.name).suffix
                broken = entry.is_symlink() and leads_nowhere(folder / entry.name)
                if entry.name.startswith("."):
                    self.others[HIDDEN] += 1
                elif not broken and entry.is_dir():
                    self.enter(folder / entry.name, f"{prefix}{entry.name}/")
                elif ending.lower() in ENDINGS:  # a broken link too: it is refused along with damaged pictures
                    state = entry.stat(follow_symlinks=not broken)
                    self.files.append(FileState(prefix + entry.name, state.st_size, state.st_ctime_ns))
                else:
                    self.others[BROKEN if broken else ending or entry.name] += 1

    def others_listed(self) -> str:
        """What isn't taken, the most frequent first: ``3 '.svg', 1 'README' and 1 hidden``; empty where nothing is."""
        frequent = sorted(self.others.items(), key=lambda item: (-item[1], item[0] == HIDDEN, item[0]))
        kinds = [f"{n:,} {kind if kind in UNQUOTED else quoted(kind)}" for kind, n in frequent[:MOST_KINDS]]
        rest = sum(n for _, n in frequent[MOST_KINDS:])
        kinds += [f"{rest:,} more"] if rest else []
        return " and ".join(filter(None, [", ".join(kinds[:-1]), *kinds[-1:]]))


def scan(root: Path) -> Scan:
    """Look through a folder; hidden files and folders are left out, links are followed.

    Raises:
        DataRefused: if it isn't there, can't be listed, or has fewer than two images.
    """
    if not is_folder(root):
        raise DataRefused(absence("path", root, noun="folder"))
    seen = Scan(root)
    try:
        seen.enter(root)
    except OSError as error:
        raise DataRefused(f"path = {quoted(root)}: {quoted(error.filename)}: {error.strerror}") from error
    files = seen.files
    if len(files) < 2:
        count = f"only one image ({quoted(files[0].name)})" if files else "no images"
        raise DataRefused(
            f"path = {quoted(root)}: {count} in it or below; an image's name ends in {', '.join(ENDINGS)}; "
            f"other files: {seen.others_listed() or 'nothing else'}"
        )
    files.sort()
    return seen


@dataclass(frozen=True)
class Parts:
    """Which files are trained on and which are held out, by name.

    Attributes:
        note: where the split comes from, if it was given, and what is left out by it.
    """

    train: list[str]
    test: list[str]
    note: str = ""


def parts_of(seen: Scan, *, by_folder: bool, test_fraction: float) -> Parts:
    """The split that folders are named for; else a share is held out at random, whole files at a time.

    Folders named for training and test are the parts; where there is none for test, those for validation are held out,
    else they are left out (a validation part is cut from the training part, see the protocol's ``n_validation``).

    Raises:
        DataRefused: where such names don't make a split: none for training, or images outside of them.
    """
    names = [file.name for file in seen.files]
    members: dict[Role | None, list[str]] = {}
    folders: dict[Role, dict[str, None]] = {}
    for name in names:
        role, folder = _named_part(name.rpartition("/")[0])
        members.setdefault(role, []).append(name)
        if role:
            folders.setdefault(role, {})[folder] = None
    if not by_folder or len(members) == 1:
        train, test = shuffled_parts(len(names), test_fraction=test_fraction, name="image_folder")
        return Parts([names[i] for i in train], [names[i] for i in test])
    _verify_roles(seen.root, members, [folder for its in folders.values() for folder in its])
    held_out: Role = "test" if "test" in members else "validation"
    note = f"training part: {listed(folders['train'])}; test part: {listed(folders[held_out])}"
    if held_out == "test" and "validation" in members:
        n_unused = counted(len(members["validation"]), "picture")
        note += f"; left out: {n_unused} in {listed(folders['validation'])} (n_validation cuts from the training part)"
    return Parts(members["train"], members[held_out], note)


@cache
def _named_part(folder: str) -> tuple[Role | None, str]:
    """The part that a folder is named for, or the outermost of those above it that is, and that one's name."""
    names = folder.split("/")
    for depth, name in enumerate(names, start=1):
        for role, pattern in ROLES.items():
            if pattern.fullmatch(name):
                return role, "/".join(names[:depth])
    return None, ""


def _verify_roles(root: Path, members: Mapping[Role | None, list[str]], folders: Sequence[str]) -> None:
    """Whether folders named for parts make a split.

    Raises:
        DataRefused: if none is for training, or images lie outside of them.
    """
    start = f"path = {quoted(root)}: has the sub-folder{'s' if len(folders) > 1 else ''} {listed(folders)}"
    pooled = "or give split: random to pool them all"
    if None in members:
        strays = members[None]
        raise DataRefused(
            f"{start}, but also {counted(len(strays), 'image')} outside of "
            f"{'them' if len(folders) > 1 else 'it'} ({quoted(strays[0])}…); move them, {pooled}"
        )
    if "train" not in members:
        raise DataRefused(f"{start}, but none that is named for training ('train'); rename one, {pooled}")
