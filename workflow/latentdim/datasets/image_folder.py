"""A folder of a user's own images.

A picture is what a viewer shows: turned as its camera noted, its transparent pixels over a background, in grey or RGB.
Without ``size`` all must have one size already; with it each is cropped to its central square and resized to ``size``
by ``size`` with Pillow's bicubic filter (which averages where it shrinks). What doesn't fit (more than 8 bits a
channel, several pages where one is expected) is refused by its header. Where sub-folders are named for training and
test, these are the parts; else a share of the files is held out at random. How the data are split and what is left out
or changed is told in the description of the prepared data.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field, PositiveInt

from latentdim.datasets.formats.folder_parts import Parts, parts_of
from latentdim.datasets.formats.folder_scan import Scan, scan
from latentdim.datasets.formats.picture_counts import counts_of, sentence_of
from latentdim.datasets.formats.picture_headers import FORMATS, WHAT_FITS, Page, pages_of
from latentdim.datasets.formats.picture_refusals import PictureRefused, Refusals
from latentdim.datasets.formats.pictures import pixels_of
from latentdim.datasets.formats.sources import expanded, fingerprint, quoted
from latentdim.registry.declarations import THE_USERS, Dataset, DatasetOptions, SourceCheck, SourceInfo
from latentdim.system.problems import DataRefused

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from latentdim.datasets.prepared import Writer

TRIES = 16  # images of which one must be readable for a dataset to be planned


class ImageFolderOptions(DatasetOptions):
    """Where the images lie and what is made of them."""

    path: str = Field(min_length=1, description="folder, searched with its sub-folders", examples=["~/pictures"])
    size: PositiveInt | None = Field(None, description="crop to the central square and resize to this side, in pixels")
    channels: Literal[1, 3] = Field(3, description="1: grey; 3: RGB")
    background: str = Field(
        "black", pattern=r"^(black|white|#[0-9a-fA-F]{6})$",
        description="seen through transparent pixels: black, white or '#rrggbb'",
    )  # fmt: skip
    pages: Literal["single", "first", "all"] = Field(
        "single",
        description="of TIFFs and animations: single refuses files of several pages; first takes each file's first; "
        "all takes each page as a picture (planning then reads every header)",
    )
    split: Literal["folders", "random"] = Field(
        "folders",
        description="folders: by sub-folders named for parts (train, val, test; X_train, X_test), if there are any; "
        "random: all pooled",
    )
    test_fraction: float = Field(0.1, gt=0, lt=1, description="of the files, held out at random where nothing is split")


@dataclass(frozen=True)
class Folder:
    """The files of a folder, in parts."""

    seen: Scan
    parts: Parts
    options: ImageFolderOptions

    @classmethod
    def of(cls, options: ImageFolderOptions) -> Folder:
        """List the folder.

        Raises:
            DataRefused: if it isn't there, holds too little, or its sub-folders' names make no split.
        """
        seen = scan(expanded(options.path))
        names, by_folder = [file.name for file in seen.files], options.split == "folders"
        parts = parts_of(seen.root, names, by_folder=by_folder, test_fraction=options.test_fraction)
        return cls(seen, parts, options)

    @property
    def names(self) -> list[str]:
        """The files that are used, by name."""
        return sorted(self.parts.train + self.parts.test)

    def path(self, name: str) -> Path:
        """Where a file lies."""
        return self.seen.root / name

    @cached_property
    def _first(self) -> tuple[str, Page]:
        """The first file whose header can be read, and its first page: what all others are to be as large as.

        Raises:
            DataRefused: if none of the first files can.
        """
        tried = self.names[:TRIES]
        refusals = Refusals(len(tried))
        for name in tried:
            with refusals.collected(self.path(name)):  # the preparing job will name it
                return name, pages_of(self.path(name))[0]
        every = "the" if len(tried) == len(self.names) else "the first"
        start = f"path = {quoted(self.seen.root)}: none of {every} {len(tried)} images can be read"
        raise DataRefused(f"{start}; {refusals.text()}")

    def shape(self) -> tuple[int, int, int]:
        """Of every prepared picture: the option's, or that of the first file whose header can be read.

        Raises:
            DataRefused: if none of the first files can.
        """
        if self.options.size is not None:
            return self.options.channels, self.options.size, self.options.size
        _, page = self._first
        return self.options.channels, page.height, page.width

    def other_size(self, page: Page) -> str:
        """Why a picture isn't as large as all have to be; empty where it is, or will be made so."""
        if self.options.size is not None:
            return ""
        name, first = self._first
        if (page.height, page.width) == (first.height, first.width):
            return ""
        return (
            f"is of another size than {quoted(name)}, {first.width}×{first.height} (width × height); give images of "
            "one size, or 'size' to have all cropped and resized"
        )

    def left_out(self) -> str:
        """What isn't used, for a sentence; empty where everything is."""
        others = self.seen.others_listed()
        return f"left out: other files, {others}" if others else ""


