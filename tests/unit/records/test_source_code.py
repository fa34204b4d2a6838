"""What counts of a module's source is read once, and again as soon as the source is another one."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from latentdim.records import source_code as reading
from latentdim.records.source_code import SourceCode, source_code

Written = Callable[[str], SourceCode | None]


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Written:
    """A function that writes a module and returns what a new process would find that counts of it."""
    name = f"counted_{abs(hash(request.node.name))}"
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", False)

    def write(content: str) -> SourceCode | None:
        (tmp_path / f"{name}.py").write_text(content)
        source_code.cache_clear()
        return source_code(name)

    return write


def kept(folder: Path) -> list[Path]:
    return list((folder / "__pycache__").glob("*.code.json"))


def test_a_known_source_is_not_parsed_again(written: Written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = written("import os\nx = 1\n")
    assert len(kept(tmp_path)) == 1
    monkeypatch.setattr(reading, "_read", lambda module, content: pytest.fail("parsed again"))
    assert written("import os\nx = 1\n") == first


def test_what_is_kept_is_forgotten_once_the_source_is_another(written: Written) -> None:
    codes = [written(text) for text in ("import os\n", "import re\n", "import re  # why\n")]
    first, edited, commented = (one or pytest.fail("no source") for one in codes)
    assert (first.imports, edited.imports) == (("os",), ("re",))
    assert first.meaning != edited.meaning == commented.meaning


@pytest.mark.parametrize("content", ["", "{", "[1]", '{"source": 3}'])
def test_what_is_kept_and_damaged_is_read_again(written: Written, tmp_path: Path, content: str) -> None:
    first = written("x = 1\n")
    (file,) = kept(tmp_path)
    file.write_text(content)
    assert written("x = 1\n") == first


def test_nothing_is_kept_where_python_keeps_no_bytecode(
    written: Written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert written("x = 1\n")
    assert kept(tmp_path) == []
