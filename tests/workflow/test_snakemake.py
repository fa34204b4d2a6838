"""The workflow as a user meets it: what is planned, what is refused, and what survives failures."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from latentdim.system.files import read_lines

ROOT = Path(__file__).resolve().parents[2]


def jobs(printed: str) -> dict[str, int]:
    """Snakemake's table of jobs by rule."""
    table = printed.partition("Job stats:")[2].partition("total")[0]
    return {name: int(count) for name, count in re.findall(r"^(\w+) +(\d+)$", table, re.MULTILINE)}


def test_a_dry_run_counts_one_job_a_pack_and_imports_neither_torch_nor_what_draws(project, tmp_path):
    project.study("tiny")
    blocker = tmp_path / "blocker"
    blocker.mkdir()
    names = ["torch", "torchvision", "sklearn", "matplotlib", "seaborn", "torch_fidelity"]
    (blocker / "sitecustomize.py").write_text(f"import sys\nsys.modules |= dict.fromkeys({names})\n")
    blocked = subprocess.run([sys.executable, "-c", "import torch"], env=project.environment(blocker), check=False)
    assert blocked.returncode == 1

    printed = project.snakemake("tiny", "-n", first=(blocker,))

    assert jobs(printed) == {"prepare": 1, "bring_up_to_date": 2, "report_tiny": 1, "tiny": 1}
    assert not (project.root / "results" / "runs").exists()


def test_a_broken_study_and_missing_data_stop_only_what_names_them(project):
    project.study("sound")
    project.study("broken", grid=[{"datasets": ["points"], "methods": {"pcaa": {}}, "dims": [2], "seeds": 1}])
    absent = {"kind": "npy", "path": "nowhere.npy"}
    both = [{"datasets": ["points", "absent"], "methods": {"pca": {}}, "dims": [2], "seeds": 1}]
    project.study("partial", datasets={"absent": absent}, grid=both)

    assert jobs(project.snakemake("reports/sound/long.csv", "-n"))["bring_up_to_date"] == 2
    refused = project.snakemake("broken", "partial", code=2)
    assert "grid.0.methods.pcaa: not a method; did you mean 'pca'?" in refused
    assert "nowhere.npy" in refused
    (project.root / "workflow" / "studies" / "broken" / "study.yaml").unlink()
    everything = project.snakemake("all", "-n")
    assert "partial: left out: dataset 'absent'" in everything
    assert jobs(everything)["bring_up_to_date"] == 3


FAILS = '''"""A method whose runner has a bug."""
from latentdim import Method, MethodConfig
class Config(MethodConfig):
    """Nothing."""
METHOD = Method(name="planted", config=Config, runner="methods.planted.runner:fit", source="", allows_wide=True)
'''


def rows(project) -> dict[tuple[str, str], set[str]]:
    """Statuses by dataset and method in the report's long table."""
    found: dict[tuple[str, str], set[str]] = {}
    with (project.root / "reports" / "faults" / "long.csv").open(newline="") as handle:
        for row in csv.DictReader(handle):
            found.setdefault((row["dataset"], row["method"]), set()).add(row["status"])
    return found


def journal(project, method: str) -> list[dict[str, object]]:
    """The lines of the one journal of a method."""
    (path,) = (project.root / "results" / "runs").glob(f"*/{method}/**/journal.jsonl")
    return read_lines(path)


def records(project) -> dict[str, int]:
    """When each record was written."""
    return {str(path): path.stat().st_mtime_ns for path in (project.root / "results" / "runs").rglob("record.json")}


