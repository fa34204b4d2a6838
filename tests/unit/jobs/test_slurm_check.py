"""What Slurm would refuse is told before the first submission, in one sentence each."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from latentdim.jobs.slurm_check import Invocation, LargestJob, submission_problems

DEFAULTS = {"runtime": "30", "mem_mb": "2000"}
JOB = LargestJob(study="mine", gpus=1, threads=2, memory_mb=3000, minutes=45)


@pytest.fixture
def sbatch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Put an sbatch first in the path, which says something and refuses; returns what it was asked."""
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")

    def put(says: str = "", code: int = 1) -> Path:
        (tmp_path / "sbatch").write_text(f'#!/bin/sh\necho "$*" > "{tmp_path}/asked"\necho "{says}" >&2\nexit {code}\n')
        (tmp_path / "sbatch").chmod(0o755)
        return tmp_path / "asked"

    return put


def problems(
    defaults: dict[str, str] = DEFAULTS, *, executor: str = "slurm", dry: bool = False, **rule: str
) -> list[str]:
    return list(submission_problems(Invocation(executor, dry, defaults, rule), [JOB]))


def test_the_largest_job_is_shown_to_slurm_and_its_refusal_told(sbatch):
    asked = sbatch("allocation failure: Invalid account or account/partition combination specified")
    (problem,) = problems(DEFAULTS | {"slurm_partition": "gpuu", "slurm_account": "me", "slurm_extra": "--exclude=n1"})
    assert problem == (
        "Slurm refuses the largest job of 'mine' (1 GPU, 2 CPU, 3000 MB, 45 min, slurm_partition gpuu, "
        "slurm_account me): Invalid account or account/partition combination specified"
    )
    assert asked.read_text().split() == [
        "--test-only", "--time=45", "--mem=3000", "--gpus=1", "--cpus-per-gpu=2", "--partition=gpuu", "--account=me",
        "--exclude=n1", "--wrap=true",
    ]  # fmt: skip


def test_resources_set_for_the_rule_win(sbatch):
    asked = sbatch(code=0)
    assert problems(gpu="0", runtime="20") == []
    assert asked.read_text().split() == ["--test-only", "--time=20", "--mem=3000", "--cpus-per-task=2", "--wrap=true"]


def test_a_controller_that_does_not_answer_is_no_refusal(sbatch):
    sbatch("allocation failure: Unable to contact slurm controller (connect failure)")
    assert problems() == []


@pytest.mark.parametrize(
    ("runtime", "told"), [("0.5", "= 0.5 is no whole number"), ("0", "= 0 is no"), (None, "is missing")]
)
def test_a_limit_below_a_minute_which_would_be_none_is_refused(sbatch, runtime, told):
    sbatch(code=0)
    (problem,) = problems({"mem_mb": "2000"} | ({"runtime": runtime} if runtime else {}))
    assert f"runtime {told}" in problem


def test_without_sbatch_one_sentence_is_all(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    (problem,) = problems({})
    assert "no 'sbatch' here" in problem


def test_other_executors_and_dry_runs_are_not_asked(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert problems(executor="local") == []
    assert problems(dry=True) == []


def test_settings_are_read_as_snakemake_reads_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    profile = {"executor": "local", "cores": 1, "default-resources": {"runtime": 30, "slurm_partition": "main"}}
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "config.yaml").write_text(yaml.safe_dump(profile))
    found = Invocation.of(["all", "--profile", "site", "-n", "--set-resources", "bring_up_to_date:gpu=0"])
    assert (found.executor, found.dry, found.set_for_rule) == ("local", True, {"gpu": "0"})
    assert found.defaults["runtime"] == "30"
    assert found.defaults["slurm_partition"] == "main"
