"""Which studies Snakemake's targets name, told before any of them is read. No torch."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from latentdim.study.naming import AT, study_names
from latentdim.system.problems import nearest

DEFAULT = "quickstart"
ALL = "all"
REPORTS = Path("reports")
REPORT_RULE = "report_"


@dataclass(frozen=True)
class NamedStudies:
    """Studies that targets name, each once.

    Attributes:
        words: by themselves, at the scale that the invocation is set to where they name none.
        exact: by a report's or a stamp's file, or a report's rule: at the scale of their name.
        all_too: all studies are asked for, too.
    """

    words: tuple[str, ...]
    exact: tuple[str, ...]
    all_too: bool


def targets_in(arguments: Sequence[str]) -> list[str]:
    """The targets on snakemake's command line, told from its options by its own parser; else the default one."""
    from snakemake.cli import get_argument_parser

    given, _ = get_argument_parser().parse_known_args(list(arguments))
    return list(given.targets) or [DEFAULT]


def studies_named(targets: Iterable[str]) -> NamedStudies:
    """The studies that targets name; those that are nobody's name are passed over."""
    targets = list(targets)
    folders = (REPORTS, Path(os.environ.get("LATENTDIM_RESULTS", "results")) / "stamps")
    files = [study_of(target, folder) for target in targets for folder in folders]
    rules = [target.removeprefix(REPORT_RULE) for target in targets if target.startswith(REPORT_RULE)]
    return NamedStudies(_known(targets), _known([*files, *rules]), ALL in targets)


def _known(names: Iterable[str]) -> tuple[str, ...]:
    known = study_names()
    return tuple(sorted({name for name in names if name.partition(AT)[0] in known}))


def unknown_targets(targets: Iterable[str]) -> list[str]:
    """Sentences about words, and reports, that no study goes with."""
    known = study_names()
    texts = []
    for target in targets:
        named = study_of(target, REPORTS) or target.removeprefix(REPORT_RULE)
        study = named.partition(AT)[0]
        word = "/" not in named and "." not in named
        if word and named != ALL and study not in known:
            texts.append(f"target '{target}': '{study}' is not a study{nearest(study, [*known, ALL])}")
    return texts


def study_of(target: str, folder: Path) -> str:
    """The first folder of a target below ``folder``, or nothing."""
    path = Path(target)
    inside = path.is_relative_to(folder) and len(path.parts) > len(folder.parts) + 1
    return path.parts[len(folder.parts)] if inside else ""
