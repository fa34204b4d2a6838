"""Refusals: what is wrong with the input, as sentences a user can act on."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from pathlib import Path


class InputError(Exception):
    """Input that is refused before any compute is spent; the command line turns it into exit code 2.

    Args:
        title: what was looked at, for example ``workflow/studies/mine/study.yaml``.
        problems: one sentence each; all problems are collected before the error is raised.
    """

    def __init__(self, title: str, problems: Sequence[str]) -> None:
        self.title = title
        self.problems = list(problems)
        super().__init__(self.text())

    def text(self) -> str:
        """The whole message: a heading with the count, then one indented line a problem."""
        count = len(self.problems)
        heading = f"{self.title} has {count} problem{'' if count == 1 else 's'}:"
        return "\n".join([heading, *(f"  {problem}" for problem in self.problems)])


class DataRefused(Exception):
    """Data whose contents can't be trusted (checksum, NaN, odd images); raised by the job that prepares them."""


class ContractBroken(Exception):
    """A runner does what a method must not, or returns what can't be measured; the message says what is due."""


class ContractChanged(Exception):
    """A runner uses what methods are no longer given; the message says what to write instead."""


class CodeBroken(ImportError):
    """A function that a declaration names can't be imported; the message says which, why, and on what line."""


class NotWritten(OSError):
    """A file that couldn't be written; what stood in its place is left as it was.

    Args:
        path: of the file.
        cause: the end of the sentence: ``no room is left on its disk``.
        number: the system's, as in :mod:`errno`.
    """

    def __init__(self, path: Path, cause: str, number: int) -> None:
        super().__init__(number, cause, str(path))
        self.path, self.cause = path, cause

    def __str__(self) -> str:
        return f"'{self.path}' can't be written: {self.cause}"


def nearest(name: str, known: Iterable[str]) -> str:
    """The end of a sentence about an unknown name: the nearest known one (or those that begin so), and the list of all.

    Returns:
        For example ``; did you mean 'wae_mmd'? (known: ard_vae, vae, wae_mmd)``.
    """
    names = sorted(known)
    if not names:
        return " (none is known)"
    begins = [other for other in names if len(name) > 1 and other.startswith(name)]
    close = begins or difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    guess = f"; did you mean {' or '.join(repr(other) for other in close[:3])}?" if close else ""
    return f"{guess} (known: {', '.join(names)})"
