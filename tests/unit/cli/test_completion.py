"""Shell completion, asked of a real bash."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from latentdim.cli.main import main


def completed(words: list[str], folder: Path, capsys: pytest.CaptureFixture[str]) -> set[str]:
    """What bash offers in a folder for the last of the words."""
    assert main(["completion", "bash"]) == 0
    ask = f"COMP_WORDS=({' '.join(repr(word) for word in words)}); COMP_CWORD={len(words) - 1}; _latentdim"
    text = f"{capsys.readouterr().out}\n{ask}\nprintf '%s\\n' \"${{COMPREPLY[@]}}\""
    done = subprocess.run(["bash", "-c", text], cwd=folder, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["latentdim", "sta"], {"status"}),
        (["latentdim", "status", "--j"], {"--json"}),
        (["latentdim", "run", "--no"], {"--no-report"}),
        (["latentdim", "check", "mi"], {"mine", "mixed.yaml"}),
        (["latentdim", "nonsense", "--"], set()),
    ],
)
def test_bash_offers_commands_options_studies_and_files(tmp_path, capsys, words, offered) -> None:
    (tmp_path / "workflow" / "studies" / "mine").mkdir(parents=True)
    (tmp_path / "workflow" / "studies" / "mine" / "study.yaml").touch()
    (tmp_path / "mixed.yaml").touch()
    assert completed(words, tmp_path, capsys) == offered


def test_zsh_reads_the_same_script(capsys) -> None:
    assert main(["completion", "zsh"]) == 0
    printed = capsys.readouterr().out
    assert "bashcompinit" in printed
    if shutil.which("zsh"):
        subprocess.run(["zsh", "-f", "-c", printed], check=True)
