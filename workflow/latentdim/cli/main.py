"""The command line. Results go to standard output or files, progress and refusals to standard error.

Exit codes: 0 done, 1 something failed, 2 the input is refused, 3 `recommend` has no answer, 130 interrupted.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import latentdim
from latentdim.cli import commands, disk, planning
from latentdim.cli import compare as comparing
from latentdim.cli import completion as completing
from latentdim.cli import merge as merging
from latentdim.cli import migrate as migration
from latentdim.cli import new_study as studies
from latentdim.cli import recommend as recommending
from latentdim.cli import show as showing
from latentdim.system.problems import CodeBroken, DataRefused, InputError, NotWritten, nearest


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; a user's mistake never ends in a traceback."""
    for printed in (sys.stdout, sys.stderr):  # a terminal that can't show a character gets its code
        if isinstance(printed, io.TextIOWrapper):
            printed.reconfigure(errors="backslashreplace")
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    parser, commands_by_name = _parser()
    if arguments and not arguments[0].startswith("-") and arguments[0] not in commands_by_name:
        print(f"'{arguments[0]}' is not a command{nearest(arguments[0], commands_by_name)}", file=sys.stderr)
        return 2
    given = parser.parse_args(arguments)
    try:
        _at_scale(given)
        code: int = given.command(given)
        sys.stdout.flush()
    except InputError as error:
        print(error.text(), file=sys.stderr)
        return 2
    except DataRefused as refusal:
        print(f"data refused: {refusal}", file=sys.stderr)
        return 1
    except (CodeBroken, NotWritten) as problem:
        print(problem, file=sys.stderr)
        return 1
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("interrupted; run the same command again to go on", file=sys.stderr)
        return 130
    return code


def _at_scale(given: argparse.Namespace) -> None:
    """Name ``--scale`` behind the studies that a command is given.

    Raises:
        InputError: if none of them has that scale.
    """
    if not getattr(given, "scale", None):
        return
    from latentdim.study.naming import at_scale

    named = {key: getattr(given, key, None) for key in ("study", "study_option", "run", "a", "b", "studies")}
    words = [word for value in named.values() for word in (value if isinstance(value, list) else [value]) if word]
    scaled = dict(zip(words, at_scale(words, given.scale), strict=True))
    for key, value in named.items():
        if value:
            setattr(given, key, [scaled[word] for word in value] if isinstance(value, list) else scaled[value])


def _parser() -> tuple[argparse.ArgumentParser, list[str]]:
    """The parser, and the names of its commands."""
    parser = argparse.ArgumentParser(
        prog="latentdim", description="How many latent dimensions does an autoencoder need?", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"latentdim {latentdim.__version__}")
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    results = argparse.ArgumentParser(add_help=False)
    default = Path(os.environ.get("LATENTDIM_RESULTS", "results"))
    results.add_argument(
        "--results", type=Path, default=default, help="folder of runs and prepared data (default: %(default)s)"
    )
    scaled = argparse.ArgumentParser(add_help=False, parents=[results])
    scaled.add_argument("--scale", help="of studies with several: as if <study>@<scale> were written")
    scaled.add_argument(
        "--stand-ins", action="store_true",
        help="take data that are drawn here in the place of published ones: dsprites_rendered, shapes3d_rendered",
    )  # fmt: skip
    study = argparse.ArgumentParser(add_help=False, parents=[scaled])
    study.add_argument("study", help="a study's name, or the path of its file; with @<scale> behind it at that scale")

    def add(name: str, function: object, text: str, parent: argparse.ArgumentParser) -> argparse.ArgumentParser:
        command = subparsers.add_parser(name, help=text, description=text, parents=[parent], allow_abbrev=False)
        command.set_defaults(command=function)
        return command

    add("plan", planning.plan, "Expand a study into its runs and jobs, without running anything.", study).add_argument(
        "--json", action="store_true", help="print the plan as JSON"
    )
    check_parser = add("check", planning.check, "Check studies and whether their data are there.", scaled)
    check_parser.add_argument("studies", nargs="+")
    check_parser.add_argument(
        "--data", action="store_true", help="prepare the data too, which looks at every value in them"
    )
    _run_options(add("run", commands.run, "Bring a study's runs up to date in this process, or one job's.", scaled))
    prepare_parser = add("prepare", commands.prepare_data, "Prepare one dataset of a study.", scaled)
    prepare_parser.add_argument("--study", required=True)
    prepare_parser.add_argument("--dataset", required=True)
    prepare_parser.add_argument("--stamp", type=Path)
    prepare_parser.add_argument("--attempt", type=int, default=1, help="which try of the scheduler this is")
    status_parser = add("status", commands.status, "What is done, running, queued, failed or missing.", study)
    status_parser.add_argument("--json", action="store_true", help="the same as data")
    status_parser.add_argument("--page", type=Path, metavar="FILE", help="write the same as a small page, too")
    status_parser.add_argument(
        "--watch", type=float, nargs="?", const=5.0, metavar="SECONDS", help="again and again, until all is done"
    )
    _recommend_options(
        add("recommend", recommending.recommend, "How many latent dimensions do these data need?", results)
    )
    _writing_commands(add, study)
    _results_commands(add, results, scaled)
    completion_parser = add(
        "completion", completing.completion, "Print completion for a shell.", argparse.ArgumentParser(add_help=False)
    )
    completion_parser.add_argument("shell", choices=("bash", "zsh"))
    completion_parser.set_defaults(parsers=subparsers.choices)
    return parser, list(subparsers.choices)


