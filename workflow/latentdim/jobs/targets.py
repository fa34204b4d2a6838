"""From what snakemake is asked for to the plans it needs, and what its rules ask of a plan. No torch.

Only the studies that an invocation names are planned, and inside a cluster job, which evaluates the Snakefile again,
only the one that the job belongs to. So a broken study file stops nobody else's targets.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from latentdim.jobs.ending import Ending
from latentdim.jobs.naming import REPORTS, studies_named, study_of, targets_in, unknown_targets
from latentdim.jobs.requests import Request, read_requests, requests_of, studies_needing, write_requests
from latentdim.jobs.settings import Settings
from latentdim.jobs.slurm_check import Invocation, LargestJob, submission_problems
from latentdim.jobs.slurm_polls import PLUGIN, tend_slurm_jobs
from latentdim.jobs.waiting import jobs_at_work
from latentdim.outcomes.outcomes import Outcome, outcomes
from latentdim.plan.expand import plan_study
from latentdim.plan.plan import Plan
from latentdim.plan.preflight import refuse_hopeless
from latentdim.plan.report_files import age_report, report_files
from latentdim.plan.scales import at_set_scale
from latentdim.study.file import read_study
from latentdim.study.naming import study_names, study_path
from latentdim.system.problems import InputError, nearest

Wildcards = Any  # snakemake's own: study and pack, or dataset and identity


def refuse(texts: Iterable[str]) -> NoReturn:
    """End with sentences and code 2. (An exception would make snakemake print a trace and end with 1.)"""
    sys.stdout.flush()
    print("\n".join(texts), file=sys.stderr, flush=True)
    raise SystemExit(2)


@dataclass
class Targets:
    """The plans of one invocation.

    Attributes:
        results: folder of runs and prepared data.
        settings: what the invocation is set to.
        plans: by the studies' full names, those whose reports can be asked for.
        words: by the names that targets have for them, at the scale that the invocation is set to.
    """

    results: Path
    settings: Settings = field(default_factory=Settings)
    plans: dict[str, Plan] = field(default_factory=dict)
    words: dict[str, Plan] = field(default_factory=dict)
    _others: dict[str, Plan] = field(default_factory=dict)
    _requests: dict[str, dict[str, Request]] = field(default_factory=dict)

    @classmethod
    def asked_for(
        cls, arguments: Sequence[str], *, main_process: bool, config: Mapping[str, Any] | None = None
    ) -> Targets:
        """Plan what a command line names; in a job nothing yet: its rule asks for the one study that it needs.

        A problem of a named study, its data's absence included, ends the process with sentences and code 2. Of
        ``all``, a study file with problems does too, while data that aren't there are left out with a line; settings
        make both alike.

        Args:
            config: Snakemake's.
        """
        try:
            settings = Settings.of(config or {})
        except InputError as error:
            refuse([error.text()])
        asked = cls(Path(os.environ.get("LATENTDIM_RESULTS", "results")), settings)
        if main_process:
            targets = targets_in(arguments)
            named = studies_named(targets)
            texts = [*unknown_targets(targets), *no_place_for_reports(), *asked._plan(named.words)]
            texts += asked._plan(named.exact, exactly=True)
            if named.all_too:
                texts += asked._plan([name for name in study_names() if name not in named.words], named=False)
            texts += list(asked._unknown_files(targets))
            if not texts and PLUGIN in sys.modules:
                texts += submission_problems(Invocation.of(arguments), list(asked.largest_jobs()))
            if texts:
                refuse(texts)
            for name, plan in asked.plans.items():
                plan.save()
                asked._requests[name] = requests_of(plan, forget_undone_runs(plan))
                write_requests(asked.results, name, asked._requests[name])
            tend_slurm_jobs(asked.at_work)
        return asked

    def _plan(self, names: Iterable[str], *, named: bool = True, exactly: bool = False) -> list[str]:
        """Plan studies; the refusals as texts.

        Args:
            named: by a target, not through ``all``.
            exactly: a name without a scale is the study at its file's own; else at the invocation's.
        """
        texts = []
        for name in names:
            try:
                if not named and not read_study(study_path(name)).in_all:
                    continue
                full = name if exactly else at_set_scale(name, self.settings.scale, results=self.results)
                plan = self._planned(full)
                if plan.name not in self.plans:
                    refuse_hopeless(plan, absent_too=self.settings.absent_too(named=named))
            except InputError as error:
                texts.append(error.text())
                continue
            if not exactly:
                self.words[name] = plan
            if plan.name not in self.plans:
                self.plans[plan.name] = plan
                for sentence in plan.left_out:
                    print(f"{plan.name}: left out: {sentence}", file=sys.stderr)
        return texts

    def _planned(self, name: str) -> Plan:
        return plan_study(name, results=self.results, stand_ins=self.settings.stand_ins)

    def _unknown_files(self, targets: Iterable[str]) -> Iterator[str]:
        for target in targets:
            study = study_of(target, REPORTS)
            if study in self.plans:
                known = report_files(self.plans[study], REPORTS)
                if target not in known:
                    yield f"'{target}' is not a file of the report of '{study}'{nearest(target, known)}"

    def plan(self, study: str) -> Plan:
        """A study's plan, made when first asked for."""
        if study in self.plans:
            return self.plans[study]
        if study not in self._others:
            try:
                self._others[study] = self._planned(study)
            except InputError as error:
                refuse([error.text()])
        return self._others[study]

    def request(self, wildcards: Wildcards) -> Request:
        """What the job of a pack asks for: inside a job as it was written down, else worked out from the plan."""
        study = wildcards.study
        if study not in self._requests:
            self._requests[study] = read_requests(self.results, study)
        if wildcards.pack not in self._requests[study]:
            self._requests[study] = requests_of(self.plan(study))
        if wildcards.pack not in self._requests[study]:
            refuse([f"'{study}' has no job '{wildcards.pack}' now: its study file or its data changed"])
        return self._requests[study][wildcards.pack]

    def largest_jobs(self) -> Iterator[LargestJob]:
        """The most that a job of each study asks for at its first attempt."""
        for name, plan in self.plans.items():
            if requests := list(requests_of(plan).values()):
                yield LargestJob(
                    study=name, gpus=requests[0].gpus, threads=max(one.threads for one in requests),
                    memory_mb=max(one.memory_mb for one in requests), minutes=max(one.minutes for one in requests),
                )  # fmt: skip

    def at_work(self, job: Any) -> list[str]:
        """Slurm jobs that bring runs of a job of snakemake up to date already, such as a killed snakemake's."""
        study, pack = (getattr(job.wildcards, name, None) for name in ("study", "pack"))
        if study is None or pack is None:
            return []
        plan = self.plan(study)
        return jobs_at_work(plan, plan.packs[pack].runs)

    def data_stamp(self, wildcards: Wildcards) -> str:
        """The stamp of the prepared data that a pack needs."""
        return self.request(wildcards).data

    def study_preparing(self, wildcards: Wildcards) -> str:
        """A study that says how to prepare the dataset behind a stamp."""
        stamp = self.results / "stamps" / "data" / f"{wildcards.dataset}-{wildcards.identity}.json"
        for name in dict.fromkeys([*self.plans, *studies_needing(self.results, stamp), *study_names()]):
            try:
                plan = self.plans.get(name) or self._others.get(name) or self._planned(name)
            except InputError:
                continue  # another study's problem
            spec = plan.datasets.get(wildcards.dataset)
            if spec and spec.stamp(self.results) == stamp:
                return name
        refuse([f"no study has the dataset '{wildcards.dataset}' as it was ({wildcards.identity}): it changed"])

    def title(self, wildcards: Wildcards) -> str:
        """What a pack's job does, for its message."""
        return self.request(wildcards).title

    def threads(self, wildcards: Wildcards) -> int:
        """Threads of a pack: what its protocol says, since numbers depend on it."""
        return self.request(wildcards).threads

    def minutes(self, wildcards: Wildcards, attempt: int) -> int:
        """Time limit: the estimate with a margin, doubled on each retry."""
        return self.request(wildcards).minutes * 2 ** (attempt - 1)

    def memory_mb(self, wildcards: Wildcards, attempt: int) -> int:
        """Memory limit: the plan's estimate, as many times as the job was tried."""
        return self.request(wildcards).memory_mb * attempt

    def gpus(self, wildcards: Wildcards) -> int:
        """One GPU, unless the study is for the CPU."""
        return self.request(wildcards).gpus

    def make_reports(self) -> None:
        """Make every report from what exists: after a failure no rule does."""
        for study in self.plans:
            command = [sys.executable, "-m", "latentdim", "report", study, "--results", str(self.results)]
            command += self.settings.options.split()
            subprocess.run([*command, "--reports", str(REPORTS)], stdout=subprocess.DEVNULL, check=False)

    def ending(self) -> Ending:
        """What became of the studies."""
        return Ending.of(self.plans.values(), reports=REPORTS)


def forget_undone_runs(plan: Plan) -> list[Outcome]:
    """Drop the stamps of packs with a run that isn't done, and have their report redone: no view outlives the truth.

    Returns:
        What became of all runs, where there is a stamp to stand for some.
    """
    stamped = [pack for pack in plan.packs.values() if plan.stamp(pack).exists()]
    read = outcomes(plan) if stamped else []
    undone = {outcome.run.path for outcome in read if not outcome.done}
    outlived = [pack for pack in stamped if any(run.path in undone for run in pack.runs)]
    for pack in outlived:
        plan.stamp(pack).unlink(missing_ok=True)
    if outlived:
        plan.save(reopened=time.time())
        age_report(plan, REPORTS)
    return read


def no_place_for_reports() -> list[str]:
    """A sentence where reports can't be written, which snakemake would only find out with a trace."""
    place = REPORTS if REPORTS.exists() else Path()
    if place.is_dir() and os.access(place, os.W_OK):
        return []
    return [f"reports folder '{REPORTS}': can't be written ({'read-only' if place.is_dir() else 'it is not a folder'})"]
