"""dSprites (Matthey et al., 2017): 737,280 binary images of 64 × 64, every combination of five factors.

A sixth factor, the colour, has the single level white and is left out. Orientations run from 0 to 2π with both ends,
so the first and the last level are the same image.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from latentdim.datasets.factor_spaces.prepared import prepared_space
from latentdim.datasets.factor_spaces.published import Archive, FactorialOptions, FactorialSet, source_info, write
from latentdim.datasets.formats.checksums import Checksum
from latentdim.registry.declarations import Dataset, SourceInfo

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from latentdim.datasets.factor_spaces.factor_space import FactorSpace
    from latentdim.datasets.prepared import Writer

STEM = "dsprites_ndarray_co1sh3sc6or40x32y32_64x64"
LEVELS = {"color": 1, "shape": 3, "scale": 6, "orientation": 40, "position_x": 32, "position_y": 32}


class DspritesOptions(FactorialOptions):
    """How dSprites is split (no paper states it), and where it lies."""


def arranged(rows: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Images of 0 and 1, ``(N, 64, 64)``, as bytes 0 and 255, ``(N, 1, 64, 64)``.

    Raises:
        ValueError: if another value is among them.
    """
    if rows.max() > 1:
        raise ValueError(f"expected 0 and 1, found {rows.max()}")
    return rows[:, None] * np.uint8(255)


# The npz file also holds its description as a pickle, which is never opened.
SOURCE = FactorialSet(
    name="dsprites",
    title="dSprites",
    archives={
        f"{STEM}.npz": Archive(Checksum("md5", "7da33b31b13a06f4b04a70402ce90c2e"), "imgs", "latents_classes"),
        f"{STEM}.hdf5": Archive(
            Checksum("sha256", "729fa22e884c9c500e1f17415d580746b4c5894fbbb780a1319bbcfa39a745bb", 28_024_106),
            "imgs",
            "latents/classes",
        ),
    },
    image=(64, 64),
    shape=(1, 64, 64),
    factors={name: np.arange(levels) for name, levels in LEVELS.items()},
    arranged=arranged,
    url=f"https://github.com/google-deepmind/dsprites-dataset/raw/master/{STEM}.npz",
    md5="7da33b31b13a06f4b04a70402ce90c2e",
    other_layouts=("dsprites-dataset", "dsprites-dataset-master"),
)


def inspect(options: DspritesOptions) -> SourceInfo:
    """Presence only; the contents are checked by ``prepare``."""
    return source_info(options, SOURCE)


def prepare(options: DspritesOptions, writer: Writer) -> None:
    """Check the archive and its table of factors, and write images, levels and shapes."""
    write(options, writer, SOURCE)


def factor_space(options: DspritesOptions, folder: Path) -> FactorSpace:
    """Any combination of the five factors, from the prepared arrays."""
    return prepared_space(folder, SOURCE.varying)


DATASET = Dataset(
    name="dsprites",
    title="dSprites",
    pattern="dsprites",
    stand_in="dsprites_rendered",
    options=DspritesOptions,
    inspect="latentdim.datasets.dsprites:inspect",
    prepare="latentdim.datasets.dsprites:prepare",
    in_random_order=True,
    factor_space="latentdim.datasets.dsprites:factor_space",
    source="one npz or hdf5 file of github.com/google-deepmind/dsprites-dataset, from a folder or downloaded",
    licence="Apache-2.0 (the repository's); drawn with LÖVE, zlib licence",
    citation="L. Matthey, I. Higgins, D. Hassabis and A. Lerchner (2017), dSprites: Disentanglement testing Sprites "
    "dataset, github.com/deepmind/dsprites-dataset",
)
