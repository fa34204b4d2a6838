"""Which image files lie in a folder, and what else does."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from latentdim.datasets.formats.picture_headers import ENDINGS
from latentdim.datasets.formats.sources import (
    FileState,
    absence,
    is_folder,
    leads_nowhere,
    quoted,
)
from latentdim.system.problems import DataRefused

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
