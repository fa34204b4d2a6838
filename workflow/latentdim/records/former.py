"""How results were named at commit 009b16d, and which of them still stand. To be deleted with ``latentdim migrate``.

Then every setting was hashed, at its default or not. What is told here is only what can be carried over: methods and
datasets that nothing since has touched.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from latentdim.datasets.spec import DatasetSpec
from latentdim.plan.run import Cell, Run
from latentdim.registry.declarations import Method
from latentdim.system.identity import digest

if TYPE_CHECKING:
    from numpy.typing import NDArray

SCHEMA = 1  # of records
VERSION = 1  # of every method and every dataset below, of the engine and of the networks

# Methods that learn in closed form and draw nothing, with the fingerprint of their code. All others draw initial
# weights, batches or codes, from streams that are seeded in another way since.
METHODS = {"constant": "f66d182f202e", "oracle": "e193a877e8e6", "pca": "f2bc87549228"}

# Kinds of datasets whose arrays are the same, with the options that identified them. All others are permuted since.
_RENDERED = frozenset({"levels", "n", "test_fraction", "seed"})
DATASETS = {
    "digits": frozenset({"test_fraction"}),
    "dsprites": frozenset({"test_fraction"}),
    "dsprites_rendered": _RENDERED,
    "eurosat": frozenset({"test_fraction"}),
    "shapes3d": frozenset({"test_fraction"}),
    "shapes3d_rendered": _RENDERED,
    "sprites": frozenset({"form", "levels"}),
    "synthetic": frozenset({"outputs", "width", "n", "n_train", "n_test", "slope", "seed"}),
}


def same_method(method: Method) -> bool:
    """Whether what the method learnt then is what it would learn now."""
    return method.name in METHODS and method.version == VERSION


def same_arrays(spec: DatasetSpec) -> bool:
    """Whether the dataset's prepared arrays are byte for byte what they were."""
    return spec.kind.name in DATASETS and spec.kind.version == VERSION


def renamed(method: str, tensors: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Weights of one of the methods above under the names that they have now, when priors are objects."""
    found = dict(tensors)
    inactive = found["inactive_value"] = found.pop("rest")
    if method == "oracle":
        root = found.pop("prior_root")  # of the factors alone; the other axes' rows are zero
        found["prior.root"] = np.pad(root, ((0, len(inactive) - len(root)), (0, 0)))
    else:
        found["prior.mean"] = np.zeros_like(inactive)
        found["prior.variance"] = found.pop("variance", np.zeros_like(inactive))
    return found


def data_key(spec: DatasetSpec) -> str:
    """The key of a dataset's prepared arrays then; of one of the kinds that are the same."""
    options = spec.options.model_dump(mode="json", include=set(DATASETS[spec.kind.name]))
    return digest([spec.kind.name, VERSION, options])


def data_folder(spec: DatasetSpec, results: Path) -> Path:
    """Where its prepared arrays lay then."""
    return results / "data" / spec.name / data_key(spec)


def run_path(run: Run) -> str:
    """A run's folder then, relative to the results folder; of a method and a dataset that are the same."""
    cell = run.cell
    return f"runs/{cell.dataset.name}/{cell.method.name}/L{run.dim}/{_key(cell)}/seed{run.seed}"


def _key(cell: Cell) -> str:
    return digest(
        {
            "config": cell.config.model_dump(mode="json"),
            "training": cell.training_fields(),
            "versions": [VERSION, VERSION, VERSION],
            "dataset": data_key(cell.dataset),
        }
    )
