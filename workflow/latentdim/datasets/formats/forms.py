"""What an array's rows are (vectors or images), whether its values can be trusted, and what is stored of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from latentdim.datasets.formats.npy_files import Stored
from latentdim.system.problems import DataRefused

if TYPE_CHECKING:
    from numpy.typing import NDArray

CHUNK_BYTES = 1 << 24

Layout = Literal["auto", "channels_first", "channels_last"]


@dataclass(frozen=True)
class Form:
    """What the rows of an array are.

    Attributes:
        shape: of one example, ``(channels, height, width)`` or ``(values,)``.
        arranged: rows as they lie in the file to ``(n, *shape)``, values untouched.
    """

    kind: Literal["images", "vectors"]
    shape: tuple[int, ...]
    arranged: Callable[[NDArray[Any]], NDArray[Any]]

    @property
    def dtype(self) -> np.dtype[Any]:
        """What is stored of one value."""
        return np.dtype(np.uint8 if self.kind == "images" else np.float32)

    def prepared(self, rows: NDArray[Any]) -> NDArray[Any]:
        """Verified rows as they are stored, ``(n, *shape)``; images of floats are rounded to the nearest byte."""
        rows = self.arranged(rows)
        if self.kind == "vectors":
            return rows.astype(np.float32)
        if rows.dtype.kind == "f":
            return np.rint(rows.astype(np.float64) * 255.0).astype(np.uint8)
        return rows.astype(np.uint8) * np.uint8(255 if rows.dtype.kind == "b" else 1)


def form_of(stored: Stored, layout: Layout) -> Form:
    """Vectors or images, and which axis is the channels.

    Raises:
        DataRefused: if the array is neither, is empty, or could be read in two ways.
    """
    shape, title, dtype = stored.shape, stored.title, stored.dtype
    if dtype.kind not in "fb" and dtype != np.uint8:
        raise DataRefused(f"{title}: holds {dtype}; vectors must be floats, and images bytes (uint8), bools or floats")
    if 0 in shape or len(shape) not in (2, 3, 4):
        raise DataRefused(
            f"{title}: its shape is {shape}; expected (N, values), (N, H, W), (N, H, W, C) or (N, C, H, W), and no 0"
        )
    if len(shape) == 2 and dtype.kind != "f":
        raise DataRefused(f"{title}: vectors {shape} must be floats, not {dtype}; images have the shape (N, H, W)")
    if len(shape) == 2:
        return Form("vectors", shape[1:], lambda rows: rows)
    if len(shape) == 3:
        return Form("images", (1, *shape[1:]), lambda rows: rows[:, None])
    return _coloured(stored, layout)


def _coloured(stored: Stored, layout: Layout) -> Form:
    shape, title = stored.shape, stored.title
    first, last = shape[1] in (1, 3), shape[3] in (1, 3)
    if layout == "auto" and first and last:
        raise DataRefused(f"{title}: in {shape} the channels may come first or last; say which by 'layout'")
    if not (last if layout == "channels_last" else first if layout == "channels_first" else first or last):
        raise DataRefused(f"{title}: no axis of 1 or 3 channels in {shape} where layout = '{layout}' expects it")
    if layout == "channels_last" or (layout == "auto" and last):
        return Form("images", (shape[3], *shape[1:3]), lambda rows: np.moveaxis(rows, 3, 1))
    return Form("images", shape[1:], lambda rows: rows)


def verify(array: NDArray[Any], title: str, form: Form) -> None:
    """Look at every value, in the file's order.

    Raises:
        DataRefused: naming the first wrong value and its position: NaN or infinite, too large for float32, outside
            [0, 1] in an image of floats; or if images of bytes hold only 0 and 1 (they would be all but black).
    """
    largest = 0
    for start, rows in chunks(array):
        if rows.dtype.kind == "f":
            _verify_floats(rows, start, title, form)
        elif rows.dtype == np.uint8:
            largest = max(largest, int(rows.max()))
    if array.dtype == np.uint8 and largest <= 1:
        raise DataRefused(f"{title}: no byte is above 1, but images are bytes of 0 … 255; save 0 and 1 as bools")


def _verify_floats(rows: NDArray[Any], start: int, title: str, form: Form) -> None:
    with np.errstate(over="ignore", invalid="ignore"):
        wrong = ~np.isfinite(rows.astype(np.float32))
    expected = "a finite float32"
    if form.kind == "images":
        expected = "a value in [0, 1] (images of floats)"
        wrong |= ~((rows >= 0) & (rows <= 1))
    if wrong.any():
        place = np.argwhere(wrong)[0].tolist()
        position = [start + place[0], *place[1:]]
        raise DataRefused(f"{title}: expected {expected}, found {rows[tuple(place)]} at {position}")


def chunks(array: NDArray[Any]) -> Iterator[tuple[int, NDArray[Any]]]:
    """The array in pieces of a few MB, each with the position of its first row."""
    step = rows_at_once(array)
    for start in range(0, len(array), step):
        yield start, array[start : start + step]


def rows_at_once(array: NDArray[Any]) -> int:
    """How many rows make a piece of a few MB."""
    return max(1, CHUNK_BYTES // max(1, array[:1].nbytes))
