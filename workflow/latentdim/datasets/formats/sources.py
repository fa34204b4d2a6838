"""A user's own files: where they lie, what to say where they don't, when they changed, and how they are split."""

from __future__ import annotations

import difflib
import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from latentdim.system.seeds import stream

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class FileState(NamedTuple):
    """A file as a directory listing shows it. ``name`` is relative to the source, with forward slashes."""

    name: str
    size: int
    changed_ns: int


def expanded(path: str | Path) -> Path:
    """A path as written in a study file; a leading ``~`` is the home folder, and nothing else is replaced."""
    try:
        return Path(path).expanduser()
    except RuntimeError:  # "~nobody": no such user
        return Path(path)


def is_folder(path: Path) -> bool:
    """Whether it is a folder, also where a folder above it can't be entered."""
    try:
        return path.is_dir()
    except OSError:
        return False


def is_file(path: Path) -> bool:
    """Whether it is a file, also where a folder above it can't be entered."""
    try:
        return path.is_file()
    except OSError:
        return False


def leads_nowhere(path: Path) -> bool:
    """Whether it is a link to something that isn't there, or to itself."""
    try:
        return path.is_symlink() and not path.exists()
    except OSError:  # a loop of links, in some versions of Python
        return True


def quoted(name: str | Path) -> str:
    """A name in quotes; what can't be printed (bytes that aren't UTF-8, line breaks) is escaped."""
    text = os.fsencode(name).decode("utf-8", "backslashreplace")
    return "'" + "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text) + "'"


def listed(names: Iterable[str | Path]) -> str:
    """Names for a sentence: ``'a', 'b' and 'c'``; the first eight where there are more."""
    every = [quoted(name) for name in names]
    if len(every) > 8:
        every = [*every[:8], f"{len(every) - 8} more"]
    return " and ".join(filter(None, [", ".join(every[:-1]), every[-1]]))


def absence(key: str, path: Path, *, noun: str) -> str:
    """The sentence about a named ``folder`` or ``file`` that isn't there, with the nearest thing that is.

    Args:
        key: the study file's key that names it.
        noun: ``folder`` or ``file``.
    """
    start = f"{key} = {quoted(path)}: "
    if is_folder(path):
        return f"{start}is a folder, not a {noun}"
    if is_file(path):
        return f"{start}is a file, not a {noun}"
    above = next((parent for parent in path.parents if is_folder(parent)), Path())
    near = difflib.get_close_matches(path.name, names_in(above), n=1) if above == path.parent else []
    hint = f"; did you mean {quoted(above / near[0])}?" if near else f"; of it, {quoted(above)} exists"
    origin = "" if path.is_absolute() else f" (a relative path starts at the working folder, {quoted(Path.cwd())})"
    return f"{start}there is no such {noun}{origin}{hint}"


def names_in(folder: Path) -> list[str]:
    """What a folder lists; nothing where it can't be listed."""
    try:
        return [entry.name for entry in folder.iterdir()]
    except OSError:
        return []


def state_of(path: Path) -> FileState:
    """A single file's state.

    Raises:
        OSError: if it can't be looked at.
    """
    found = path.stat()
    return FileState(path.name, found.st_size, found.st_ctime_ns)


def fingerprint(files: Iterable[FileState]) -> str:
    """Changes when a file is added, removed, renamed, resized or written again."""
    total = hashlib.sha256()
    for file in files:
        total.update(os.fsencode(file.name) + f"\0{file.size}\0{file.changed_ns}\n".encode())
    return total.hexdigest()[:16]


def n_test_of(n: int, test_fraction: float) -> int:
    """How many of ``n`` examples are held out: the nearest whole number that leaves both parts one at least."""
    return min(n - 1, max(1, round(n * test_fraction)))


def random_part(n_test: int, *, of: int, noun: str) -> str:
    """What a description says of a test part that no source gives."""
    return f"test part: {n_test:,} of {of:,} {noun}, drawn at random"


def shuffled_parts(n: int, *, test_fraction: float, name: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Positions of the training and the test examples, both in random order, from the stream ``<name>/split``.

    The order is random too, since validation takes the last training examples and sources are often sorted by class.
    """
    order = stream(name, "split").permutation(n)
    n_test = n_test_of(n, test_fraction)
    return order[n_test:], order[:n_test]
