"""A user's own arrays, ``npy``, ``npz`` and ``hdf5``: vectors or images by their rank, split where they have no split.

============================  ========  ===========================================
array                         type      becomes
============================  ========  ===========================================
(N, D)                        float     vectors, float32
(N, H, W)                     bytes     images of one channel
(N, H, W, C) or (N, C, H, W)  bytes     images; C is 1 or 3
images as above               bool      bytes 0 and 255
images as above               float     must lie in [0, 1]; rounded to bytes, noted
============================  ========  ===========================================
"""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field, model_validator

from latentdim.datasets.formats.forms import Form, Layout, form_of, rows_at_once, verify
from latentdim.datasets.formats.hdf5_files import hdf5_array, hdf5_names
from latentdim.datasets.formats.npy_files import Stored, mapped, npy_header, npz_header, npz_names
from latentdim.datasets.formats.sources import (
    absence,
    expanded,
    fingerprint,
    is_file,
    listed,
    n_test_of,
    quoted,
    random_part,
    shuffled_parts,
    state_of,
)  # fmt: skip
from latentdim.registry.declarations import THE_USERS, Dataset, DatasetOptions, SourceCheck, SourceInfo
from latentdim.system.problems import DataRefused, nearest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from latentdim.datasets.prepared import Writer


class ArrayOptions(DatasetOptions):
    """What both kinds share."""

    layout: Layout = Field("auto", description="of images with four axes; auto: the axis of length 1 or 3")
    test_fraction: float = Field(0.1, gt=0, lt=1, description="held out at random where the files have no test part")

    @abstractmethod
    def sources(self) -> tuple[Stored, Stored | None]:
        """The training array and, if there is one, the test array, by their headers.

        Raises:
            DataRefused: if a file or a key isn't there, or isn't an array.
        """


class NpyOptions(ArrayOptions):
    """One array to be split, or two."""

    path: str | None = Field(None, min_length=1, description="an npy file, to be split", examples=["measurements.npy"])
    train_path: str | None = Field(None, min_length=1, description="npy file of the training part")
    test_path: str | None = Field(None, min_length=1, description="npy file of the test part")

    @model_validator(mode="after")
    def _consistent(self) -> NpyOptions:
        both = self.train_path is not None and self.test_path is not None
        neither = self.train_path is None and self.test_path is None
        if not (self.path is not None and neither) and not (self.path is None and both):
            raise ValueError("give either 'path', or 'train_path' and 'test_path'")
        return self

    def sources(self) -> tuple[Stored, Stored | None]:
        """The headers of one file, or of two."""
        if self.path is not None:
            return npy_header(_present("path", self.path)), None
        pair = [_present(key, str(getattr(self, key))) for key in ("train_path", "test_path")]
        return npy_header(pair[0]), npy_header(pair[1])


class NamedOptions(ArrayOptions):
    """A file of named arrays."""

    path: str = Field(min_length=1, description="the file", examples=["measurements"])
    train: str | None = Field(None, min_length=1, description="name of the training array, or of the one to be split")
    test: str | None = Field(None, min_length=1, description="name of the test array")

    @model_validator(mode="after")
    def _consistent(self) -> NamedOptions:
        if self.test is not None and self.train is None:
            raise ValueError("'test' is named, so name 'train' too")
        return self

    @abstractmethod
    def names(self, file: Path) -> list[str]:
        """The arrays in the file."""

    @abstractmethod
    def header(self, file: Path, name: str) -> Stored:
        """One of them."""

    def sources(self) -> tuple[Stored, Stored | None]:
        """The named arrays; without names ``train`` and ``test``, or the only array there is."""
        file = _present("path", self.path)
        names = self.names(file)
        train, test = self.train, self.test
        if train is None:
            train = "train" if "train" in names else names[0] if len(names) == 1 else None
            test = "test" if train == "train" and "test" in names else None
        if train is None:
            raise DataRefused(
                f"train: name one of the arrays in {quoted(file)} ({listed(names) if names else 'it holds none'})"
            )
        for key, name in (("train", train), ("test", test)):
            if name is not None and name not in names:
                raise DataRefused(f"{key} = {quoted(name)}: not an array in {quoted(file)}{nearest(name, names)}")
        return self.header(file, train), self.header(file, test) if test else None


class NpzOptions(NamedOptions):
    """An npz archive."""

    def names(self, file: Path) -> list[str]:
        """Its members."""
        return npz_names(file)

    def header(self, file: Path, name: str) -> Stored:
        """By the member's header."""
        return npz_header(file, name)


