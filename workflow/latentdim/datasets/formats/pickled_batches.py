"""CIFAR's batches: the one published format that is a pickle, opened after its checksum and then narrowly."""

from __future__ import annotations

import io
import pickle
from typing import TYPE_CHECKING, Any

import numpy as np

from latentdim.system.problems import DataRefused

if TYPE_CHECKING:
    from numpy.typing import NDArray

PIXELS = 3 * 32 * 32
N_CLASSES = 10


def _empty(kind: type, shape: tuple[int, ...], letter: str) -> NDArray[Any]:
    """What numpy's pickles begin an array with; its shape, type and bytes follow as its state."""
    if kind is not np.ndarray:
        raise pickle.UnpicklingError("an array of another class")
    return np.ndarray(shape, dtype=np.dtype(letter))


# All that an array of bytes in a pickle of Python 2 refers to. Strings, numbers, lists and dicts need no name.
ALLOWED = {
    ("numpy.core.multiarray", "_reconstruct"): _empty,
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
}


class _Narrow(pickle.Unpickler):
    def find_class(self, module_name: str, global_name: str, /) -> Any:
        try:
            return ALLOWED[module_name, global_name]
        except KeyError:
            raise pickle.UnpicklingError(f"it refers to {module_name}.{global_name}") from None


def read_batch(content: bytes, title: str) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Images ``(N, 3, 32, 32)`` and classes ``(N,)`` of a batch whose bytes have been verified.

    Args:
        title: what the sentence calls the file.

    Raises:
        DataRefused: if the pickle refers to anything that such a batch doesn't need, or isn't a batch.
    """
    try:
        batch = _Narrow(io.BytesIO(content), encoding="latin1").load()
    except Exception as error:  # a pickle's damage surfaces as whatever its instructions run into
        raise DataRefused(f"{title}: isn't opened as a batch of images ({' '.join(str(error).split())})") from error
    images, labels = (batch.get("data"), batch.get("labels")) if isinstance(batch, dict) else (None, None)
    if not isinstance(images, np.ndarray) or images.dtype != np.uint8 or images.ndim != 2 or images.shape[1] != PIXELS:
        raise DataRefused(f"{title}: holds no bytes 'data' of {PIXELS:,} a row")
    labels = labels if isinstance(labels, list) else []
    if len(labels) != len(images) or not all(type(label) is int and 0 <= label < N_CLASSES for label in labels):
        raise DataRefused(
            f"{title}: holds no 'labels' of 0 … {N_CLASSES - 1}, one for each of its {len(images):,} rows"
        )
    return images.reshape(-1, 3, 32, 32), np.array(labels, dtype=np.int64)
