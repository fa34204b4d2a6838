"""Arrays in an hdf5 file, known by what the file says of them and read piece by piece.

An hdf5 file can point at other files: by external links, by virtual datasets, by external storage. None is followed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from latentdim.datasets.formats.npy_files import DAMAGE, Stored, no_room, reason_of
from latentdim.datasets.formats.sources import quoted
from latentdim.system.problems import DataRefused

if TYPE_CHECKING:
    import h5py
    from numpy.typing import NDArray

PIECE_BYTES = 1 << 24
LARGEST_PIECE_BYTES = 1 << 28
FILTERS = {1: "gzip", 2: "shuffle", 3: "fletcher32", 4: "szip", 5: "nbit", 6: "scaleoffset", 32000: "lzf"}


@dataclass(frozen=True)
class InHdf5(Stored):
    """An array in an hdf5 file. ``start`` is 0 and ``size`` that of its values alone."""

    def unpack(self, target: Path) -> None:
        """Copy the array into an npy file."""
        layout = {"descr": np.lib.format.dtype_to_descr(self.dtype), "fortran_order": False, "shape": self.shape}
        with opened(self.file) as handle, target.open("wb") as out:
            np.lib.format.write_array_header_1_0(out, layout)
            for _, rows in pieces(dataset_of(handle, str(self.key))):
                out.write(np.ascontiguousarray(rows).data)


@contextmanager
def opened(file: Path) -> Iterator[h5py.File]:
    """An hdf5 file, for reading.

    Raises:
        DataRefused: if it isn't one, is cut off, or can't be read within the block.
    """
    import h5py

    try:
        with h5py.File(file, "r", locking="best-effort") as handle:
            yield handle
    except (*DAMAGE, SystemError) as error:
        if no_room(error):
            raise
        found = error.__cause__ or error  # h5py's SystemErrors wrap what was wrong
        raise DataRefused(f"{quoted(file)}: can't be read as an hdf5 file ({reason_of(found)})") from error


def hdf5_names(file: Path) -> list[str]:
    """The names of all arrays in a file, those in groups as ``group/array``, and those of links, which aren't followed.

    Raises:
        DataRefused: if it isn't an hdf5 file, or is cut off.
    """
    import h5py

    found: list[str] = []
    with opened(file) as handle:

        def note(name: str, link: h5py.HardLink | h5py.SoftLink | h5py.ExternalLink) -> None:
            if not isinstance(link, h5py.HardLink) or isinstance(handle[name], h5py.Dataset):
                found.append(name)

        handle.visititems_links(note)
    return found


def hdf5_array(file: Path, name: str) -> Stored:
    """What a file says of one of its arrays.

    Raises:
        DataRefused: if it isn't a plain array that lies in this file as a whole.
    """
    with opened(file) as handle:
        dataset = dataset_of(handle, name)
        dtype = dataset.dtype
        if dtype.kind in "biuf":
            dtype = np.dtype(dtype.str)  # an enumeration's names are left behind
        size = math.prod(dataset.shape) * dtype.itemsize
        return InHdf5(file, name, dataset.shape, dtype, start=0, size=size)


def dataset_of(handle: h5py.File, name: str) -> h5py.Dataset:
    """A dataset of an open file.

    Raises:
        DataRefused: if it isn't there, lies outside of the file, was never written as a whole, or is compressed in a
            way that would need a plugin.
    """
    import h5py

    title = f"{quoted(Path(handle.filename))}, array {quoted(name)}"
    steps = name.split("/")
    for depth in range(1, len(steps) + 1):
        link = handle.get("/".join(steps[:depth]), getlink=True)
        if not isinstance(link, h5py.HardLink):
            raise DataRefused(f"{title}: isn't in the file, or only as a link, which is never followed")
    dataset = handle[name]
    if not isinstance(dataset, h5py.Dataset) or dataset.shape is None:
        raise DataRefused(f"{title}: isn't an array")
    if dataset.is_virtual or dataset.external:
        raise DataRefused(f"{title}: its values lie in other files, which are never opened; copy them into this one")
    plugins = [code for code in _filters(dataset) if code not in FILTERS]
    if plugins:
        raise DataRefused(f"{title}: its compression (hdf5 filter {plugins[0]}) needs a plugin; save it with gzip")
    if not dataset.dtype.hasobject and not _whole(dataset):
        raise DataRefused(f"{title}: parts of it were never written (shape {dataset.shape}, {dataset.dtype})")
    return dataset


def _filters(dataset: h5py.Dataset) -> list[int]:
    chain = dataset.id.get_create_plist()
    return [chain.get_filter(place)[0] for place in range(chain.get_nfilters())]


def _whole(dataset: h5py.Dataset) -> bool:
    """Whether all of an array's values are stored; reading what isn't gives zeros, however many are claimed."""
    if dataset.chunks is None:
        return bool(dataset.id.get_storage_size() == dataset.size * dataset.dtype.itemsize)
    wanted = math.prod(-(-length // chunk) for length, chunk in zip(dataset.shape, dataset.chunks, strict=True))
    return bool(dataset.id.get_num_chunks() == wanted)


def pieces(dataset: h5py.Dataset) -> Iterator[tuple[int, NDArray[Any]]]:
    """The array in pieces, each with the position of its first row.

    A piece is a few MB, or more where a chunk spans more rows than that (up to 256 MB): a chunk is unpacked whole for
    the smallest part of it, so pieces that cut chunks would unpack everything many times.
    """
    row_bytes = max(1, math.prod(dataset.shape[1:]) * dataset.dtype.itemsize)
    step = max(1, PIECE_BYTES // row_bytes)
    deep = dataset.chunks[0] if dataset.chunks else 1
    if deep * row_bytes <= LARGEST_PIECE_BYTES:
        step = max(1, step // deep) * deep
    for start in range(0, len(dataset), step):
        yield start, dataset[start : start + step]
