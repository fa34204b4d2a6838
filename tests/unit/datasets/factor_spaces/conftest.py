"""Small sets in the form of dSprites and 3D Shapes."""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray

from latentdim.datasets import dsprites, shapes3d
from latentdim.datasets.formats.checksums import Checksum
from latentdim.system.seeds import stream


@dataclass(frozen=True)
class SmallSpace:
    """A set in the form of dSprites or 3D Shapes, of fewer levels, whose digests replace the real ones.

    Attributes:
        images: as the file holds them, in the factor space's order, each different.
        table: what the file says of each image's factors.
    """

    module: ModuleType
    images: NDArray[np.uint8]
    table: NDArray[Any]
    monkeypatch: pytest.MonkeyPatch

    def write(self, folder: Path, name: str, *, digest: bool = True, **changed: Any) -> Path:
        """The file, with ``images`` or ``table`` changed where they are given; ``digest``: make it the expected one."""
        source = self.module.SOURCE
        archive = source.archives[name]
        images, table = changed.get("images", self.images), changed.get("table", self.table)
        file = folder / name
        folder.mkdir(parents=True, exist_ok=True)
        if name.endswith(".npz"):
            np.savez_compressed(file, **{archive.images: images, archive.table: table}, **changed.get("more", {}))
        else:
            with h5py.File(file, "w") as handle:
                chunks = tuple(max(1, length // 3) for length in images.shape)  # cut across all axes, as published
                handle.create_dataset(archive.images, data=images, compression="gzip", chunks=chunks)
                handle[archive.table] = table
        if digest:
            self.expect(name, file.read_bytes())
        return file

    def expect(self, name: str, content: bytes) -> None:
        """Make a content the published one."""
        source = self.module.SOURCE
        checksum = Checksum("sha256", hashlib.sha256(content).hexdigest(), len(content))
        archives = {**source.archives, name: replace(source.archives[name], checksum=checksum)}
        self.monkeypatch.setattr(self.module, "SOURCE", replace(source, archives=archives))


def _small_space(module: ModuleType, sizes: dict[str, int], monkeypatch: pytest.MonkeyPatch) -> SmallSpace:
    factors = {name: values[: sizes[name]] for name, values in module.SOURCE.factors.items()}
    monkeypatch.setattr(module, "SOURCE", replace(module.SOURCE, factors=factors))
    combinations = list(itertools.product(*factors.values()))
    images = stream("small grid", module.SOURCE.name).integers(
        0, 2 if module.SOURCE.name == "dsprites" else 256, (len(combinations), *module.SOURCE.image), dtype=np.uint8
    )
    return SmallSpace(module, images, np.array(combinations), monkeypatch)


@pytest.fixture
def small_dsprites(monkeypatch: pytest.MonkeyPatch) -> SmallSpace:
    """dSprites of 108 images."""
    sizes = {"color": 1, "shape": 3, "scale": 2, "orientation": 3, "position_x": 2, "position_y": 3}
    return _small_space(dsprites, sizes, monkeypatch)


@pytest.fixture
def small_shapes3d(monkeypatch: pytest.MonkeyPatch) -> SmallSpace:
    """3D Shapes of 192 images."""
    sizes = {"floor_hue": 2, "wall_hue": 2, "object_hue": 2, "scale": 2, "shape": 4, "orientation": 3}
    return _small_space(shapes3d, sizes, monkeypatch)


@dataclass(frozen=True)
class Case:
    """A kind, the small set of it, and the name of its file."""

    kind: str
    small: SmallSpace
    name: str


@pytest.fixture(params=[("dsprites", "npz"), ("dsprites", "hdf5"), ("shapes3d", "h5")], ids="-".join)
def case(request: pytest.FixtureRequest) -> Case:
    """Each form of each set."""
    kind, ending = request.param
    small = request.getfixturevalue(f"small_{kind}")
    return Case(kind, small, next(name for name in small.module.SOURCE.archives if name.endswith(ending)))
