"""The 1,797 real handwritten digits of 8×8 pixels that come with scikit-learn. No download."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from latentdim.datasets.formats.sources import n_test_of, random_part, shuffled_parts
from latentdim.registry.declarations import Dataset, DatasetOptions, SourceInfo
from latentdim.system.problems import DataRefused

if TYPE_CHECKING:
    from latentdim.datasets.prepared import Writer

COUNT = 1797
LEVELS = 16  # grey values are 0 … 16
MD5 = "7696c07daa6d85010f8268703ab8b067"  # of all grey values, then all classes, a byte each


class DigitsOptions(DatasetOptions):
    """How the digits are split; the set has no split of its own that fits (it is one writer group's part)."""

    test_fraction: float = Field(0.2, gt=0, le=0.9, description="share held out at random")


def inspect(options: DigitsOptions) -> SourceInfo:
    """Always there."""
    n_test = n_test_of(COUNT, options.test_fraction)
    return SourceInfo(shape=(1, 8, 8), n_train=COUNT - n_test, n_classes=10, prepared_mb=COUNT * (64 + 8) / 1e6)


def prepare(options: DigitsOptions, writer: Writer) -> None:
    """Write the digits as bytes, with their classes.

    A grey value v of 0 … 16 becomes the byte v · 255 / 16, rounded half up: 0 → 0, 1 → 16, 2 → 32, …, 16 → 255.

    Raises:
        DataRefused: if this scikit-learn brings other digits.
    """
    from sklearn.datasets import load_digits

    found = load_digits()
    grey = found.images.astype(np.uint8)
    digest = hashlib.md5(grey.tobytes() + found.target.astype(np.uint8).tobytes(), usedforsecurity=False).hexdigest()
    if digest != MD5:
        raise DataRefused(f"scikit-learn's digits: expected content with md5 {MD5}, found {digest}")
    images = ((grey.astype(np.uint16) * 255 + LEVELS // 2) // LEVELS).astype(np.uint8)[:, None]
    parts = shuffled_parts(COUNT, test_fraction=options.test_fraction, name="digits")
    writer.add_note(random_part(len(parts[1]), of=COUNT, noun="pictures"))
    for name, chosen in zip(("train", "test"), parts, strict=True):
        writer.save(name, images[chosen])
        writer.save(f"{name}_labels", found.target[chosen].astype(np.int64))


DATASET = Dataset(
    name="digits",
    title="Digits (8×8)",
    pattern="digits",
    options=DigitsOptions,
    inspect="latentdim.datasets.digits:inspect",
    prepare="latentdim.datasets.digits:prepare",
    in_random_order=True,
    source="scikit-learn's load_digits: test part of UCI's Optical Recognition of Handwritten Digits",
    licence="CC BY 4.0",
    citation="E. Alpaydin and C. Kaynak (1998), Optical Recognition of Handwritten Digits, "
    "UCI Machine Learning Repository",
)
