"""A run's record: what is in it, and how it is read and written.

``record.json`` in the run's folder is written when a run ends, whatever its end, and read by everything else. Its
fields are those of :class:`Record`. Whether a run is done again isn't in it: :mod:`latentdim.outcomes.outcomes` decides
that from the record, the data and the code as they are now.
"""

from __future__ import annotations

import json
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from latentdim.records.folder import RunFolder
from latentdim.records.status import Status
from latentdim.study.messages import sentences
from latentdim.system.files import write_json

SCHEMA = 3  # 1 lacks `declared`, 2 `device.kernel`
LAST_SECOND = 253_402_300_800  # the end of the year 9999


class RecordRefused(Exception):
    """A record that this version can't read, or that was changed by hand; the message names file and field."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Coordinates(_Part):
    """Which run it is; ``key`` hashes its settings and versions."""

    dataset: str
    method: str
    dim: int = Field(ge=1)
    seed: int
    key: str = ""


class Stage(_Part):
    """What a further training inside the run took."""

    train_seconds: float
    steps: int


class Timing(_Part):
    """When it began, in seconds since 1970, and what it took, in seconds.

    ``examples_per_second`` is None where nothing was trained in steps; ``resumed_steps`` are those that an earlier,
    interrupted attempt did; ``stages`` are part of the sums.
    """

    started: float = Field(ge=0, lt=LAST_SECOND)
    train_seconds: float
    total_seconds: float
    evaluate_seconds: float | None = None
    steps: int
    resumed_steps: int = 0
    examples_per_second: float | None = None
    stages: dict[str, Stage] = Field(default_factory=dict)  # pydantic would copy {} for every record


class DataFacts(_Part):
    """The prepared data that it was trained on, by their digest."""

    digest: str
    n_train: int
    n_test: int
    shape: tuple[int, ...]


class Source(_Part):
    """The method's code, see :mod:`latentdim.records.fingerprint`; empty where it couldn't be found."""

    fingerprint: str


class Device(_Part):
    """Where it was trained: ``cpu`` or ``cuda``, the device's name, and CPU threads.

    ``kernel`` is the arithmetic that its layers went through, see :mod:`latentdim.nets.kernels`.
    """

    kind: str
    name: str
    threads: int
    kernel: str = "plain"


class Host(_Part):
    """The machine, without its name."""

    cpu: str
    cores: int | None
    system: str


class Usage(_Part):
    """What the fit took of the machine, see :func:`latentdim.harness.usage.metered`."""

    shared_by: int
    peak_memory_mb: float | None
    memory_before_mb: float | None
    memory_since: Literal["training", "process"]
    energy_joules: float | None


class Record(_Part):
    """What a run left beside its weights, history and metrics.

    Attributes:
        layout: version of this layout, ``schema`` in the file.
        reason: of a run that isn't ok, in a sentence.
        declared: versions of method, engine, network and dataset that the numbers rest on.
        config: the method's settings, all of them.
        training: the training half of the protocol as far as the method uses it, defaults included.
        active: the method's own count of active dimensions; None where there is no model.
        n_parameters: trainable numbers; None where there is no model.
        late_improvement: how much the reconstruction term still fell at the end, see
            :func:`latentdim.records.history.late_improvement`; None where that can't be told.
        usage: None where the weights were restored.
        versions: of the software.
        notes: for readers, such as a fallback to the CPU.
    """

    layout: int = Field(SCHEMA, alias="schema", ge=1)
    status: Status
    reason: str
    run: Coordinates
    declared: dict[str, int] = Field(default_factory=dict)
    config: dict[str, Any] = Field(default_factory=dict)
    training: dict[str, Any] = Field(default_factory=dict)
    active: int | None = None
    n_parameters: int | None = None
    late_improvement: float | None = None
    timing: Timing
    data: DataFacts
    source: Source
    versions: dict[str, str]
    host: Host
    device: Device
    usage: Usage | None = None
    notes: tuple[str, ...] = ()

    @field_validator("usage", mode="before")
    @classmethod
    def _nothing_used(cls, given: Any) -> Any:
        return given or None  # schema 1 wrote {}

    def measured_for(self, seconds: float) -> Record:
        """The record with so many seconds more of measuring."""
        measuring = round((self.timing.evaluate_seconds or 0.0) + seconds, 3)
        total = round(self.timing.total_seconds + seconds, 3)
        timing = self.timing.model_copy(update={"evaluate_seconds": measuring, "total_seconds": total})
        return self.model_copy(update={"timing": timing})

    def content(self) -> dict[str, Any]:
        """The record as JSON, as it stands in the file."""
        return self.model_dump(mode="json", by_alias=True)


def read_record(folder: RunFolder) -> Record | None:
    """A run's record, or None where none is written yet.

    Raises:
        RecordRefused: in a sentence that names file and field; the file is left as it is.
    """
    try:
        text = folder.record.read_text(encoding="utf-8")
        content = json.loads(text)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise RecordRefused(f"{folder.record} can't be read: {error.strerror}") from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise RecordRefused(f"{folder.record} can't be read: {error}") from error
    written = content.get("schema") if isinstance(content, dict) else None
    if isinstance(written, int) and written > SCHEMA:
        raise RecordRefused(
            f"{folder.record}: schema = {written} is of a newer version of latentdim; this one reads up to {SCHEMA}"
        )
    try:
        return Record.model_validate_json(text)
    except ValidationError as error:
        problems = "; ".join(sentences(Record, error))
        raise RecordRefused(f"{folder.record} isn't as it was written: {problems}") from error


def write_record(folder: RunFolder, record: Record) -> None:
    """Write the record whole.

    Raises:
        NotWritten: in a sentence.
    """
    write_json(folder.record, record.content())