def _writing_commands(add: Callable[..., argparse.ArgumentParser], study: argparse.ArgumentParser) -> None:
    """The commands that write files to be kept; ``add`` makes one of name, function, text and parent."""
    alone = argparse.ArgumentParser(add_help=False)
    report_parser = add("report", commands.report, "Make a study's report from what exists.", study)
    report_parser.add_argument(
        "--reports", type=Path, default=Path("reports"), help="where it goes (default: %(default)s)"
    )
    report_parser.add_argument("--strict", action="store_true", help="refuse where data or weights aren't here")
    tables_parser = add(
        "tables", commands.tables, "Make every published study's tables anew, from its long table alone.", alone
    )
    tables_parser.add_argument(
        "--published", type=Path, default=Path("results/published"), help="folder of the tables (default: %(default)s)"
    )
    tables_parser.add_argument(
        "--reports", type=Path, default=Path("reports"), help="where reports lie (default: %(default)s)"
    )
    tables_parser.add_argument(
        "--readme", type=Path, default=Path("README.md"), help="whose counts are renewed (default: %(default)s)"
    )
    publish_parser = add(
        "publish", commands.publish, "Keep a study's long table, with the machines that made it.", study
    )
    publish_parser.add_argument(
        "--into", type=Path, default=Path("results/published"), help="folder of the tables (default: %(default)s)"
    )
    metrics_parser = add(
        "metrics",
        commands.metrics,
        "Check every metric against its references, and write the page that tells.",
        alone,
    )
    metrics_parser.add_argument(
        "--reports", type=Path, default=Path("reports"), help="where metrics.md goes (default: %(default)s)"
    )
    methods_parser = add(
        "methods",
        commands.methods,
        "Write the page of methods, with what of the papers' tables runs here.",
        alone,
    )
    methods_parser.add_argument(
        "--reports", type=Path, default=Path("reports"), help="where methods.md goes (default: %(default)s)"
    )
    method_parser = add(
        "new-method",
        commands.new_method,
        "Write the folder of a new method, ready to run.",
        alone,
    )
    study_parser = add("new-study", studies.new_study, "Write the file of a complete small study.", alone)
    study_parser.add_argument(
        "--into", type=Path, default=Path("workflow/studies"), help="folder of the studies (default: %(default)s)"
    )
    reference_parser = add(
        "reference", commands.reference, "Write the page of all that can stand in a study file.", alone
    )
    reference_parser.add_argument(
        "--reports", type=Path, default=Path("reports"), help="where study-files.md goes (default: %(default)s)"
    )
    add("schema", commands.schema, "Print the JSON Schema of study files, for editors.", alone)
    for parser in (method_parser, study_parser):
        parser.add_argument("name", help="lower-case letters, digits and '_'")
    method_parser.add_argument(
        "--into", type=Path, default=Path("methods"), help="folder of the methods (default: %(default)s)"
    )


