"""The command line. Results go to standard output or files, progress and refusals to standard error.

Exit codes: 0 done, 1 something failed, 2 the input is refused, 130 interrupted.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from latentdim.problems import DataRefused, InputError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; a user's mistake never ends in a traceback."""
    given = _parser().parse_args(arguments)
    try:
        code: int = given.command(given)
        sys.stdout.flush()
    except InputError as error:
        print(error.text(), file=sys.stderr)
        return 2
    except DataRefused as refusal:
        print(f"data refused: {refusal}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("interrupted; run the same command again to go on", file=sys.stderr)
        return 130
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="latentdim", description="How many latent dimensions does an autoencoder need?", allow_abbrev=False
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    results = argparse.ArgumentParser(add_help=False)
    default = Path(os.environ.get("LATENTDIM_RESULTS", "results"))
    results.add_argument(
        "--results", type=Path, default=default, help="folder of runs and prepared data (default: %(default)s)"
    )
    study = argparse.ArgumentParser(add_help=False, parents=[results])
    study.add_argument("study", help="a study's name, or the path of its file")

    def add(name: str, function: object, text: str, parent: argparse.ArgumentParser) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text, parents=[parent], allow_abbrev=False)
        command.set_defaults(command=function)
        return command

    add("plan", plan, "Expand a study into its runs and jobs, without running anything.", study).add_argument(
        "--json", action="store_true", help="print the plan as JSON"
    )
    check_parser = add("check", check, "Check studies and whether their data are there.", results)
    check_parser.add_argument("studies", nargs="+")
    _run_options(add("run", run, "Bring a study's runs up to date in this process, or one job's.", results))
    prepare_parser = add("prepare", prepare_data, "Prepare one dataset of a study.", results)
    prepare_parser.add_argument("--study", required=True)
    prepare_parser.add_argument("--dataset", required=True)
    prepare_parser.add_argument("--stamp", type=Path)
    prepare_parser.add_argument("--attempt", type=int, default=1, help="which try of the scheduler this is")
    add("status", status, "What is done, running, failed or missing.", study).add_argument(
        "--json", action="store_true"
    )
    report_parser = add("report", report, "Make a study's report from what exists.", study)
    report_parser.add_argument(
        "--reports", type=Path, default=Path("reports"), help="where it goes (default: %(default)s)"
    )
    publish_parser = add("publish", publish, "Keep a study's long table, with the machines that made it.", study)
    publish_parser.add_argument(
        "--into", type=Path, default=Path("results/published"), help="folder of the tables (default: %(default)s)"
    )
    method_parser = add(
        "new-method",
        new_method,
        "Write the folder of a new method, ready to run.",
        argparse.ArgumentParser(add_help=False),
    )
    method_parser.add_argument("name", help="lower-case letters, digits and '_'")
    method_parser.add_argument(
        "--into", type=Path, default=Path("methods"), help="folder of the methods (default: %(default)s)"
    )
    return parser


def _run_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("study", nargs="?", help="a study's name or file; all its runs, one after another")
    parser.add_argument("--study", dest="study_option", metavar="STUDY", help="the same, with --pack")
    parser.add_argument("--pack", help="only the runs of this job")
    parser.add_argument("--stamp", type=Path, help="write this file once all runs are up to date")
    parser.add_argument("--attempt", type=int, default=1, help="which try of the scheduler this is")
    parser.add_argument("--minutes", type=float, default=0.0, help="time limit that the scheduler set, for the journal")
    parser.add_argument(
        "--memory-mb", type=float, default=0.0, help="memory limit that the scheduler set, for the journal"
    )
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), help="instead of the study's execution.device")
    parser.add_argument("--wait", type=float, default=120.0, help="seconds to wait for runs that another process holds")
    parser.add_argument("--checkpoint-seconds", type=float, default=30.0, help="how often a training's state is saved")


def plan(given: argparse.Namespace) -> int:
    """Print the plan."""
    from latentdim.expand import plan_study

    planned = plan_study(given.study, results=given.results)
    if given.json:
        print(json.dumps(planned.describe(), indent=1))
        return 0
    minutes = sum(pack.minutes for pack in planned.packs.values())
    jobs = f"{len(planned.runs)} runs in {len(planned.packs)} jobs"
    print(f"{planned.study.title}: {jobs}, about {minutes:.0f} core minutes")
    for pack in planned.packs.values():
        print(
            f"{pack.id}  {pack.minutes:6.1f} min  {pack.memory_mb} MB  {len(pack.runs)} runs: "
            f"{pack.runs[0].title} … {pack.runs[-1].title}"
        )
    for name, problems in planned.absent.items():
        print(f"left out: dataset '{name}': {' '.join(problems)}")
    return 0


