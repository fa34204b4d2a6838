"""The C library is asked once to keep freed memory; one that can't be asked is left alone."""

import ctypes
from types import SimpleNamespace

import pytest

from latentdim.system.allocation import FROM_THE_HEAP, KEPT, keep_freed_memory


@pytest.fixture(autouse=True)
def _ask_anew() -> None:
    keep_freed_memory.cache_clear()


def test_glibc_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int]] = []
    library = SimpleNamespace(mallopt=lambda *setting: asked.append(setting))
    monkeypatch.setattr(ctypes, "CDLL", lambda name: library)
    keep_freed_memory()
    keep_freed_memory()
    assert asked == [(-3, FROM_THE_HEAP), (-1, KEPT)]


def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda name: SimpleNamespace())
    keep_freed_memory()
