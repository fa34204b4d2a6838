"""A folder of a user's own images.

Images are turned as their camera noted, laid over black where they are transparent, and made grey or RGB. Without
``size`` all must have one size already; with it each is cropped to its central square and resized to ``size`` by
``size`` with Pillow's bicubic filter (which averages where it shrinks). Where the folder has images in both sub-folders
``train`` and ``test``, these are the parts; else a share is held out at random.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field, PositiveInt

from latentdim.datasets.pictures import ENDINGS, pixels_of, size_of
from latentdim.datasets.sources import FileState, absence, expanded, fingerprint, is_folder, quoted, shuffled_parts
from latentdim.registry.declarations import DatasetOptions, Look
from latentdim.system.problems import DataRefused

if TYPE_CHECKING:
    from latentdim.datasets.prepared import Writer

TRIES = 16  # images of which one must be readable for a dataset to be planned
PROGRESS_EVERY = 10_000


class ImageFolderOptions(DatasetOptions):
    """Where the images lie and what is made of them."""

    path: str = Field(min_length=1, description="folder, searched with its sub-folders")
    size: PositiveInt | None = Field(None, description="crop to the central square and resize to this side, in pixels")
    channels: Literal[1, 3] = Field(3, description="1: grey; 3: RGB")
    test_fraction: float = Field(0.1, gt=0, lt=1, description="held out at random where there's no folder 'test'")


def look(options: ImageFolderOptions) -> Look:
    """Names, sizes and times of the files, and one image's header for its size."""
    root = expanded(options.path)
    try:
        files = _scan(root)
        parts = _parts(files, options)
        height, width = _side(root, files, options)
    except DataRefused as refusal:
        return Look(problems=(str(refusal),))
    return Look(
        shape=(options.channels, height, width),
        n_train=len(parts["train"]),
        fingerprint=fingerprint(files),
        prepared_mb=len(files) * options.channels * height * width / 1e6,
    )


def prepare(options: ImageFolderOptions, writer: Writer) -> None:
    """Decode every image into bytes ``(N, channels, height, width)``.

    Raises:
        DataRefused: naming the first image (by name) that can't be read, has 16 bits, or is of another size.
    """
    root = expanded(options.path)
    files = _scan(root)
    parts = _parts(files, options)
    shape = (options.channels, *_side(root, files, options))
    targets = {part: writer.array(part, shape=(len(names), *shape), dtype=np.uint8) for part, names in parts.items()}
    places = {name: (part, index) for part, names in parts.items() for index, name in enumerate(names)}
    for done, file in enumerate(files, start=1):
        pixels = pixels_of(root / file.name, channels=options.channels, crop_to=options.size)
        if pixels.shape != shape:
            raise DataRefused(
                f"{quoted(root / file.name)}: is {_written(pixels.shape)} pixels, but {quoted(files[0].name)} is "
                f"{_written(shape)}; give images of one size, or 'size' to have all cropped and resized"
            )
        part, index = places[file.name]
        targets[part][index] = pixels
        if done % PROGRESS_EVERY == 0:
            print(f"prepare  {done:,} of {len(files):,} images", file=sys.stderr)


def _written(shape: tuple[int, ...]) -> str:
    return f"{shape[2]}×{shape[1]} (width × height)"


def _side(root: Path, files: list[FileState], options: ImageFolderOptions) -> tuple[int, int]:
    """Height and width of every prepared image: the option's, or those of the first image that can be read."""
    if options.size is not None:
        return options.size, options.size
    refusals = []
    for file in files[:TRIES]:
        try:
            return size_of(root / file.name)
        except DataRefused as refusal:  # the preparing job will name it
            refusals.append(str(refusal))
    raise DataRefused(f"path = {quoted(root)}: none of the first {len(refusals)} images can be read; {refusals[0]}")


def _scan(root: Path) -> list[FileState]:
    """The images below a folder, sorted by name; hidden files and folders are left out, links are followed.

    Raises:
        DataRefused: if it isn't there, can't be listed, or has fewer than two images.
    """
    if not is_folder(root):
        raise DataRefused(absence("path", root, noun="folder"))
    files: list[FileState] = []
    others: Counter[str] = Counter()
    try:
        _walk(root, "", files, others, set())
    except OSError as error:
        raise DataRefused(f"path = {quoted(root)}: {quoted(error.filename)}: {error.strerror}") from error
    if len(files) < 2:
        found = ", ".join(f"{n:,} with {quoted(ending)}" for ending, n in others.most_common(5)) or "nothing else"
        count = f"only one image ({quoted(files[0].name)})" if files else "no images"
        raise DataRefused(
            f"path = {quoted(root)}: {count} in it or below; an image's name ends in {', '.join(ENDINGS)}; "
            f"other files: {found}"
        )
    return sorted(files)


def _walk(folder: Path, prefix: str, files: list[FileState], others: Counter[str], seen: set[tuple[int, int]]) -> None:
    """Collect the images of a folder and those below; a folder reached again through a link isn't entered twice."""
    identity = folder.stat()
    if (identity.st_dev, identity.st_ino) in seen:
        return
    seen.add((identity.st_dev, identity.st_ino))
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda found: found.name):
            if entry.name.startswith("."):
                continue
            ending = Path(entry.name).suffix
            if entry.is_dir():
                _walk(folder / entry.name, f"{prefix}{entry.name}/", files, others, seen)
            elif ending.lower() in ENDINGS:
                state = entry.stat()
                files.append(FileState(prefix + entry.name, state.st_size, state.st_ctime_ns))
            else:
                others[ending or entry.name] += 1


def _parts(files: list[FileState], options: ImageFolderOptions) -> dict[str, list[str]]:
    """Names of the training and the test images, in the order in which they are written."""
    names = [file.name for file in files]
    given = {part: [name for name in names if name.startswith(f"{part}/")] for part in ("train", "test")}
    if not all(given.values()):
        chosen = shuffled_parts(len(names), test_fraction=options.test_fraction, name="image_folder")
        return {part: [names[i] for i in places] for part, places in zip(given, chosen, strict=True)}
    strays = [name for name in names if not name.startswith(("train/", "test/"))]
    if strays:
        raise DataRefused(
            f"path = {quoted(expanded(options.path))}: has the sub-folders 'train' and 'test', but also "
            f"{len(strays):,} images outside of them ({quoted(strays[0])}…)"
        )
    return given
