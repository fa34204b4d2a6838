"""A published table names the machine of each run, and hides no run."""

from pathlib import Path

from latentdim.cli import main as cli
from latentdim.outcomes.long_table import read_long_table
from latentdim.outcomes.outcomes import outcomes
from latentdim.outcomes.published import publish

FAILED = "synthetic_8 wae_mmd L=16 seed 1"


def test_every_run_stands_in_the_table_with_its_machine(study, fabricated, tmp_path: Path) -> None:
    plan = study(leave=(FAILED,))
    table = read_long_table(publish(plan, outcomes(plan), tmp_path))
    assert len(table) == len(plan.runs) * len(plan.study.metrics)
    gone = table[(table.label == "wae_mmd") & (table.dim == 16) & (table.seed == 1)]
    assert set(gone.status) == {"missing"}
    assert gone.value.isna().all()
    assert set(gone.device) == {""}
    assert gone.cores.isna().all()
    done = table.drop(gone.index)
    assert (done.status == "ok").all()
    assert set(done.device) == {"cpu A processor"}
    assert set(done.torch) == {"2.15.0"}
    assert set(done.cores) == {2}


def test_the_command_writes_the_table_and_says_where(study, fabricated, tmp_path: Path, capsys) -> None:
    plan = study()
    assert cli.main(["publish", str(plan.path), "--results", str(plan.results), "--into", str(tmp_path / "kept")]) == 0
    printed = capsys.readouterr()
    assert printed.out.strip() == str(tmp_path / "kept" / f"{plan.name}.csv")
    assert printed.err == ""


def test_a_study_that_was_never_run_is_warned_of(fabricated, tmp_path: Path, capsys) -> None:
    plan = fabricated.plan(grid=[{"datasets": ["synthetic_8"], "methods": {"vae": None}, "dims": [4]}])
    assert cli.main(["publish", str(plan.path), "--results", str(plan.results), "--into", str(tmp_path / "kept")]) == 0
    assert "has been made; all rows of the table are missing" in capsys.readouterr().err
    assert set(read_long_table(tmp_path / "kept" / f"{plan.name}.csv").status) == {"missing"}
