"""A run brought back from its folder alone: settings, record, history, and its model and data on demand."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch

from latentdim import registry
from latentdim.datasets.prepared import description
from latentdim.harness.fitting import fitted
from latentdim.nets.latent import LatentModel
from latentdim.records.folder import RunFolder
from latentdim.records.history import read_history
from latentdim.records.metric_files import read_metrics
from latentdim.records.record import Record, RecordRefused, read_record
from latentdim.registry.declarations import Method, MethodConfig
from latentdim.study.file import validated
from latentdim.study.protocol import Training
from latentdim.system.problems import InputError
from latentdim.training import Task
from latentdim.training.data import Data, load_data


@dataclass(frozen=True)
class LoadedRun:
    """A run that has ended.

    Attributes:
        record: status, settings, versions, timing: see :mod:`latentdim.records.record`.
        device: where model and data go.
    """

    folder: RunFolder
    record: Record
    device: torch.device

    @cached_property
    def method(self) -> Method:
        """The declaration of its method.

        Raises:
            InputError: if none of that name is registered here.
        """
        return registry.methods().get(self.record.run.method)

    @cached_property
    def config(self) -> MethodConfig:
        """The method's settings.

        Raises:
            InputError: if the method takes others by now.
        """
        config: MethodConfig = validated(self.method.config, self.record.config, title=self._title, prefix="config")
        return config

    @cached_property
    def training(self) -> Training:
        """The training half of its protocol; what the method doesn't use stands at its default.

        Raises:
            InputError: if protocols have other fields by now.
        """
        no_length = {"steps": 1} if "steps" in self.method.unused_fields else {}
        training: Training = validated(Training, no_length | self.record.training, title=self._title, prefix="training")
        return training

    @property
    def history(self) -> list[dict[str, float]]:
        """The rows of ``history.csv``: loss terms, and whatever the method observes, over training."""
        return read_history(self.folder)

    @property
    def metrics(self) -> list[dict[str, object]]:
        """Its metrics, a mapping each: ``metric``, ``axes``, ``value``, ``n``, ``status``, ``evaluation``, …"""
        return [{name: content[name] for name in content if name != "file"} for content in read_metrics(self.folder)]

    @cached_property
    def data(self) -> Data:
        """The examples that it was trained and measured on, ``data.train``, ``data.test``, in the network's scaling.

        Raises:
            InputError: if they aren't prepared in the results folder that the run lies in.
        """
        dataset, digest = self.record.run.dataset, self.record.data.digest
        prepared = self.folder.path.absolute().parents[5] / "data" / dataset
        for folder in prepared.glob("*"):
            if (description(folder) or {}).get("digest") == digest:
                return load_data(folder, self.training, device=self.device)
        raise InputError(
            self._title,
            [f"its data ('{dataset}', sha256 {digest[:12]}) aren't prepared in '{prepared}'; `latentdim prepare` does"],
        )

    @cached_property
    def model(self) -> LatentModel:
        """The model with the weights after its last step, in its final structure and in evaluation mode.

        Raises:
            InputError: if the run has none, or a later version of its method can't take it.
        """
        if not self.folder.model.exists():
            reason = f": {self.record.reason}" if self.record.reason else ""
            raise InputError(self._title, [f"it has no model; it ended as {self.record.status}{reason}"])
        made_with = self.record.declared.get("method", self.method.version)
        if made_with != self.method.version:
            raise InputError(
                self._title,
                [f"made by version {made_with} of '{self.method.name}', which is version {self.method.version} here"],
            )
        run = self.record.run
        task = Task(
            dim=run.dim, data=self.data, protocol=self.training, device=self.device, weights=self.folder.model,
            names=(run.dataset, run.method, run.dim, run.seed),
        )  # fmt: skip
        return fitted(task, self.method, self.config)

    @property
    def _title(self) -> str:
        return f"the run in '{self.folder.path}'"


def load(path: Path, device: str = "cpu") -> LoadedRun:
    """The run in a folder.

    Raises:
        InputError: if no run has ended there.
    """
    folder = RunFolder(path)
    try:
        record = read_record(folder)
    except RecordRefused as refusal:
        raise InputError(f"the run in '{path}'", [str(refusal)]) from refusal
    if record is None:
        what = "no run has ended there yet" if folder.journal.exists() else "it is no run's folder"
        raise InputError(f"'{path}'", [f"{what}: it holds no record.json"])
    return LoadedRun(folder, record, torch.device(device))
