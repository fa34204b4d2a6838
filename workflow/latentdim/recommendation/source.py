"""The data that are asked about: found, looked at whole and prepared before anything is trained."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from latentdim import registry
from latentdim.datasets.prepared import prepare
from latentdim.datasets.spec import DatasetSpec
from latentdim.registry.declarations import Dataset, DatasetOptions, SourceInfo, resolve
from latentdim.study.file import validated
from latentdim.system.problems import DataRefused, InputError, nearest

KINDS = {".npy": "npy", ".npz": "npz", ".h5": "hdf5", ".hdf5": "hdf5"}
FEWEST = 20  # examples: fewer can't be held out from and trained on
BATCH = 1000
TEST_FRACTION = 0.2  # of a user's data without a split: the answer rests on what is held out


@dataclass(frozen=True)
class Source:
    """A dataset under the name by which a study knows it.

    Attributes:
        block: what the study says of it, None for a registered dataset.
        described: what was prepared, see :func:`latentdim.datasets.prepared.describe`.
    """

    spec: DatasetSpec
    block: dict[str, Any] | None
    described: dict[str, Any]

    @property
    def name(self) -> str:
        """Of the dataset."""
        return self.spec.name


def source_of(data: str, *, results: Path, size: int | None = None, array: str | None = None) -> Source:
    """The data of a folder of pictures, of a file of arrays, or of a registered dataset's name.

    Args:
        data: path or name; a path that exists comes first.
        size: pictures are cropped and resized to this side.
        array: which one of a file with several.

    Raises:
        InputError: if there is nothing of that name, or what is there can't be used.
    """
    path = Path(data).expanduser()
    if not path.exists():
        found = registry.dataset_by_name(data)
        if found is None:
            hint = nearest(data, registry.dataset_names())
            raise InputError(
                "the command line", [f"'{data}': neither a file, nor a folder, nor a dataset's name{hint}"]
            )
        return _source(data, None, *found, data=data, results=results)
    name, block = _declared(path, size, array)
    source = _of_block(name, block, data=data, results=results)
    if block["kind"] == "image_folder" and _is_grey(source.spec.folder(results)):
        # Copies of a value count as further directions that noise could lie in, and cost as much as others.
        source = _of_block(name, block | {"channels": 1}, data=data, results=results)
    return source


def data_of(source: Source) -> dict[str, Any]:
    """The data as an answer tells them."""
    kept = {key: source.described[key] for key in ("shape", "n_train", "n_test")}
    path = (source.block or {}).get("path", source.name)
    return {"name": source.name, "source": path, **kept, "sha256": source.described["digest"]}


def _of_block(name: str, block: dict[str, Any], *, data: str, results: Path) -> Source:
    kind = registry.datasets().get(block["kind"])
    given = {key: value for key, value in block.items() if key != "kind"}
    options = validated(kind.options, given, title=data, prefix="data")
    return _source(name, block, kind, options, data=data, results=results)


def _source(
    name: str, block: dict[str, Any] | None, kind: Dataset, options: DatasetOptions, *, data: str, results: Path
) -> Source:
    info: SourceInfo = resolve(kind.inspect)(options)
    spec = DatasetSpec(name, kind, options, info)
    if info.problems:
        raise InputError(data, [_without_key(problem) for problem in info.problems])
    return Source(spec, block, _looked_at(spec, data, results))


def _is_grey(prepared: Path) -> bool:
    """Whether all channels of every picture are the same."""
    parts = (np.load(prepared / f"{part}.npy", mmap_mode="r", allow_pickle=False) for part in ("train", "test"))
    batches = (part[start : start + BATCH] for part in parts for start in range(0, len(part), BATCH))
    return all(np.array_equal(batch, np.broadcast_to(batch[:, :1], batch.shape)) for batch in batches)


def _declared(path: Path, size: int | None, array: str | None) -> tuple[str, dict[str, Any]]:
    """A name, and a dataset's block in a study file, of a path that exists."""
    is_folder = path.is_dir()
    if not is_folder and path.suffix.lower() not in KINDS:
        raise InputError("the command line", [f"'{path}': not a folder of pictures, nor one of {', '.join(KINDS)}"])
    kind = "image_folder" if is_folder else KINDS[path.suffix.lower()]
    block: dict[str, Any] = {"kind": kind, "path": str(path.resolve()), "test_fraction": TEST_FRACTION}
    for option, value, key, fitting in (
        ("--size", size, "size", kind == "image_folder"),
        ("--array", array, "train", kind in {"npz", "hdf5"}),
    ):
        if value is not None and not fitting:
            raise InputError("the command line", [f"{option} {value}: '{path}' is {_in_words(kind)}"])
        if value is not None:
            block[key] = value
    stem = path.resolve().name if is_folder else path.stem
    name = re.sub(r"[^a-z0-9]+", "_", stem.lower()).strip("_") or "data"
    return (f"my_{name}" if registry.family_of(name) else name), block


def _in_words(kind: str) -> str:
    return {"image_folder": "a folder of pictures", "npy": "a file of a single array"}.get(kind, "a file of arrays")


def _without_key(problem: str) -> str:
    """A problem as it is told of a study file, in terms of this command's options."""
    options = {
        "train: name one of": "name with --array one of", "train = ": "--array ", "'size' to have": "--size to have",
        "path = ": "",
    }  # fmt: skip
    for key, option in options.items():
        problem = problem.replace(key, option)
    return problem


def _looked_at(spec: DatasetSpec, data: str, results: Path) -> dict[str, Any]:
    """The description of the prepared data, every value of which was looked at.

    Raises:
        InputError: if they can't be trained on.
    """
    checked = resolve(spec.kind.check)(spec.options) if spec.kind.check else None
    if checked and checked.problems:
        raise InputError(data, [_without_key(problem) for problem in checked.problems])
    try:
        described = prepare(spec, results)
    except DataRefused as refusal:
        raise InputError(data, [_without_key(str(refusal))]) from refusal
    if math.prod(described["shape"]) < 2:
        raise InputError(data, ["its examples are single values; two or more are needed for a code to be smaller"])
    n = described["n_train"] + described["n_test"]
    if n < FEWEST:
        raise InputError(
            data, [f"holds {n} examples; at least {FEWEST} are needed to train on some and test on others"]
        )
    if described["variance"] == 0.0:
        raise InputError(data, ["all training examples are equal, so nothing can be learned from them"])
    return described