def check(given: argparse.Namespace) -> int:
    """Check studies; all problems of all of them are told before the command ends with 2."""
    from latentdim.expand import plan_study
    from latentdim.preflight import refuse_hopeless

    refused = False
    for name in given.studies:
        try:
            planned = plan_study(name, results=given.results)
            refuse_hopeless(planned)
            print(f"{name}: {len(planned.runs)} runs, no problems")
        except InputError as error:
            print(error.text(), file=sys.stderr)
            refused = True
    return 2 if refused else 0


def run(given: argparse.Namespace) -> int:
    """Bring runs up to date."""
    from latentdim.expand import plan_study
    from latentdim.machine import claim_gpu
    from latentdim.preflight import refuse_hopeless

    names = {name for name in (given.study, given.study_option) if name is not None}
    if len(names) != 1:
        raise InputError("the command line", [f"run: name one study{f', not {sorted(names)}' if names else ''}"])
    (name,) = names
    planned = plan_study(name, results=given.results)
    refuse_hopeless(planned, absent_too=given.pack is None)
    if given.pack is not None and given.pack not in planned.packs:
        raise InputError(
            "the command line",
            [f"--pack {given.pack}: '{name}' has no such job now; `latentdim plan {name}` lists them"],
        )
    packs = [planned.packs[given.pack]] if given.pack else list(planned.packs.values())
    _before_torch(packs[0].threads if packs else 1)
    if (given.device or planned.study.execution.device) != "cpu":
        claim_gpu()
    from latentdim.harness.job import bring_up_to_date  # torch from here on

    return bring_up_to_date(planned, packs, given)


def _before_torch(threads: int) -> None:
    """Thread settings that are read when torch is imported: as many as the protocol says, and no spinning."""
    for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[variable] = str(threads)
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def prepare_data(given: argparse.Namespace) -> int:
    """Prepare one dataset."""
    from latentdim.datasets.prepared import prepare, refusal_of
    from latentdim.expand import plan_study
    from latentdim.files import write_json
    from latentdim.problems import nearest

    planned = plan_study(given.study, results=given.results)
    if given.dataset not in planned.datasets:
        raise InputError(
            "the command line",
            [f"--dataset {given.dataset}: not in '{given.study}'{nearest(given.dataset, planned.datasets)}"],
        )
    spec = planned.datasets[given.dataset]
    if spec.look.problems:
        raise InputError(str(planned.path), [f"dataset '{spec.name}': {problem}" for problem in spec.look.problems])
    known = refusal_of(spec, given.results) if given.attempt > 1 else None
    if known is not None:  # a retry is for broken machines; the same contents would be refused again
        raise DataRefused(known)
    described = prepare(spec, given.results)
    counts = f"{described['n_train']} + {described['n_test']} examples of {described['shape']}"
    print(f"{spec.name}: {counts}, sha256 {described['digest'][:12]}")
    if given.stamp:
        write_json(given.stamp, described)
    return 0


def status(given: argparse.Namespace) -> int:
    """Print what is done, running, failed or missing."""
    from latentdim.expand import plan_study
    from latentdim.status import as_text, states

    found = states(plan_study(given.study, results=given.results))
    print(json.dumps(found, indent=1) if given.json else as_text(found))
    return 0


def report(given: argparse.Namespace) -> int:
    """Make the report from what exists."""
    from latentdim.expand import plan_study
    from latentdim.preflight import unwritable
    from latentdim.report.build import build_report

    planned = plan_study(given.study, results=given.results)
    if problems := [*unwritable(given.results, "--results"), *unwritable(given.reports, "--reports")]:
        raise InputError("the command line", problems)
    planned.save()
    completeness = build_report(planned, given.reports)
    print(f"{given.reports / planned.name / 'index.html'}: {completeness.done} of {completeness.total} runs")
    return 0


def publish(given: argparse.Namespace) -> int:
    """Write the long table that a committed report comes from."""
    from latentdim.expand import plan_study
    from latentdim.preflight import unwritable
    from latentdim.report.published import publish as write_table

    planned = plan_study(given.study, results=given.results)
    if problems := unwritable(given.into, "--into"):
        raise InputError("the command line", problems)
    print(write_table(planned, given.into))
    return 0


def new_method(given: argparse.Namespace) -> int:
    """Write the folder of a new method."""
    from latentdim.new_method import write_method

    for path in write_method(given.name, given.into):
        print(path)
    return 0