def inspect(options: ImageFolderOptions) -> SourceInfo:
    """Names, sizes and times of the files, and one image's header for its size; every header for ``pages: all``."""
    try:
        folder = Folder.of(options)
        shape = folder.shape()
        n_train, n_test = (_n_pages(folder, names) for names in (folder.parts.train, folder.parts.test))
    except DataRefused as refusal:
        return SourceInfo(problems=(str(refusal),))
    return SourceInfo(
        shape=shape,
        n_train=n_train,
        fingerprint=fingerprint(folder.seen.files),
        prepared_mb=(n_train + n_test) * int(np.prod(shape)) / 1e6,
    )


def _n_pages(folder: Folder, names: list[str]) -> int:
    """Pictures in files; one where a header can't be read, since the preparing job will refuse it."""
    if folder.options.pages != "all":
        return len(names)
    total = 0
    for name in names:
        try:
            total += len(pages_of(folder.path(name)))
        except PictureRefused:
            total += 1
    return total


def check(options: ImageFolderOptions) -> SourceCheck:
    """Every header: the pictures that can't be used, or what will be made of those that can."""
    try:
        folder = Folder.of(options)
        refusals = Refusals(len(folder.names))
        pages = _used_pages(folder, refusals)
        refusals.end()
        return SourceCheck(notes=(_counted(folder, pages)[1],))
    except DataRefused as refusal:
        return SourceCheck(problems=(str(refusal),))


def prepare(options: ImageFolderOptions, writer: Writer) -> None:
    """Decode every picture into bytes ``(N, channels, height, width)``, after a look at all headers.

    Raises:
        DataRefused: naming the images that can't be read or used, the first eight of a kind, those whose header tells
            it along with those that can't be decoded.
    """
    folder = Folder.of(options)
    refusals = Refusals(len(folder.names))
    pages, shape = _used_pages(folder, refusals), folder.shape()
    for part, every in (("train", folder.parts.train), ("test", folder.parts.test)):
        names = [name for name in every if name in pages]
        target = writer.array(part, shape=(sum(len(pages[name]) for name in names), *shape), dtype=np.uint8)
        place = 0
        for name in names:
            with refusals.collected(folder.path(name), "images"):
                for pixels in _pictures(folder, name, pages[name]):
                    target[place] = pixels
                    place += 1
    refusals.end()
    writer.facts["pictures"], writer.facts["note"] = _counted(folder, pages)


def _pictures(folder: Folder, name: str, pages: Sequence[Page]) -> Iterator[NDArray[np.uint8]]:
    options, path = folder.options, folder.path(name)
    positions = [page.position for page in pages]
    yield from pixels_of(
        path, positions, formats=FORMATS, channels=options.channels, side=options.size, background=options.background
    )


def _used_pages(folder: Folder, refusals: Refusals) -> dict[str, tuple[Page, ...]]:
    """The pages that are used of each file, by its name; files whose header tells that they can't be are collected."""
    pages = {}
    for name in folder.names:
        with refusals.collected(folder.path(name)):
            pages[name] = _usable(folder, name)
    return pages


def _usable(folder: Folder, name: str) -> tuple[Page, ...]:
    path, options = folder.path(name), folder.options
    pages = pages_of(path)
    if len(pages) > 1 and options.pages == "single":
        reason = "holds several pages or frames; give pages: all to take each as a picture, or pages: first"
        raise PictureRefused(quoted(path), reason, f"{len(pages)} of them")
    for page in pages[: 1 if options.pages == "first" else None]:
        if page.unusable:
            raise PictureRefused(quoted(path), f"{page.unusable}; {WHAT_FITS}")
        if sentence := folder.other_size(page):
            raise PictureRefused(quoted(path), sentence, f"{page.width}×{page.height}")
    return pages[: 1 if options.pages == "first" else None]


def _counted(folder: Folder, pages: Mapping[str, tuple[Page, ...]]) -> tuple[dict[str, int], str]:
    """What the pictures are and what is made of them: counts, and the sentence that tells them."""
    options = folder.options
    every = [page for its in pages.values() for page in its]
    counts = counts_of(every, side=options.size, channels=options.channels, background=options.background)
    endings = Counter(Path(name).suffix.lower() for name in pages)
    told = sentence_of(counts, n=len(every), endings=endings)
    return counts, ". ".join(filter(None, [told, folder.parts.note, folder.left_out()]))


DATASET = Dataset(
    name="image_folder",
    title="Image folder",
    options=ImageFolderOptions,
    inspect="latentdim.datasets.image_folder:inspect",
    prepare="latentdim.datasets.image_folder:prepare",
    check="latentdim.datasets.image_folder:check",
    version=4,
    source="the user's own images",
    licence=THE_USERS,
)
