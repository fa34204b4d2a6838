"""Whether the tests see a mutant."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from benchmarks.mutation.trial import Trial, tried
from benchmarks.mutation.verdicts import Kept, Mutant, Outcome, Verdict

HANGS = 5  # times what a test file takes unchanged, and a mutant that is still in it counts as killed
BASELINE_LIMIT = 300.0  # seconds for a test file on the unchanged tree


class Judge:
    """Tries mutants.

    Args:
        importers: for each module the tests that import it, and over how many modules.
        limit: seconds for one mutant.
    """

    def __init__(self, kept: Kept, importers: Mapping[Path, Mapping[Path, int]], *, root: Path, limit: float) -> None:
        self.kept, self.importers, self.root, self.limit = kept, importers, root, limit
        self.sound: set[str] = set()  # test files that were seen to pass by now
        self.unfit: set[str] = set()  # those that fail on the unchanged tree

    def tests(self, mutant: Mutant) -> list[str]:
        """The tests that import its module: its package's own first, and of these the near and short ones."""
        package = mutant.module.removeprefix("workflow/latentdim/").partition("/")[0]
        steps = {str(test.relative_to(self.root)): n for test, n in self.importers[self.root / mutant.module].items()}
        return sorted(steps, key=lambda test: (f"/{package}/" not in test, steps[test] * self.expected(test)))

    def known(self, mutant: Mutant) -> Verdict | None:
        """The verdict on a mutant from before, where it still holds."""
        return self.kept.verdict(mutant, self.tests(mutant))

    def expected(self, test: str) -> float:
        """Seconds that a test file took, or a guess: one for 1,000 characters."""
        return self.kept.seconds.get(test) or (self.root / test).stat().st_size / 1000

    def verdict(self, mutant: Mutant, tree: Path) -> Verdict:
        """Try a mutant in a tree, which is as before afterwards."""
        module, original = tree / mutant.module, (tree / mutant.module).read_text(encoding="utf-8")
        importing = self.tests(mutant)

        def kept(outcome: Outcome, tests: list[str]) -> Verdict:
            return self.kept.keep(mutant, outcome, tests, importing=importing, tree=tree)

        while True:
            module.write_text(mutant.text, encoding="utf-8")
            trial = self.trial(tree, [test for test in importing if test not in self.unfit], limit=self.limit)
            module.write_text(original, encoding="utf-8")
            if trial.failed is None:
                return kept("survived", list(trial.passed))
            unchanged = self.unchanged(trial.failed, tree)
            if unchanged is not None:
                sees = trial.in_time or trial.seconds > HANGS * unchanged
                return kept("killed", [trial.failed]) if sees else kept("out of time", list(trial.passed))

    def trial(self, tree: Path, tests: list[str], *, limit: float) -> Trial:
        """Run tests, and note those that pass."""
        trial = tried(tree, tests, limit=limit)
        self.kept.seconds |= trial.passed
        self.sound |= trial.passed.keys()
        return trial

    def unchanged(self, test: str, tree: Path) -> float | None:
        """Seconds that a test file takes on the unchanged tree; None where it fails, and is used no more."""
        if test not in self.sound and self.trial(tree, [test], limit=BASELINE_LIMIT).failed:
            print(f"{test} fails on the unchanged tree, and is left out", flush=True)
            self.unfit.add(test)
            return None
        return self.kept.seconds[test]


def copy_of(root: Path, tree: Path) -> Path:
    """A copy of the working tree, what git ignores left out."""
    shutil.rmtree(tree, ignore_errors=True)
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=root, capture_output=True,
        check=True, text=True,
    ).stdout  # fmt: skip
    for name in filter(None, listed.split("\0")):
        if (root / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, tree / name)
    return tree
