"""What is in a record, and how one is refused that isn't as it was written."""

import json
from pathlib import Path
from typing import Any

import pytest

from latentdim.records.folder import RunFolder
from latentdim.records.record import SCHEMA, Record, RecordRefused, read_record, write_record
from latentdim.records.state import state_of
from latentdim.records.status import Kind, Status
from latentdim.system.files import write_json, write_text

FIRST: dict[str, Any] = {  # as the first schema wrote it
    "schema": 1, "status": "collapsed", "reason": "the count is 0", "active": 0, "n_parameters": 12,
    "run": {"dataset": "digits", "method": "vae", "dim": 4, "seed": 1, "key": "0123456789ab"},
    "timing": {
        "started": 1.8e9, "total_seconds": 15.0, "train_seconds": 12.5, "steps": 300, "resumed_steps": 0,
        "examples_per_second": 2400.0,
    },
    "config": {"beta": 1.0}, "training": {"steps": 300, "network": {"name": "mlp"}},
    "data": {"digest": "d1" * 32, "n_train": 80, "n_test": 20, "shape": [1, 8, 8]},
    "source": {"fingerprint": "f" * 12}, "versions": {"torch": "2.15.0", "commit": ""},
    "host": {"cpu": "A processor", "cores": 2, "system": "Linux x86_64"},
    "device": {"kind": "cpu", "name": "A processor", "threads": 1}, "usage": {}, "notes": ["a note"],
}  # fmt: skip


def written(folder: Path, content: dict[str, Any]) -> RunFolder:
    """A run's folder with that content in its record."""
    write_json(folder / "record.json", content)
    return RunFolder(folder)


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    folder = written(tmp_path, FIRST | {"schema": SCHEMA, "declared": {"method": 1, "engine": 2}})
    record = read_record(folder)
    assert record is not None
    write_record(folder, record)
    assert read_record(folder) == record
    assert json.loads(folder.record.read_text())["schema"] == SCHEMA
    assert record.data.shape == (1, 8, 8)


def test_a_record_of_the_first_schema_is_read(tmp_path: Path) -> None:
    record = read_record(written(tmp_path, FIRST))
    assert record is not None
    assert (record.layout, record.declared, record.usage) == (1, {}, None)
    assert record.timing.evaluate_seconds is None


def test_where_there_is_none_there_is_none(tmp_path: Path) -> None:
    assert read_record(RunFolder(tmp_path / "nowhere")) is None


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"schema": SCHEMA + 1}, f"schema = {SCHEMA + 1} is of a newer version of latentdim; this one reads up to"),
        ({"status": "splendid"}, "isn't as it was written: status = 'splendid'"),
        ({"timing": FIRST["timing"] | {"steps": "many"}}, "timing.steps = 'many': should be a valid integer"),
        ({"timing": FIRST["timing"] | {"started": 1e300}}, "timing.started = 1e+300: should be less than"),
        ({"colour": "blue"}, "colour: unknown key"),
        ({"data": {"digest": "d1"}}, "data.n_train: this key is required"),
    ],
)
def test_a_newer_record_or_one_changed_by_hand_is_refused_by_file_and_field(
    tmp_path: Path, change: dict[str, Any], sentence: str
) -> None:
    folder = written(tmp_path, FIRST | change)
    with pytest.raises(RecordRefused) as refusal:
        read_record(folder)
    assert str(refusal.value).startswith(str(folder.record))
    assert sentence in str(refusal.value)
    state = state_of(folder)
    assert (state.status, state.record) == (Status.FAILED, None)
    assert state.reason is not None
    assert state.reason.kind is Kind.RECORD_REFUSED


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "\x00"])
def test_what_is_no_record_is_refused(tmp_path: Path, text: str) -> None:
    write_text(tmp_path / "record.json", text)
    with pytest.raises(RecordRefused, match=r"record\.json"):
        read_record(RunFolder(tmp_path))


def test_times_of_measuring_add_up(tmp_path: Path) -> None:
    record = read_record(written(tmp_path, FIRST))
    assert isinstance(record, Record)
    twice = record.measured_for(1.5).measured_for(2.0)
    assert (twice.timing.evaluate_seconds, twice.timing.total_seconds) == (3.5, 18.5)
    assert twice.timing.train_seconds == record.timing.train_seconds
