"""The mutation score: which tests import a module, what is drawn, when a failure counts; on a tiny package."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT))  # where `python -m benchmarks.mutation` is started from

from benchmarks.mutation import judge as judging  # noqa: E402
from benchmarks.mutation import summary as summing  # noqa: E402
from benchmarks.mutation.imports import importing_tests  # noqa: E402
from benchmarks.mutation.judge import Judge  # noqa: E402
from benchmarks.mutation.trial import Trial  # noqa: E402
from benchmarks.mutation.verdicts import Kept, Mutant  # noqa: E402

FILES = {
    "methods/__init__.py": "",
    "methods/sum/__init__.py": "",
    "methods/sum/runner.py": "from latentdim.nets import low\n",
    "workflow/latentdim/__init__.py": "",
    "workflow/latentdim/registry/__init__.py": "",
    "workflow/latentdim/nets/__init__.py": "",
    "workflow/latentdim/nets/low.py": "def low():\n    return 1\n",
    "tests/unit/nets/test_low.py": "from latentdim.nets.low import low\n",
    "tests/unit/methods/test_sum.py": "import methods.sum.runner\n",
    "tests/unit/plan/test_patched.py": "PLACE = 'latentdim.nets.low.low'\n",
    "tests/unit/plan/test_declared.py": "from latentdim import registry\n",
    "tests/unit/plan/test_none.py": "import os\n",
}
LOW = "workflow/latentdim/nets/low.py"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


@pytest.fixture
def judge(root: Path) -> Judge:
    kept = Kept(root / "kept", root)
    return Judge(kept, importing_tests(root, sorted((root / "tests").rglob("test_*.py"))), root=root, limit=10.0)


MUTANT = Mutant(LOW, 2, "return 1", "return 2", "def low():\n    return 2\n", "key")


def test_tests_are_found_over_import_statements_and_what_they_patch(root: Path) -> None:
    importers = importing_tests(root, sorted((root / "tests").rglob("test_*.py")))
    steps = {path.name: n for path, n in importers[root / LOW].items()}
    assert steps == {"test_low.py": 1, "test_patched.py": 1, "test_sum.py": 2}
    declared = {path.name: n for path, n in importers[root / "methods/sum/__init__.py"].items()}
    assert declared == {"test_declared.py": 2}  # the registry finds it without an import statement


def test_a_packages_own_tests_come_first_and_then_near_and_short_ones(judge: Judge) -> None:
    assert judge.tests(MUTANT)[0] == "tests/unit/nets/test_low.py"
    judge.kept.seconds |= {"tests/unit/methods/test_sum.py": 1.0, "tests/unit/plan/test_patched.py": 3.0}
    assert judge.tests(MUTANT)[1:] == ["tests/unit/methods/test_sum.py", "tests/unit/plan/test_patched.py"]  # 2 × 1 < 3


@pytest.fixture
def trials(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """A function that lets test files fail or take their time: by whether the tree is changed, and by file."""

    def set_up(*, changed: Trial, unchanged: Trial) -> list[str]:
        texts: list[str] = []

        def tried(tree: Path, files: list[str], *, limit: float) -> Trial:
            texts.append((tree / LOW).read_text())
            return changed if texts[-1] == MUTANT.text else unchanged

        monkeypatch.setattr(judging, "tried", tried)
        return texts

    return set_up


TEST = "tests/unit/nets/test_low.py"
FAST, SLOW = Trial(passed={TEST: 1.0}), Trial(passed={TEST: 8.0})


@pytest.mark.parametrize(
    ("changed", "unchanged", "outcome"),
    [
        (Trial(failed=TEST), FAST, "killed"),
        (Trial(failed=TEST, seconds=9.0, in_time=False), FAST, "killed"),  # it hangs
        (Trial(failed=TEST, seconds=9.0, in_time=False), SLOW, "out of time"),
    ],
)
def test_a_failure_counts_and_so_does_hanging(
    judge: Judge, trials: Callable[..., list[str]], root: Path, changed: Trial, unchanged: Trial, outcome: str
) -> None:
    trials(changed=changed, unchanged=unchanged)
    assert judge.verdict(MUTANT, root).outcome == outcome
    assert (root / LOW).read_text() == FILES[LOW]


def test_a_failure_that_an_unchanged_tree_has_too_counts_for_nothing(
    judge: Judge, monkeypatch: pytest.MonkeyPatch, root: Path
) -> None:
    asked: list[list[str]] = []

    def tried(tree: Path, files: list[str], *, limit: float) -> Trial:
        asked.append(list(files))
        return Trial(failed=TEST) if TEST in files else Trial(passed=dict.fromkeys(files, 1.0))

    monkeypatch.setattr(judging, "tried", tried)
    assert judge.verdict(MUTANT, root).outcome == "survived"
    assert asked[1] == [TEST]
    assert TEST not in asked[2]


def test_a_verdict_holds_until_its_module_or_its_tests_change(
    judge: Judge, trials: Callable[..., list[str]], root: Path
) -> None:
    trials(changed=Trial(failed=TEST), unchanged=FAST)
    verdict = judge.verdict(MUTANT, root)
    again = Kept(root / "kept", root)
    assert again.verdict(MUTANT, judge.tests(MUTANT)) == verdict
    assert again.seconds == {TEST: 1.0}
    (root / "tests/unit/methods/test_sum.py").write_text("# another test\n")
    assert again.verdict(MUTANT, judge.tests(MUTANT)) == verdict  # it rests on the one that failed
    (root / TEST).write_text("# changed\n")
    assert again.verdict(MUTANT, judge.tests(MUTANT)) is None


def test_a_mutant_that_lived_is_tried_again_once_another_test_imports_its_module(
    judge: Judge, trials: Callable[..., list[str]], root: Path
) -> None:
    trials(changed=FAST, unchanged=FAST)
    verdict = judge.verdict(MUTANT, root)
    assert (verdict.outcome, judge.known(MUTANT)) == ("survived", verdict)
    assert judge.kept.verdict(MUTANT, [*judge.tests(MUTANT), "tests/unit/plan/test_none.py"]) is None


def test_the_score_leaves_equivalent_mutants_out(
    judge: Judge, trials: Callable[..., list[str]], root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trials(changed=Trial(failed=TEST), unchanged=FAST)
    killed = judge.verdict(MUTANT, root)
    lived = judge.kept.keep(MUTANT, "survived", [TEST], importing=[TEST], tree=root)
    other = Mutant(LOW, 1, "def low():", "def low(): # the same", "", "other")
    monkeypatch.setattr(summing, "equivalent", lambda: {(LOW, other.before, other.after): "a comment"})
    lines = summing.summary([(MUTANT, killed), (MUTANT, lived), (other, lived), (other, None)], seed=3).splitlines()
    assert lines[0] == (
        "mutation score, seed 3: 1 of 2 killed (50.0 %); 1 more are equivalent (equivalent.yaml); "
        "3 of 4 drawn were tried"
    )
    assert lines[1:] == [f"{LOW}:2", "    - return 1", "    + return 2", "    lived: 1 test files passed"]


def test_what_is_called_equivalent_stands_in_its_file() -> None:
    for entry in yaml.safe_load(summing.EQUIVALENT.read_text()):
        assert set(entry) == {"file", "before", "after", "reason"}
        lines = {line.strip() for line in (ROOT / entry["file"]).read_text().splitlines()}
        assert entry["before"] in lines, f"{entry['file']} no longer holds: {entry['before']}"


def test_a_draw_is_fixed_by_its_seed_and_has_one_mutant_a_place(root: Path) -> None:
    pytest.importorskip("cosmic_ray")
    from benchmarks.mutation.draw import drawn

    module = root / LOW
    module.write_text(
        "from __future__ import annotations\n\n"
        "def low(x: int | None = None, *, y: int | None = None) -> int | None:\n"
        "    return x * y + 3 if x < y else None\n"
    )
    mutants = list(drawn(root, [module], seed=1))
    assert [str(mutant) for mutant in mutants] == [str(mutant) for mutant in drawn(root, [module], seed=1)]
    assert {mutant.line for mutant in mutants} == {4}  # annotations and the mark of keyword arguments are left alone
    assert len(mutants) == 5  # ×, +, 3, <, and the condition as a whole
    assert all(mutant.text.count("\n") == 4 and mutant.after in mutant.text for mutant in mutants)
    above = "# a comment\n" + module.read_text()
    module.write_text(above)
    assert [mutant.after for mutant in drawn(root, [module], seed=1)] == [mutant.after for mutant in mutants]
    assert any([m.after for m in drawn(root, [module], seed=s)] != [m.after for m in mutants] for s in (2, 3, 4))
