"""Files are written whole or not at all."""

import os
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from latentdim.system.files import append_line, read_json, read_lines, write_atomic, write_json


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "record.json"
    write_json(target, {"value": 1})

    def half(path: Path) -> None:
        path.write_text('{"val')
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_atomic(target, half)
    assert read_json(target) == {"value": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["record.json"]


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o007, 0o660), (0o077, 0o600)])
def test_who_may_read_a_file_is_up_to_the_umask(tmp_path: Path, umask: int, mode: int) -> None:
    before = os.umask(umask)
    try:
        write_atomic(tmp_path / "x.safetensors", lambda path: save_file({"x": torch.zeros(1)}, path))
    finally:
        os.umask(before)
    assert (tmp_path / "x.safetensors").stat().st_mode & 0o777 == mode


def test_nan_is_never_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "record.json", {"value": float("nan")})
    assert list(tmp_path.iterdir()) == []


def test_a_torn_last_line_of_a_journal_is_left_out(tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"
    append_line(journal, {"event": "start"})
    with journal.open("a") as handle:
        handle.write('{"event": "en')
    assert read_lines(journal) == [{"event": "start"}]


def test_a_missing_or_broken_file_reads_as_nothing(tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text("{")
    assert read_json(tmp_path / "broken.json") is None
    assert read_json(tmp_path / "missing.json") is None