def _results_commands(
    add: Callable[..., argparse.ArgumentParser], results: argparse.ArgumentParser, scaled: argparse.ArgumentParser
) -> None:
    """The commands about what lies in a results folder; ``add`` makes one of name, function, text and parent."""
    show_parser = add("show", showing.show, "All that one run left: record, metrics, history, files, log.", scaled)
    show_parser.add_argument("run", help="a run's folder; or a study, with the run's coordinates after it")
    show_parser.add_argument(
        "coordinates", nargs="*", help="as `status` prints them: synthetic_8 wae_mmd L=8 seed 0; or as many as tell it"
    )
    compare_parser = add(
        "compare", comparing.compare, "Two studies or two runs: what differs in settings, values side by side.", scaled
    )
    compare_parser.add_argument("a", metavar="A", help="a study, or a run's folder")
    compare_parser.add_argument("b", metavar="B", help="another one")
    show_parser.add_argument("--json", action="store_true", help="the same as data, the history whole")
    du_parser = add("du", disk.du, "What results take on disk, study by study, and what no study asks for.", results)
    clean_parser = add("clean", disk.clean, "List runs and data that no study asks for, and remove them.", results)
    clean_parser.add_argument("--delete", action="store_true", help="remove them; without it they are only listed")
    migrate_parser = add(
        "migrate", migration.migrate, "Carry finished runs of commit 009b16d over, as far as they still stand.", results
    )
    migrate_parser.add_argument(
        "--from", dest="former", type=Path, metavar="OLD_RESULTS", help="where they lie (default: as --results)"
    )
    migrate_parser.add_argument("--dry-run", action="store_true", help="only tell what would be carried")
    add("merge", merging.merge, "Take in finished runs that another machine made.", results).add_argument(
        "other", type=Path, metavar="OTHER", help="its results folder"
    )
    for parser in (du_parser, clean_parser, migrate_parser):
        parser.add_argument(
            "studies", nargs="*",
            help="files of studies outside of workflow/studies, which count too; those not named here are no studies",
        )  # fmt: skip


def _recommend_options(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "Exit codes: 0 there is an answer, 1 something failed, 2 the input is refused, 3 there is no answer (the "
        "reasons say why), 130 interrupted; the same command again goes on."
    )
    parser.add_argument("data", help="a folder of pictures, an npy, npz or hdf5 file, or a dataset's name")
    parser.add_argument(
        "--budget", default="10m", help="about how long it may take on two cores (default: %(default)s)"
    )
    parser.add_argument(
        "--seeds", type=int, default=3, help="trainings of each size that matters (default: %(default)s)"
    )
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="where page, answer and study go (default: reports/recommend/<name>)"
    )
    parser.add_argument(
        "--size", type=int, metavar="PIXELS", help="crop pictures to squares and resize them to this side"
    )
    parser.add_argument("--array", metavar="NAME", help="which array of an npz or hdf5 file")


def _run_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("study", nargs="?", help="a study's name or file; all its runs, one after another")
    parser.add_argument("--study", dest="study_option", metavar="STUDY", help="the same, with --pack")
    parser.add_argument("--pack", help="only the runs of this job")
    parser.add_argument(
        "--reports", type=Path, default=Path("reports"), help="where the report goes (default: %(default)s)"
    )
    parser.add_argument("--no-report", action="store_true", help="make none; with --pack none is made anyway")
    parser.add_argument(
        "--leave-out-missing", action="store_true",
        help="run what is here of a study some of whose data or weights lack, and list the rest as missing",
    )  # fmt: skip
    parser.add_argument(
        "--stamp", type=Path, help="for schedulers: write this file, and end with 0, once trying again would be in vain"
    )
    parser.add_argument("--attempt", type=int, default=1, help="which try of the scheduler this is")
    parser.add_argument("--minutes", type=float, default=0.0, help="time limit that the scheduler set, for the journal")
    parser.add_argument(
        "--memory-mb", type=float, default=0.0, help="memory limit that the scheduler set, for the journal"
    )
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), help="instead of the study's execution.device")
    parser.add_argument("--wait", type=float, default=60.0, help="seconds to wait for runs that another process holds")
    parser.add_argument("--checkpoint-seconds", type=float, default=30.0, help="how often a training's state is saved")
