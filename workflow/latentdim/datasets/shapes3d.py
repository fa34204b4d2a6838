"""3D Shapes (Burgess and Kim, 2018): 480,000 images of 3 × 64 × 64, every combination of six factors."""

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

# What the labels say at each level. Sizes run from 0.75 to 1.25, although the publisher's text says 0 to 1.
HUES = np.arange(10) / 10
FACTORS = {
    "floor_hue": HUES,
    "wall_hue": HUES,
    "object_hue": HUES,
    "scale": np.linspace(0.75, 1.25, 8),
    "shape": np.arange(4),
    "orientation": np.linspace(-30, 30, 15),
}


class Shapes3dOptions(FactorialOptions):
    """How 3D Shapes is split (no paper states it), and where it lies."""


def arranged(rows: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Images ``(N, 64, 64, 3)`` with their channels first."""
    return np.moveaxis(rows, 3, 1)


SOURCE = FactorialSet(
    name="shapes3d",
    title="3D Shapes",
    archives={
        "3dshapes.h5": Archive(
            Checksum("sha256", "0a0f6ed98baff276a50f3a081a7434d788da63cb135a98189b2a5b5769be1785", 267_573_662),
            "images",
            "labels",
        )
    },
    image=(64, 64, 3),
    shape=(3, 64, 64),
    factors=FACTORS,
    arranged=arranged,
    url="https://storage.googleapis.com/3d-shapes/3dshapes.h5",
    md5="099a2078d58cec4daad0702c55d06868",
    other_layouts=("3dshapes", "3d-shapes"),
)


def inspect(options: Shapes3dOptions) -> SourceInfo:
    """Presence only; the contents are checked by ``prepare``."""
    return source_info(options, SOURCE)


def prepare(options: Shapes3dOptions, writer: Writer) -> None:
    """Check the archive and its table of factors, and write images, levels and shapes."""
    write(options, writer, SOURCE)


def factor_space(options: Shapes3dOptions, folder: Path) -> FactorSpace:
    """Any combination of the six factors, from the prepared arrays."""
    return prepared_space(folder, SOURCE.varying)


DATASET = Dataset(
    name="shapes3d",
    title="3D Shapes",
    pattern="shapes3d",
    stand_in="shapes3d_rendered",
    options=Shapes3dOptions,
    inspect="latentdim.datasets.shapes3d:inspect",
    prepare="latentdim.datasets.shapes3d:prepare",
    in_random_order=True,
    factor_space="latentdim.datasets.shapes3d:factor_space",
    source="the file 3dshapes.h5 of github.com/google-deepmind/3d-shapes, from a folder or downloaded",
    licence="Apache-2.0 (the repository's)",
    citation="C. Burgess and H. Kim (2018), 3D Shapes Dataset, github.com/deepmind/3dshapes-dataset",
)
