"""Published pictures by name, out of their archive (verified first) or out of the folder that it unpacks to."""

from __future__ import annotations

import os
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from latentdim.datasets.formats.checksums import Checksum
from latentdim.datasets.formats.sources import fingerprint, is_folder, quoted, state_of
from latentdim.registry.declarations import SourceInfo
from latentdim.system.problems import DataRefused

ENDING = ".jpg"
PROGRESS_EVERY = 10_000
DAMAGE = (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError)


@dataclass(frozen=True)
class Pictures:
    """JPEG files that are read one at a time.

    Attributes:
        names: as in the archive, its top folder included, with forward slashes; sorted.
        content: a picture's bytes by its name.
        title: by what a sentence calls a picture.
    """

    names: tuple[str, ...]
    content: Callable[[str], bytes]
    title: Callable[[str], str]

    def each(self, names: list[str]) -> Iterator[tuple[str, bytes, str]]:
        """Name, bytes and title of the named pictures, telling on standard error how far it is.

        Raises:
            DataRefused: naming the first that can't be read.
        """
        for done, name in enumerate(names, start=1):
            try:
                content = self.content(name)
            except DAMAGE as error:
                reason = (error.strerror if isinstance(error, OSError) else None) or error
                raise DataRefused(f"{self.title(name)}: can't be read ({reason})") from error
            yield name, content, self.title(name)
            if done % PROGRESS_EVERY == 0:
                print(f"prepare  {done:,} of {len(names):,} pictures", file=sys.stderr)


@contextmanager
def pictures_in(path: Path, checksum: Checksum) -> Iterator[Pictures]:
    """The pictures of a folder or of an archive, which stays open for the length of the block.

    Args:
        checksum: of the archive; a folder has none.

    Raises:
        DataRefused: if the archive isn't the published one, or the folder can't be listed.
    """
    if is_folder(path):
        yield _of_folder(path)
        return
    with checksum.opened(path) as handle:
        try:
            archive = zipfile.ZipFile(handle)
        except DAMAGE as error:
            raise DataRefused(f"{quoted(path)}: can't be read as a zip file ({error})") from error
        with archive:
            names = tuple(sorted(name for name in archive.namelist() if name.endswith(ENDING)))
            yield Pictures(names, archive.read, lambda name: f"{quoted(path)}, {quoted(name)}")


def fingerprint_of(path: Path | None, *, each: bool) -> str:
    """The fingerprint of the pictures' source: of a folder, which can't be verified, how it lies there now.

    An archive is verified when it is read, so its state tells nothing more; the same where nothing was found yet.

    Args:
        each: look at every picture's size and time. Else the folder's own time and the number of pictures stand for
            them, which is quick for very many, but leaves unnoticed a picture that is overwritten in place.
    """
    if path is None or not is_folder(path):
        return SourceInfo.fingerprint
    try:
        names = sorted(_listed(path, path.name))
        if each:
            return fingerprint(state_of(path.parent / name)._replace(name=name) for name in names)
        return fingerprint([state_of(path)._replace(size=len(names))])
    except OSError:
        return "unreadable"  # the preparing job will say why


def _of_folder(root: Path) -> Pictures:
    above = root.parent
    try:
        names = tuple(sorted(_listed(root, root.name)))
    except OSError as error:
        raise DataRefused(f"{quoted(error.filename or root)}: can't be listed ({error.strerror})") from error
    return Pictures(names, lambda name: (above / name).read_bytes(), lambda name: quoted(above / name))


def _listed(folder: Path, prefix: str, *, depth: int = 2) -> Iterator[str]:
    """Names of the pictures in a folder and in the folders right in it; hidden ones are left out."""
    with os.scandir(folder) as entries:
        for entry in entries:
            name = f"{prefix}/{entry.name}"
            if entry.name.startswith("."):
                continue
            if entry.name.endswith(ENDING):
                yield name
            elif depth > 1 and entry.is_dir():
                yield from _listed(folder / entry.name, name, depth=depth - 1)
