"""Every registered kind of dataset conforms, on a source that the test makes where it needs one."""

import os
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image

from latentdim import registry
from latentdim.conformance.datasets import problems_of
from latentdim.datasets.formats.local_copies import LocalOptions
from latentdim.datasets.spec import DatasetSpec
from latentdim.registry.declarations import Dataset, resolve

OPTIONS: dict[str, dict[str, object]] = {
    "mnist": {"size": 32},
    "sprites": {"levels": {"body": 2, "bottomwear": 1, "topwear": 2, "hair": 2, "frame": 3}},
}
LARGE_MB = 500


def options_for(kind: str, folder: Path) -> dict[str, object] | None:
    """Options under which a kind of dataset can be tried here; None where its data aren't at hand."""
    generator = np.random.default_rng(0)
    if kind == "synthetic":
        return {"n": 3, "outputs": 10, "width": 10, "n_train": 200, "n_test": 50}
    if kind == "manifold":
        return {"shape": "sphere", "dim": 2, "outputs": 10, "n_train": 200, "n_test": 50}
    if kind == "dsprites_rendered":
        return {"levels": {"orientation": 4, "position_x": 3, "position_y": 1}, "n": 60}
    if kind == "shapes3d_rendered":
        return {"levels": {"floor_hue": 2, "wall_hue": 1, "orientation": 3}, "n": 60}
    if kind == "image_folder":
        for index in range(30):
            pixels = generator.integers(0, 256, size=(9, 9, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / f"{index}.png")
        return {"path": str(folder)}
    if kind == "npy":
        np.save(folder / "vectors.npy", generator.normal(size=(60, 7)).astype(np.float32))
        return {"path": str(folder / "vectors.npy")}
    if kind == "npz":
        np.savez(folder / "images.npz", images=generator.integers(0, 256, size=(60, 8, 8), dtype=np.uint8))
        return {"path": str(folder / "images.npz")}
    if kind == "hdf5":
        with h5py.File(folder / "images.h5", "w") as file:
            file["images"] = generator.integers(0, 256, size=(60, 8, 8, 3), dtype=np.uint8)
        return {"path": str(folder / "images.h5")}
    declared = registry.datasets().get(kind)
    return published(declared) if issubclass(declared.options, LocalOptions) else {}


def published(declared: Dataset) -> dict[str, object] | None:
    """Options for a published set whose local copy isn't too large to be prepared twice; None where there is none."""
    given = OPTIONS.get(declared.name, {}) | (
        {"download": False} if "download" in declared.options.model_fields else {}
    )
    found = resolve(declared.inspect)(declared.options.model_validate(given))
    here = "LATENTDIM_DATA" in os.environ and not found.problems
    return given if here and found.prepared_mb < LARGE_MB else None


@pytest.mark.parametrize("kind", registry.datasets().names())
def test_every_registered_dataset_conforms(kind: str, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    given = options_for(kind, source)
    if given is None:
        pytest.skip(f"the files of '{kind}' are not in LATENTDIM_DATA, or are too large to be prepared in a test")
    declaration = registry.datasets().get(kind)
    options = declaration.options.model_validate(given)
    spec = DatasetSpec(kind, declaration, options, resolve(declaration.inspect)(options))
    assert problems_of(spec, tmp_path) == []
