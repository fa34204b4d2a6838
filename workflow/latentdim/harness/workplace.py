"""Where one process works: its device, the data that it has prepared and loaded, and whether it was asked to stop."""

from __future__ import annotations

import gc
import signal
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import torch

from latentdim.datasets.prepared import prepare
from latentdim.datasets.spec import DatasetSpec
from latentdim.plan.run import Run
from latentdim.training.data import Data, load_data

DATA_FIELDS = ("scaling", "n_train", "n_validation")


@dataclass
class Workplace:
    """What the runs of one process share.

    Attributes:
        results: folder of runs and prepared data.
        cuda_graphs: whether trainings on a GPU record their steps and replay them.
        notes: told in every record (a fallback to the CPU, say).
        stopping: asked to stop; trainings save their state and end.
    """

    results: Path
    device: torch.device
    checkpoint_seconds: float = 30.0
    notes: tuple[str, ...] = ()
    stopping: bool = False
    cuda_graphs: bool = False
    _prepared: dict[Path, dict[str, Any]] = field(default_factory=dict)
    _loaded: dict[Any, Data] = field(default_factory=dict)

    def prepared(self, dataset: DatasetSpec) -> dict[str, Any]:
        """The description of the prepared arrays; they are looked at once, and made where they aren't there.

        Raises:
            DataRefused: if the contents can't be trusted.
        """
        folder = dataset.folder(self.results)
        if folder not in self._prepared:
            self._prepared[folder] = prepare(dataset, self.results)
        return self._prepared[folder]

    def data_for(self, run: Run) -> Data:
        """The prepared arrays on the device, shared by consecutive runs that see them alike."""
        dataset, training = run.cell.dataset, run.cell.protocol.training
        digest = self.prepared(dataset)["digest"]
        key = (dataset.name, digest, *(getattr(training, name) for name in DATA_FIELDS))
        if key not in self._loaded:
            self._loaded.clear()
            gc.collect()
            folder, factor_space = dataset.folder(self.results), dataset.factor_space(self.results)
            self._loaded[key] = load_data(folder, training, device=self.device, factor_space=factor_space)
        return self._loaded[key]

    def stop_on_signals(self) -> None:
        """On SIGTERM or SIGINT save the training's state and end; the second time at once."""

        def stop(number: int, frame: FrameType | None) -> None:
            if self.stopping:
                raise KeyboardInterrupt
            self.stopping = True

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