class Hdf5Options(NamedOptions):
    """An hdf5 file; arrays in groups have names like ``group/array``."""

    def names(self, file: Path) -> list[str]:
        """Its datasets, in groups too."""
        return hdf5_names(file)

    def header(self, file: Path, name: str) -> Stored:
        """By what the file says of the dataset."""
        return hdf5_array(file, name)


def _present(key: str, path: str) -> Path:
    file = expanded(path)
    if not is_file(file):
        raise DataRefused(absence(key, file, noun="file"))
    return file


def inspect(options: ArrayOptions) -> SourceInfo:
    """Presence, shapes and types, from the headers alone."""
    try:
        train, test = options.sources()
        form = form_of(train, options.layout)
        n_train, n_test = _counts(options, train, test, form)
        states = [state_of(stored.file) for stored in (train, test) if stored]
    except DataRefused as refusal:
        return SourceInfo(problems=(str(refusal),))
    except OSError as error:
        return SourceInfo(problems=(f"{quoted(str(error.filename))}: can't be looked at ({error.strerror})",))
    per_value = 1 if form.kind == "images" else 4
    unpacked = train.size if train.key is not None else 0
    prepared = (n_train + n_test) * int(np.prod(form.shape)) * per_value + unpacked
    return SourceInfo(
        shape=form.shape, n_train=n_train, fingerprint=fingerprint(states), prepared_mb=prepared / 1e6, kind=form.kind
    )


def _counts(options: ArrayOptions, train: Stored, test: Stored | None, form: Form) -> tuple[int, int]:
    """Examples of the training and the test part."""
    n = train.shape[0]
    if test:
        other = form_of(test, options.layout)
        if (other.kind, other.shape) != (form.kind, form.shape):
            raise DataRefused(
                f"{test.title}: its examples are {other.kind} {other.shape}, but those of {train.title} are "
                f"{form.kind} {form.shape}"
            )
        return n, test.shape[0]
    if n < 2:
        raise DataRefused(f"{train.title}: holds {n} example, which can't be split; at least 2 are needed")
    n_test = n_test_of(n, options.test_fraction)
    return n - n_test, n_test


def check(options: ArrayOptions) -> SourceCheck:
    """What will be held out, from the headers alone."""
    try:
        train, test = options.sources()
        n_train, n_test = _counts(options, train, test, form_of(train, options.layout))
    except DataRefused as refusal:
        return SourceCheck(problems=(str(refusal),))
    return SourceCheck(notes=() if test else (random_part(n_test, of=n_train + n_test, noun="examples"),))


def prepare(options: ArrayOptions, writer: Writer) -> None:
    """Check every value, then write both parts; without a given split, the test part is drawn at random.

    Raises:
        DataRefused: naming the file, and the first position where a value is wrong.
    """
    train, test = options.sources()
    form = form_of(train, options.layout)
    n_train, n_test = _counts(options, train, test, form)
    if test:
        _copy(train, form, writer, {"train": np.arange(n_train)})
        _copy(test, form, writer, {"test": np.arange(n_test)})
    else:
        parts = shuffled_parts(n_train + n_test, test_fraction=options.test_fraction, name="arrays")
        writer.add_note(random_part(n_test, of=n_train + n_test, noun="examples"))
        _copy(train, form, writer, dict(zip(("train", "test"), parts, strict=True)))


def _copy(source: Stored, form: Form, writer: Writer, parts: dict[str, NDArray[np.int64]]) -> None:
    """Write the named parts: each the rows of ``source`` at the given positions, in that order."""
    with mapped(source, writer.folder) as array:
        verify(array, source.title, form)
        step = rows_at_once(array)
        for name, chosen in parts.items():
            target = writer.array(name, shape=(len(chosen), *form.shape), dtype=form.dtype)
            for start in range(0, len(chosen), step):
                target[start : start + step] = form.prepared(array[chosen[start : start + step]])
    if form.kind == "images" and source.dtype.kind == "f":
        writer.add_note("images of floats in [0, 1] were rounded to the nearest byte")


DATASET = tuple(
    Dataset(
        name=name,
        title=f"Arrays ({name})",
        options=options,
        inspect="latentdim.datasets.arrays:inspect",
        prepare="latentdim.datasets.arrays:prepare",
        check="latentdim.datasets.arrays:check",
        version=2,
        source="the user's own arrays",
        licence=THE_USERS,
    )
    for name, options in (("npy", NpyOptions), ("npz", NpzOptions), ("hdf5", Hdf5Options))
)
