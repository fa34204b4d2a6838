"""Files are written whole or not at all."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors import SafetensorError
from safetensors.torch import save_file

from latentdim.system.files import append_line, hindrance, read_json, read_lines, write_atomic, write_json
from latentdim.system.problems import NotWritten


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


def test_a_line_after_a_torn_one_stands_by_itself(tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"
    journal.write_text('{"event": "sta')
    append_line(journal, {"event": "start"}, room=64)
    append_line(journal, {"event": "end"})
    assert read_lines(journal) == [{"event": "start"}, {"event": "end"}]


def refuses(number: int) -> Callable[[Path], None]:
    """A function that ends as the system would with that number, the way safetensors tells it."""

    def write(path: Path) -> None:
        raise SafetensorError(f"Error while serializing: I/O error: {os.strerror(number)} (os error {number})")

    return write


@pytest.mark.parametrize(
    ("number", "cause"),
    [
        (errno.ENOSPC, "no room is left on its disk"),
        (errno.EDQUOT, "the quota on its disk is used up"),
        (errno.EROFS, "Read-only file system"),
        (errno.EACCES, "Permission denied"),
    ],
)
def test_why_a_file_cant_be_written_is_a_sentence(tmp_path: Path, number: int, cause: str) -> None:
    path = tmp_path / "weights.safetensors"
    with pytest.raises(NotWritten) as refusal:
        write_atomic(path, refuses(number))
    assert str(refusal.value) == f"'{path}' can't be written: {cause}"
    assert refusal.value.errno == number
    assert list(tmp_path.iterdir()) == []


def test_other_errors_of_what_is_written_are_left_as_they_are(tmp_path: Path) -> None:
    def write(path: Path) -> None:
        raise SafetensorError("a tensor isn't contiguous")

    with pytest.raises(SafetensorError, match="contiguous"):
        write_atomic(tmp_path / "x", write)


@pytest.mark.parametrize("write", [write_json, append_line])
def test_a_file_where_a_folder_belongs_is_named(tmp_path: Path, write: Callable[[Path, dict[str, int]], None]) -> None:
    in_the_way = tmp_path / "seed0"
    in_the_way.write_text("a note")
    cause = f"'{in_the_way}' is a file where a folder belongs"
    for folder in (in_the_way, in_the_way / "metrics"):
        with pytest.raises(NotWritten) as refusal:
            write(folder / "record.json", {"value": 1})
        assert refusal.value.cause == cause
        assert hindrance(folder) == cause
    assert hindrance(tmp_path) == hindrance(tmp_path / "new" / "folder") == ""


def test_a_folder_that_this_user_cant_write_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write everywhere
    assert hindrance(tmp_path / "new") == f"'{tmp_path}' can't be written by this user"


def test_a_missing_or_broken_file_reads_as_nothing(tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text("{")
    assert read_json(tmp_path / "broken.json") is None
    assert read_json(tmp_path / "missing.json") is None
