"""The commit in a record, and when it is marked as changed; what a process leaves behind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from latentdim.harness.environment import commit_of
from latentdim.system.files import write_text

TRACKED = ("code.py", "reports/demo/index.html", "results/published/demo.csv", "src/deep.py")


def git(folder: Path, *arguments: str) -> str:
    named = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    command = ["git", "-C", str(folder), *named, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of one commit, whatever repository this test runs in."""
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "checkout"
    for path in TRACKED:
        write_text(folder / path, "as committed")
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "one")
    return folder


def test_rewritten_reports_and_results_leave_the_commit_clean(checkout: Path) -> None:
    head = git(checkout, "rev-parse", "HEAD")[:12]
    for path in TRACKED[1:3]:
        write_text(checkout / path, "rewritten")
    write_text(checkout / "untracked.txt", "anything")
    assert commit_of(checkout) == head


@pytest.mark.parametrize("path", ["code.py", "src/deep.py"])
@pytest.mark.parametrize("seen_from", [".", "src"])
def test_changed_code_marks_it_wherever_it_is_seen_from(checkout: Path, path: str, seen_from: str) -> None:
    head = git(checkout, "rev-parse", "HEAD")[:12]
    assert commit_of(checkout / seen_from) == head
    write_text(checkout / path, "changed")
    assert commit_of(checkout / seen_from) == f"{head}+"


def test_outside_a_checkout_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert commit_of(tmp_path) == ""


PROCESS = """
import atexit, gc
atexit.register(lambda: print(gc.get_freeze_count()))  # called last
import torch
from latentdim.harness.environment import set_arithmetic
from latentdim.study.protocol import Training
for _ in range(2):
    set_arithmetic(Training(steps=1), torch.device("cpu"))
print(gc.get_freeze_count() > 0)
"""


def test_imports_are_out_of_the_search_for_garbage_until_the_process_ends() -> None:
    told = subprocess.run([sys.executable, "-c", PROCESS], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["True", "0"]
