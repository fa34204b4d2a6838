"""The intrinsic dimension, estimated while other processes train."""

from __future__ import annotations

import math
import threading
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from latentdim.intrinsic.estimate import intrinsic_dimension, most_rows
from latentdim.recommendation.document import Estimator, Intrinsic
from latentdim.recommendation.spectrum import training_rows


class Estimating:
    """An estimate under way."""

    def __init__(self, prepared: Path) -> None:
        """Begin with the prepared arrays in a folder."""
        self._result: Intrinsic | None = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, args=(prepared,), daemon=True)
        self._thread.start()

    def result(self) -> Intrinsic | None:
        """The estimate, waited for; None where its packages aren't installed.

        Raises:
            Exception: whatever it failed with.
        """
        self._thread.join()
        if self._error:
            raise self._error
        return self._result

    def _run(self, prepared: Path) -> None:
        try:
            self._result = estimated(prepared)
        except Exception as error:  # told by whoever waits for it
            self._error = error


def estimated(prepared: Path) -> Intrinsic | None:
    """The intrinsic dimension of prepared training examples; None where scikit-dimension isn't installed."""
    if find_spec("skdim") is None:
        return None
    shape = np.load(prepared / "train.npy", mmap_mode="r", allow_pickle=False).shape
    rows = training_rows(prepared, most_rows(math.prod(shape[1:])))  # no more than are used: they may be large
    estimate = intrinsic_dimension(rows, seed=0)
    if math.isnan(estimate.dim):
        return Intrinsic(dim=None, duplicates=estimate.duplicates, n_used=estimate.n_used, notes=estimate.notes)
    return Intrinsic(
        dim=estimate.dim, interval=estimate.interval, duplicates=estimate.duplicates, n_used=estimate.n_used,
        noise=estimate.noise, notes=estimate.notes,
        estimators={
            name: Estimator(value=one.value, interval=one.interval, note=one.refusal)
            for name, one in estimate.estimators.items()
        },
    )  # fmt: skip
