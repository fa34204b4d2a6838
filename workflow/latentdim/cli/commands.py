"""What each command does: its arguments in, its exit code out. Imports wait until a command needs them."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time

from latentdim.system.problems import DataRefused, InputError


def run(given: argparse.Namespace) -> int:
    """Bring runs up to date; of a whole study also tell how it ended, and make its report."""
    from latentdim.cli.conclusion import conclude
    from latentdim.jobs.options import JobOptions
    from latentdim.jobs.waiting import start_again, wait_without_gpu
    from latentdim.plan.expand import plan_study
    from latentdim.plan.preflight import refuse_hopeless, unwritable
    from latentdim.plan.scales import at_set_scale
    from latentdim.system.machine import claim_gpu

    names = {name for name in (given.study, given.study_option) if name is not None}
    if len(names) != 1:
        raise InputError("the command line", [f"run: name one study{f', not {sorted(names)}' if names else ''}"])
    (name,) = names
    full = name if given.pack else at_set_scale(name, "", results=given.results)
    planned = plan_study(full, results=given.results, stand_ins=given.stand_ins)
    refuse_hopeless(planned, absent_too=given.pack is None and not given.leave_out_missing)
    reported = given.pack is None and not given.no_report
    if reported and (problems := unwritable(given.reports, "--reports")):
        raise InputError("the command line", problems)
    if given.pack is not None and given.pack not in planned.packs:
        raise InputError(
            "the command line",
            [f"--pack {given.pack}: '{name}' has no such job now; `latentdim plan {name}` lists them"],
        )
    packs = [planned.packs[given.pack]] if given.pack else list(planned.packs.values())
    environment = dict(os.environ)
    if given.stamp:  # a scheduler's job
        wait_without_gpu(planned, packs)
    _before_torch(packs[0].threads if packs else 1)
    if (given.device or planned.study.execution.device) != "cpu":
        claim_gpu()
    from latentdim.harness.job import INTERRUPTED, STILL_HELD, bring_up_to_date  # torch from here on

    options = JobOptions(
        device=given.device, attempt=given.attempt, minutes=given.minutes, memory_mb=given.memory_mb,
        wait_seconds=given.wait, checkpoint_seconds=given.checkpoint_seconds, stamp=given.stamp,
    )  # fmt: skip
    code = bring_up_to_date(planned, packs, options)
    if code == STILL_HELD:
        start_again(environment)
    if given.pack is None and code != INTERRUPTED and not conclude(planned, given.reports if reported else None):
        return 1
    return code


def _before_torch(threads: int) -> None:
    """Thread settings that are read when torch is imported: as many as the protocol says, and no spinning."""
    for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[variable] = str(threads)
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def prepare_data(given: argparse.Namespace) -> int:
    """Prepare one dataset."""
    from latentdim.datasets.prepared import prepare, refusal_of
    from latentdim.plan.data_check import described_in_words
    from latentdim.plan.expand import plan_study
    from latentdim.study.lines import located
    from latentdim.system.files import write_json
    from latentdim.system.problems import nearest

    planned = plan_study(given.study, results=given.results, stand_ins=given.stand_ins)
    if given.dataset not in planned.datasets:
        raise InputError(
            "the command line",
            [f"--dataset {given.dataset}: not in '{given.study}'{nearest(given.dataset, planned.datasets)}"],
        )
    spec = planned.datasets[given.dataset]
    if spec.info.problems:
        problems = [f"dataset '{spec.name}': {problem}" for problem in spec.info.problems]
        raise InputError(str(planned.path), located(planned.path, problems))
    known = refusal_of(spec, given.results) if given.attempt > 1 else None
    if known is not None:  # a retry is for broken machines; the same contents would be refused again
        raise DataRefused(known)
    described = prepare(spec, given.results)
    counts = f"{described['n_train']} + {described['n_test']} examples of {described['shape']}"
    print(f"{spec.name}: {counts}, sha256 {described['digest'][:12]}")
    for note in described_in_words(described):
        print(f"note: {note}")
    if given.stamp:
        write_json(given.stamp, described)
    return 0


def status(given: argparse.Namespace) -> int:
    """Print what is done, running, failed or missing, with ``--watch`` again and again until all is done."""
    from latentdim.outcomes.queue import queue_of
    from latentdim.outcomes.status import as_text, states, write_page
    from latentdim.plan.expand import plan_study

    planned = plan_study(given.study, results=given.results, stand_ins=given.stand_ins)
    while True:
        summary = states(planned, queue_of(planned))
        text = json.dumps(summary, indent=1) if given.json else as_text(summary)
        if given.page:
            write_page(given.page, as_text(summary), seconds=given.watch or 0.0)
        clear = "\033[2J\033[H" if given.watch and sys.stdout.isatty() else ""
        print(f"{clear}{text}", flush=True)
        if not given.watch or summary["done"] == summary["total"]:
            return 0
        time.sleep(given.watch)


def report(given: argparse.Namespace) -> int:
    """Make the report from what exists; 1 where an exhibit has to be mended, after all else is made."""
    from latentdim.plan.expand import plan_study
    from latentdim.plan.preflight import unwritable
    from latentdim.report.build import build_report
    from latentdim.study.lines import located

    planned = plan_study(given.study, results=given.results, stand_ins=given.stand_ins)
    if given.strict and planned.left_out:
        raise InputError(str(planned.path), located(planned.path, planned.left_out))
    if problems := [*unwritable(given.results, "--results"), *unwritable(given.reports, "--reports")]:
        raise InputError("the command line", problems)
    planned.save()
    completeness = build_report(planned, given.reports)
    print(f"{given.reports / planned.name / 'index.html'}: {completeness.done} of {completeness.total} runs")
    for name, reason in completeness.exhibits:
        print(f"not drawn: {name}: {reason}", file=sys.stderr)
    return 1 if completeness.broken else 0


def tables(given: argparse.Namespace) -> int:
    """Make the tables of published studies from their long tables, the list of reports, and README's counts."""
    from latentdim.plan.preflight import unwritable
    from latentdim.report.index import build_index, published_summaries
    from latentdim.report.papers import listed_reports, write_counts
    from latentdim.report.published import make_tables

    if problems := unwritable(given.reports, "--reports"):
        raise InputError("the command line", problems)
    for made in make_tables(given.published, given.reports):
        print(made.sentence())
    print(build_index(given.reports, given.published))
    if given.readme.exists():
        write_counts(given.readme, listed_reports(published_summaries(given.reports, given.published)))
    return 0


