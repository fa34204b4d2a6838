"""A mutant, what the tests said of it, and all such verdicts so far."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

Outcome = Literal["killed", "survived", "out of time"]


@dataclass(frozen=True)
class Mutant:
    """One small change, mostly of one line.

    Attributes:
        module: the file, from the root.
        line: its number, from 1.
        before, after: what stands there, without indentation.
        text: the whole changed file.
        key: hash of module, change and seed; the draw takes the lowest.
    """

    module: str
    line: int
    before: str
    after: str
    text: str
    key: str

    def __str__(self) -> str:
        return f"{self.module}:{self.line}\n    - {self.before}\n    + {self.after}"


@dataclass(frozen=True)
class Verdict:
    """What the tests said of one mutant.

    Attributes:
        outcome: ``out of time`` where all tests passed that there was time for.
        tests: the one that failed, or all that passed.
        basis: hash of what it rests on, as it was: the module, and the test that failed or, where none did, all tests
            that import the module.
    """

    outcome: Outcome
    tests: tuple[str, ...]
    basis: str


class Kept:
    """Verdicts, and seconds of test files, in an ignored folder.

    Attributes:
        seconds: that a test file took, by its name from the root.
    """

    def __init__(self, folder: Path, root: Path) -> None:
        self.folder, self.root = folder, root
        folder.mkdir(parents=True, exist_ok=True)
        self.seconds: dict[str, float] = {}
        self.verdicts: dict[str, Verdict] = {}
        if self.file.exists():
            for line in self.file.read_text(encoding="utf-8").splitlines():
                content = json.loads(line)
                self.seconds |= content["seconds"]
                self.verdicts[content["key"]] = Verdict(content["outcome"], tuple(content["tests"]), content["basis"])

    @property
    def file(self) -> Path:
        """One line a verdict."""
        return self.folder / "verdicts.jsonl"

    def verdict(self, mutant: Mutant, importing: Iterable[str]) -> Verdict | None:
        """The verdict on a mutant, where one still holds.

        Args:
            importing: the tests that import its module, as they are now.
        """
        known = self.verdicts.get(mutant.key)
        if known is None:
            return None
        rests_on = known.tests if known.outcome == "killed" else importing
        return known if known.basis == _hash(mutant, rests_on, self.root) else None

    def keep(
        self, mutant: Mutant, outcome: Outcome, tests: Sequence[str], *, importing: Iterable[str], tree: Path
    ) -> Verdict:
        """Keep a verdict that was reached in a tree."""
        rests_on = tests if outcome == "killed" else importing
        verdict = Verdict(outcome, tuple(tests), _hash(mutant, rests_on, tree))
        seconds = {test: self.seconds[test] for test in tests}
        self.verdicts[mutant.key] = verdict
        with self.file.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"key": mutant.key, "seconds": seconds} | asdict(verdict)) + "\n")
        return verdict


def _hash(mutant: Mutant, tests: Iterable[str], root: Path) -> str:
    """Hash of the mutated module and of test files."""
    total = hashlib.sha256(mutant.text.encode())
    for path in (root / test for test in sorted(tests)):
        total.update(path.read_bytes() if path.exists() else b"")
    return total.hexdigest()[:16]
