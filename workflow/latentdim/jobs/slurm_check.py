"""What a Slurm cluster would refuse of an invocation, found out before its first submission. No torch."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from latentdim.system.slurm import NoAnswer, asked, unanswered

PROFILE = "the profile's default-resources"
OPTIONS = {"slurm_partition": "--partition", "slurm_account": "--account", "qos": "--qos", "constraint": "--constraint"}
RULE = "bring_up_to_date"


@dataclass(frozen=True)
class Invocation:
    """Snakemake's settings, as its own parser reads them from command line and profile.

    Attributes:
        executor: ``slurm``, ``local``, …
        dry: only tells the jobs.
        defaults: the profile's default resources, as they are written.
        set_for_rule: resources set for the rule that brings runs up to date, which win over the plan's.
    """

    executor: str
    dry: bool
    defaults: dict[str, str]
    set_for_rule: dict[str, str]

    @classmethod
    def of(cls, arguments: Sequence[str]) -> Invocation:
        """Read a command line; what the parser would say to it, snakemake says itself."""
        from snakemake.cli import parse_args

        with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
            _, given = parse_args(list(arguments))
        set_for_rule = (given.set_resources or {}).get(RULE, {})
        return cls(str(given.executor), bool(given.dryrun), _raw(given.default_resources), _raw(set_for_rule))


def _raw(resources: object) -> dict[str, str]:
    return {
        name: str(resource.raw) for name, resource in getattr(resources, "items", dict)() if resource.raw is not None
    }


@dataclass(frozen=True, kw_only=True)
class LargestJob:
    """The most that one of a study's jobs asks for."""

    study: str
    gpus: int
    threads: int
    memory_mb: int
    minutes: int


def submission_problems(invocation: Invocation, jobs: Sequence[LargestJob]) -> Iterator[str]:
    """Sentences about what keeps Slurm from taking the jobs; none for another executor, nor for a dry run."""
    if invocation.executor != "slurm" or invocation.dry:
        return
    if shutil.which("sbatch") is None:
        yield "--profile slurm: there is no 'sbatch' here; start it where jobs are submitted, or take another profile"
        return
    for name in ("runtime", "mem_mb"):
        value = invocation.defaults.get(name)
        if value is None or not value.isdigit() or int(value) < 1:
            told = "is missing" if value is None else f"= {value} is no whole number of at least 1"
            yield f"{PROFILE}: {name} {told}; without it, jobs that make data have no limit"
    for job in jobs:
        yield from _refused(invocation, job)


def _refused(invocation: Invocation, job: LargestJob) -> Iterator[str]:
    """What sbatch says to the largest job of a study; nothing where it would take it, or can't answer now."""
    changed = {name: int(value) for name, value in invocation.set_for_rule.items() if value.isdigit()}
    gpus, memory = changed.get("gpu", job.gpus), changed.get("mem_mb", job.memory_mb)
    minutes = changed.get("runtime", job.minutes)
    options = [f"--time={minutes}", f"--mem={memory}"]
    options += [f"--gpus={gpus}", f"--cpus-per-gpu={job.threads}"] if gpus else [f"--cpus-per-task={job.threads}"]
    resources = invocation.defaults | invocation.set_for_rule
    options += [f"{option}={resources[name]}" for name, option in OPTIONS.items() if name in resources]
    options += shlex.split(resources.get("slurm_extra", ""))
    try:
        asked("sbatch", "--test-only", *options, "--wrap=true")
    except NoAnswer as refusal:
        if not unanswered(str(refusal)):
            wanted = f"{gpus} GPU, {job.threads} CPU, {memory} MB, {minutes} min"
            where = ", ".join(f"{name} {resources[name]}" for name in OPTIONS if name in resources)
            asking = f"{wanted}{', ' + where if where else ''}"
            yield f"Slurm refuses the largest job of '{job.study}' ({asking}): {_said(refusal)}"


def _said(refusal: NoAnswer) -> str:
    """Slurm's sentence without the names of its command."""
    return str(refusal).removeprefix("allocation failure: ").removeprefix("sbatch: error: ")