def test_one_bad_method_and_one_bad_dataset_cost_nobody_else_anything(project):
    planted, values = project.root / "methods" / "planted", project.root / "values.npy"
    planted.mkdir()
    (planted / "__init__.py").write_text(FAILS)
    (planted / "runner.py").write_text("def fit(task, config):\n    raise RuntimeError('planted bug')\n")
    array = np.random.default_rng(0).normal(size=(300, 8)).astype(np.float32)
    np.save(values, np.where(array > 2.5, np.nan, array))
    good = {"datasets": ["points", "spoilt"], "methods": {"pca": {}}, "dims": [2], "seeds": 1}
    bad = {"datasets": ["points"], "methods": {"planted": {}}, "dims": [2], "seeds": 1}
    project.study("faults", datasets={"spoilt": {"kind": "npy", "path": "values.npy"}}, grid=[good, bad])

    printed = project.snakemake("faults", "--retries", "2", code=1)

    assert [line["event"] for line in journal(project, "planted")] == ["start", "end"]  # tried once, whatever retries
    ending = printed.splitlines()[-12:]
    assert any("values.npy" in line and "found nan" in line for line in ending), printed
    assert any("planted bug" in line for line in ending), printed
    assert rows(project)["points", "pca"] == {"ok"}
    assert rows(project)["points", "planted"] == {"failed"}
    assert rows(project)["spoilt", "pca"] == {"failed"}
    assert "planted bug" in (project.root / "reports" / "faults" / "index.html").read_text()
    before = records(project)
    jobs_logs = (project.root / "results" / "logs" / "faults").glob("*.log")
    (log,) = (path for path in jobs_logs if "planted" in path.read_text())

    np.save(values, array)
    printed = project.snakemake("faults", "--retries", "2", code=1)  # nothing but the bug: every job ends well

    assert any("planted bug" in line for line in printed.splitlines()[-12:]), printed
    assert len(journal(project, "planted")) == 4
    logs = [line["log"] for line in journal(project, "planted") if line["event"] == "start"]  # one an attempt
    assert len(set(logs)) == 2
    assert log.resolve() == Path(str(logs[1])).resolve()
    assert all("planted bug" in Path(str(own)).read_text() for own in logs)
    assert rows(project)["spoilt", "pca"] == {"ok"}
    assert rows(project)["points", "planted"] == {"failed"}

    (planted / "runner.py").write_text("from methods.pca.runner import fit\n")
    project.snakemake("faults")

    assert set(map(frozenset, rows(project).values())) == {frozenset({"ok"})}
    after = records(project)
    unchanged = [path for path in before if before[path] == after[path]]
    assert len(after) == 3
    assert [path for path in unchanged if "/pca/" in path]
    assert "Nothing to be done" in project.snakemake("faults")

    for stamp in (project.root / "results" / "stamps" / "faults").iterdir():
        stamp.unlink()
    (project.root / "reports" / "faults" / "long.csv").unlink()
    assert jobs(project.snakemake("faults", "--until", "bring_up_to_date"))["bring_up_to_date"] == 3
    assert records(project) == after


def test_a_committed_report_does_not_hide_that_nothing_has_run_here(project):
    project.study("cloned")
    first = project.snakemake("cloned", "-n")
    files = set(re.findall(r"reports/cloned/[\w.]+", first))
    assert len(files) == 4
    for path in files:
        (project.root / path).parent.mkdir(parents=True, exist_ok=True)
        (project.root / path).write_text("as committed")
    shutil.rmtree(project.root / "results")

    assert jobs(project.snakemake("cloned", "-n")) == jobs(first)


def test_an_interrupted_workflow_goes_on_where_it_stopped(project):
    vae = [{"datasets": ["points"], "methods": {"vae": {}}, "dims": [2], "seeds": 1}]
    project.study("long", training={"steps": 3_000}, grid=vae, execution={"pack_size": 1, "device": "cpu"})

    stop(project, signal.SIGINT)
    assert not records(project)
    stop(project, signal.SIGKILL)
    assert not records(project)
    project.snakemake("long", "--until", "bring_up_to_date")

    (record,) = records(project)
    assert 0 < json.loads(Path(record).read_text())["timing"]["resumed_steps"] < 3_000
    assert (Path(record).parent / "journal.jsonl").read_text().count('"start"') == 3


def stop(project, number: int) -> None:
    """Start the workflow and signal all its processes in the middle of the training."""
    journals = project.root / "results" / "runs"
    before = len(list(journals.rglob("progress.json")))
    started = time.time()
    process = subprocess.Popen(
        project.command("long"), cwd=project.root, env=project.environment(), start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    while time.time() < started + 120 and process.poll() is None:
        beats = [path for path in journals.rglob("progress.json") if path.stat().st_mtime > started]
        if beats and json.loads(beats[0].read_text())["step"] > 0:
            break
        time.sleep(0.05)
    assert process.poll() is None, f"it ended before it could be stopped ({before})"
    os.killpg(process.pid, number)
    assert process.wait(timeout=60) != 0


@pytest.mark.parametrize("path", sorted((ROOT / "workflow" / "rules").glob("*.smk")), ids=lambda path: path.stem)
def test_every_rule_that_runs_a_command_has_a_log(path):
    blocks = re.split(r"^ *rule\b", path.read_text(), flags=re.MULTILINE)[1:]
    assert blocks
    assert all(
        "log:" in block and ("{log:q} 2>&1" in block or "OWN_LOG" in block) for block in blocks if "shell:" in block
    )


def test_a_search_is_one_job_and_sizes_that_it_never_asks_for_are_not_missing(project):
    dims = {"search": "ternary", "smallest": 1, "largest": 8, "metric": "mse_per_pixel"}
    project.study("searching", grid=[{"datasets": ["points"], "methods": {"pca": {}}, "dims": dims}])
    printed = project.snakemake("searching")
    assert jobs(printed)["bring_up_to_date"] == 1
    records = list((project.root / "results").glob("runs/*/*/L*/*/seed0/record.json"))
    assert 0 < len(records) < 8
    assert f"searching: {len(records)} ok of {len(records)} runs" in printed
    assert "Nothing to be done" in project.snakemake("searching")
    project.snakemake("--report", "report.html", "searching")
    assert "reports/searching/index.html" in (project.root / "report.html").read_text(encoding="utf-8")
