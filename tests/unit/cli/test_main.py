"""The command line itself: its version, misspelt commands, terminals that can't show every character."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

import latentdim
from latentdim.cli.main import main


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--version"])
    assert end.value.code == 0
    assert capsys.readouterr().out == f"latentdim {latentdim.__version__}\n"


def test_a_misspelt_command_is_answered_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["chekc", "quickstart"]) == 2
    assert capsys.readouterr().err.startswith("'chekc' is not a command; did you mean 'check'? (known: ")


def test_output_that_a_terminal_cannot_encode_ends_no_command(tmp_path) -> None:
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [sys.executable, "-m", "latentdim", "check", "Größe"], cwd=tmp_path, env=environment,
        capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert b"'Gr\\xf6\\xdfe' is not a study" in done.stderr
