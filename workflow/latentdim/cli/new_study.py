"""``latentdim new-study``: the file of a complete small study to start from."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from latentdim.system.files import write_text
from latentdim.system.problems import InputError

NAME = r"[a-z][a-z0-9_]*"


def new_study(given: argparse.Namespace) -> int:
    """Write the file and print what to do with it."""
    from latentdim.study.naming import STUDIES

    path = write_study(given.name, given.into)
    named = given.name if given.into == STUDIES else path.parent
    print(f"{path}\nnext: latentdim check {named}; latentdim run {named}")
    return 0


def write_study(name: str, into: Path) -> Path:
    """Write ``<into>/<name>/study.yaml`` and return its path.

    Raises:
        InputError: if the name can't be a target of Snakemake's, or is taken, or there is no such folder.
    """
    from latentdim.study.example import EXAMPLE
    from latentdim.study.naming import study_names

    if not re.fullmatch(NAME, name) or name == "all":
        raise InputError("the command line", [f"'{name}': a study's name is lower-case letters, digits and '_'"])
    if name in study_names(into) or (into / name).exists():
        raise InputError("the command line", [f"'{name}': there is a study of that name already"])
    if not into.is_dir():
        raise InputError(
            "the command line", [f"--into {into}: there is no such folder; run this at the repository's root"]
        )
    write_text(into / name / "study.yaml", EXAMPLE.format(title=name.replace("_", " ").capitalize()))
    return into / name / "study.yaml"