def publish(given: argparse.Namespace) -> int:
    """Write the long table that a committed report comes from."""
    from latentdim.outcomes.outcomes import outcomes
    from latentdim.outcomes.published import publish as write_table
    from latentdim.plan.expand import plan_study
    from latentdim.plan.preflight import unwritable
    from latentdim.records.status import Status

    planned = plan_study(given.study, results=given.results, stand_ins=given.stand_ins)
    if problems := unwritable(given.into, "--into"):
        raise InputError("the command line", problems)
    read = outcomes(planned)
    print(write_table(planned, read, given.into))
    if all(outcome.status is Status.MISSING for outcome in read):
        print(f"warning: no run of '{given.study}' has been made; all rows of the table are missing", file=sys.stderr)
    return 0


def metrics(given: argparse.Namespace) -> int:
    """Write the page of metrics; 1 where a metric disagrees with a reference or with theory."""
    from latentdim.plan.preflight import unwritable

    if problems := unwritable(given.reports, "--reports"):
        raise InputError("the command line", problems)
    _before_torch(1)
    from latentdim.report.index import METRICS
    from latentdim.report.metrics_page import write_metrics_page

    disagreements = write_metrics_page(given.reports)
    print(given.reports / METRICS)
    for text in disagreements:
        print(f"disagrees  {text}", file=sys.stderr)
    return 1 if disagreements else 0


def methods(given: argparse.Namespace) -> int:
    """Write the page of methods."""
    from latentdim.plan.preflight import unwritable
    from latentdim.report.methods_page import write_methods_page

    if problems := unwritable(given.reports, "--reports"):
        raise InputError("the command line", problems)
    print(write_methods_page(given.reports))
    return 0


def reference(given: argparse.Namespace) -> int:
    """Write the page of all that can stand in a study file."""
    from latentdim.plan.preflight import unwritable
    from latentdim.report.study_files_page import NAME, study_files_page
    from latentdim.system.files import write_text

    if problems := unwritable(given.reports, "--reports"):
        raise InputError("the command line", problems)
    write_text(given.reports / NAME, study_files_page())
    print(given.reports / NAME)
    return 0


def schema(given: argparse.Namespace) -> int:
    """Print the JSON Schema of study files."""
    from latentdim.study.schema import study_schema

    print(json.dumps(study_schema(), indent=1, ensure_ascii=False))
    return 0


def new_method(given: argparse.Namespace) -> int:
    """Write the folder of a new method."""
    from latentdim.cli.new_method import write_method

    for path in write_method(given.name, given.into):
        print(path)
    return 0
