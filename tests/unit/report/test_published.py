"""The tables of published studies are made from their long tables alone: the same files, twice, and without torch."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from latentdim.outcomes.groups import groups
from latentdim.outcomes.outcomes import outcomes
from latentdim.outcomes.published import publish, published_outcomes
from latentdim.report import published
from latentdim.report.build import build_report
from latentdim.report.index import published_summaries
from latentdim.report.papers import BEGIN, END, counts_block, listed_reports, write_counts
from latentdim.report.published import make_tables

ROOT = Path(__file__).resolve().parents[3]
WITHOUT_TORCH = (
    "import sys; sys.modules['torch'] = None; from latentdim.cli.main import main; sys.exit(main(sys.argv[1:]))"
)


@pytest.fixture
def kept(filled, fabricated, run_at, monkeypatch):
    """A published study with a collapse, a refusal, a floor and a stale run; and the folder of its long table."""
    plan = filled()
    values = {"active": 0, "mse_per_pixel": "not defined for a constant"}
    fabricated.finish(plan, run_at(plan, "vae", 8, 1, "digits"), values, status="collapsed", reason="count <0>")
    floored = fabricated.value(1.5, floor=1.6)
    fabricated.finish(plan, run_at(plan, "vae", 8, 0), {"active": 8, "frechet_distance": floored})
    fabricated.finish(plan, run_at(plan, "ard_vae", 16, 1, "digits"), {"active": 6}, source={"fingerprint": "0" * 12})
    into = fabricated.root / "published"
    publish(plan, outcomes(plan), into)
    monkeypatch.setattr(published, "plan_study", lambda name: plan)
    return plan, into


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix in {".md", ".csv", ".tex"}}


def test_values_read_back_are_those_of_the_runs(kept) -> None:
    plan, into = kept
    assert groups(published_outcomes(plan, into / "demo.csv")) == groups(outcomes(plan))


def test_tables_are_those_that_the_runs_gave_and_the_same_twice(kept, fabricated, tmp_path) -> None:
    plan, into = kept
    build_report(plan, fabricated.reports)
    given = files(fabricated.reports / "demo")
    for name in ("once", "twice"):
        (made,) = make_tables(into, tmp_path / name)
        assert (made.made, made.left, made.problem) == (("table_1", "table_2"), (), "")
        written = files(tmp_path / name / "demo")
        assert set(written) == {f"table_{n}.{ending}" for n in (1, 2) for ending in ("md", "csv", "tex")}
        assert written == {name: given[name] for name in written}


def test_what_needs_more_is_left_and_told(study, fabricated, monkeypatch) -> None:
    plan = study()
    into = fabricated.root / "published"
    publish(plan, outcomes(plan), into)
    monkeypatch.setattr(published, "plan_study", lambda name: plan)
    (made,) = make_tables(into, fabricated.reports)
    assert made.sentence() == "demo: results; left as they are, for they need what runs store: u_curve, scatter"
    other = fabricated.plan(grid=[{"datasets": ["synthetic_8"], "methods": {"vae": None}, "dims": [4]}])
    monkeypatch.setattr(published, "plan_study", lambda name: other)
    (made,) = make_tables(into, fabricated.reports)
    assert made.sentence().startswith("demo: left as it is: its runs are of other settings or versions")


def test_the_command_needs_no_torch_and_changes_nothing_that_is_kept(tmp_path: Path) -> None:
    """What is committed: the tables of published studies, the list of reports, README's counts."""
    for name in ("README.md", "reports", "results/published"):
        target = tmp_path / Path(name).name
        subprocess.run(["cp", "-r", str(ROOT / name), str(target)], check=True)
    options = ["--published", "published", "--reports", "reports", "--readme", "README.md"]
    (tmp_path / "workflow").symlink_to(ROOT / "workflow")
    before = {path: path.read_bytes() for path in tmp_path.glob("r*/**/*") if path.is_file()}
    before[tmp_path / "README.md"] = (tmp_path / "README.md").read_bytes()
    paths = os.pathsep.join(filter(None, sys.path))
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH, "tables", *options],
        cwd=tmp_path, env=os.environ | {"PYTHONPATH": paths}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "quickstart: results" in done.stdout
    changed = [str(path.relative_to(tmp_path)) for path, content in before.items() if path.read_bytes() != content]
    assert changed == [], "write them anew with `latentdim tables`"


def test_readme_has_the_counts_between_its_marks(tmp_path: Path) -> None:
    reports = listed_reports([])
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    write_counts(readme, reports)
    assert readme.read_text() == f"before\n{counts_block(reports)}\nafter\n"
    readme.write_text("no marks\n")
    write_counts(readme, reports)
    assert readme.read_text() == "no marks\n"


def test_a_papers_exhibits_are_listed_with_link_and_state(filled, fabricated, tmp_path: Path) -> None:
    side = {"metric": "frechet_distance", "curves": [{"label": "vae"}]}
    curve = {"kind": "curve", "name": "u", "title": "The U", "options": {"datasets": ["synthetic_8"], "left": side}}
    table = {"kind": "paper_table", "name": "table_1", "title": "Table 1", "options": {"table": "T1"}}
    plan = filled(paper="Nobody (1999): Nothing", exhibits=[table, curve])
    (planned,) = listed_reports([], plan.path.parents[1])
    assert [(one.title, one.address, one.state) for one in planned.exhibits] == [
        ("Table 1", "", "not made yet"), ("The U", "", "not made yet"),
    ]  # fmt: skip
    assert (planned.runs, planned.numbers) == ("not made yet", "10 printed numbers")
    build_report(plan, fabricated.reports)
    publish(plan, outcomes(plan), tmp_path / "published")
    (made,) = listed_reports(published_summaries(fabricated.reports, tmp_path / "published"), plan.path.parents[1])
    assert [one.address for one in made.exhibits] == ["demo/index.html#table_1", "demo/index.html#u"]
    assert made.exhibits[0].state == "3 reproduced, 1 better, 2 missing (failed)"
    assert [one.over_dim for one in made.exhibits] == [False, True]
    assert "4 reproduced" in made.numbers
