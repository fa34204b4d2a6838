"""Where each file of a run lies.

The run's folder is the only truth. It holds::

    record.json            status, reason, settings, environment, timing: see records/record.py
    model.safetensors      the trained weights
    history.csv            loss terms and whatever the method observes, over training
    metrics/<file>.json    one value each, by name and version
    stored/<file>.safetensors  what exhibits of the study draw from, each by name, version and evaluation setting
    origin.json            data and code that the unfinished training belongs to
    samples.png            the same samples as a picture, where samples of images are stored
    best.safetensors       the weights with the lowest validation loss, where one is measured
    epochs/<n>.safetensors the weights after n epochs, where the study has them evaluated
    checkpoint.safetensors while training only; checkpoint.previous.safetensors is the one before
    stages/<name>/         checkpoint and history of a further training inside the run
    progress.json          the newest heartbeat
    journal.jsonl          one line when an attempt starts, one when it ends
    log.txt                what its attempts said
    lease                  who is writing here
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from latentdim.system.files import writing


@dataclass(frozen=True)
class RunFolder:
    """The files of one run."""

    path: Path

    @property
    def record(self) -> Path:
        """Status, settings, environment, timing."""
        return self.path / "record.json"

    @property
    def model(self) -> Path:
        """The trained weights."""
        return self.path / "model.safetensors"

    @property
    def checkpoint(self) -> Path:
        """The training's state, while it runs."""
        return self.path / "checkpoint.safetensors"

    @property
    def best(self) -> Path:
        """The weights with the lowest validation loss, where one is measured."""
        return self.path / "best.safetensors"

    def epoch(self, epochs: int) -> Path:
        """The weights after so many epochs, where they are kept."""
        return self.path / "epochs" / f"{epochs}.safetensors"

    @property
    def kept_epochs(self) -> list[int]:
        """After how many epochs weights are kept, ascending."""
        return sorted(int(path.stem) for path in (self.path / "epochs").glob("*.safetensors"))

    def stage(self, name: str) -> RunFolder:
        """Folder of a further training inside the run."""
        return RunFolder(self.path / "stages" / name)

    @property
    def stages(self) -> list[str]:
        """Names of the further trainings inside the run, in alphabetical order."""
        return sorted(path.name for path in (self.path / "stages").glob("*"))

    @property
    def checkpoints(self) -> list[Path]:
        """States that were saved of the run's trainings, the ones before the newest included."""
        places = [self, *map(self.stage, self.stages)]
        return [path for place in places for path in sorted(place.path.glob("checkpoint*.safetensors"))]

    @property
    def history(self) -> Path:
        """Loss terms over training."""
        return self.path / "history.csv"

    def stored(self, file: str) -> Path:
        """What one kind of exhibit draws from."""
        return self.path / f"stored/{file}"

    @property
    def origin(self) -> Path:
        """Data and code that an unfinished training belongs to."""
        return self.path / "origin.json"

    @property
    def journal(self) -> Path:
        """Attempts."""
        return self.path / "journal.jsonl"

    @property
    def log(self) -> Path:
        """What its attempts said."""
        return self.path / "log.txt"

    @property
    def progress(self) -> Path:
        """The newest heartbeat."""
        return self.path / "progress.json"

    @property
    def lease(self) -> Path:
        """Who writes here."""
        return self.path / "lease"

    def empty(self) -> None:
        """Remove what a run left, its journal, log and lease apart.

        Raises:
            NotWritten: if something can't be removed, in a sentence.
        """
        with writing(self.path):
            for path in self.path.iterdir():
                if path.name not in {"lease", "journal.jsonl", "log.txt"}:
                    shutil.rmtree(path) if path.is_dir() else path.unlink()

    def sweep(self) -> None:
        """Remove what killed processes left half-written; for who holds the lease, before it writes anything.

        Raises:
            NotWritten: if something can't be removed, in a sentence.
        """
        with writing(self.path):
            for path in self.path.rglob(".*.partial"):
                path.unlink(missing_ok=True)

    @property
    def metrics(self) -> list[Path]:
        """The files of all metrics, in alphabetical order."""
        return sorted((self.path / "metrics").glob("*.json"))

    def metric(self, file: str) -> Path:
        """One metric's file."""
        return self.path / f"metrics/{file}"  # joined once: a report asks for every metric of every run
