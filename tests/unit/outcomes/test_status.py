"""What `latentdim status` says of runs and of metrics that gave no value."""

from __future__ import annotations

from types import SimpleNamespace

from latentdim.cli.main import main
from latentdim.outcomes.status import as_text, states
from latentdim.records.folder import RunFolder
from latentdim.system.counting import counted
from latentdim.system.files import write_json
from latentdim.system.leases import lease

GRID = [{"datasets": ["synthetic_8"], "methods": {"vae": None}, "dims": [2, 4, 8]}]
EXHIBITS = [{"kind": "covariance", "name": "covariance"}]
VALUES = {"frechet_distance": 1.0, "active": 2}


def test_a_refused_metric_is_told_with_its_reason_and_not_to_be_measured(fabricated) -> None:
    plan = fabricated.plan(grid=GRID)
    for run in plan.runs[:2]:
        fabricated.finish(plan, run, VALUES | {"frechet_distance": "oracle: 14 of 87 examples"})
    fabricated.finish(plan, plan.runs[2], VALUES)
    for run in plan.runs:
        fabricated.examples(plan, run, (2,))
    found = states(plan)
    assert as_text(found).splitlines() == [
        "demo: 3 ok  of 3",
        "  2 metrics refused: oracle: 14 of 87 examples",
    ]
    assert [len(row["metrics_without_value"]) for row in found["runs"]] == [1, 1, 0]


def test_a_failed_metric_is_told_and_left_to_measure(fabricated) -> None:
    plan = fabricated.plan(grid=GRID)
    failed = {"status": "failed", "value": None, "reason": "ValueError: no"}
    fabricated.finish(plan, plan.runs[0], VALUES)
    fabricated.measure(plan, plan.runs[0], "active", failed)
    fabricated.finish(plan, plan.runs[1], {}, status="collapsed", reason="the count is 0: none")
    fabricated.measure(plan, plan.runs[1], "active", "flat")
    fabricated.finish(plan, plan.runs[2], {"frechet_distance": 1.0}, status="failed", reason="a bug")
    for run in plan.runs[:2]:
        fabricated.examples(plan, run, (2,))
    lines = as_text(states(plan)).splitlines()
    assert lines[1:] == [
        "  ok        1 run: 1 metric to measure (synthetic_8 vae L = 2, seed 0)",
        "  collapsed 1 run: 1 metric to measure (synthetic_8 vae L = 4, seed 0)",
        "  failed    1 run: a bug (synthetic_8 vae L = 8, seed 0)",
        "  1 metric failed: ValueError: no",
        "  1 metric refused: flat",
        "  left      1 run to train, about 1 core minute by the plan's estimate",
    ]


def test_a_run_without_its_examples_is_not_done_and_says_so(fabricated) -> None:
    plan = fabricated.plan(grid=GRID, exhibits=EXHIBITS)
    for run in plan.runs:
        fabricated.finish(plan, run, VALUES)
        fabricated.examples(plan, run, (2,))
    next((plan.folder(plan.runs[0]) / "stored").glob("covariance-*")).unlink()
    found = states(plan)
    assert [row["done"] for row in found["runs"]] == [False, True, True]
    assert as_text(found).splitlines()[1:] == ["  ok        1 run: examples to draw (synthetic_8 vae L = 2, seed 0)"]


def test_the_data_tell_the_kind_of_reason_beside_its_words(fabricated) -> None:
    plan = fabricated.plan(grid=GRID)
    fabricated.finish(plan, plan.runs[0], VALUES, status="collapsed", reason="flat", source={"fingerprint": "0" * 12})
    fabricated.killed(plan, plan.runs[1], minutes=10, limit=10)
    code = "the method's code has changed since, at the same declared version (was collapsed: flat)"
    assert [(row["kind"], row["reason"]) for row in states(plan)["runs"]] == [
        ("code_changed", code), ("killed", "killed after 10 of 10 minutes on node7"), ("not_started", "not started"),
    ]  # fmt: skip


def test_what_can_be_done_about_stale_runs_stands_in_their_line(fabricated) -> None:
    plan = fabricated.plan(grid=GRID, exhibits=EXHIBITS)
    for run in plan.runs[:2]:
        fabricated.finish(plan, run, VALUES, source={"fingerprint": "0" * 12})
    fabricated.finish(plan, plan.runs[2], VALUES)
    for run in plan.runs[::2]:
        fabricated.examples(plan, run, (2,))
    lines = as_text(states(plan)).splitlines()[1:]
    code, cure = "the method's code has changed since, at the same declared version", "raise"
    assert [line.partition(" `version`")[0] for line in lines[:2]] == [
        f"  stale     1 run: {code} (synthetic_8 vae L = 2, seed 0); {cure}",
        f"  stale     1 run: {code}, examples to draw (synthetic_8 vae L = 4, seed 0); {cure}",
    ]
    fabricated.prepared(plan, "synthetic_8", digest="e" * 64)
    (changed,) = [line for line in as_text(states(plan)).splitlines() if line.startswith("  stale")]
    assert changed.startswith("  stale     3 runs: the data have changed since")
    assert changed.endswith("; the next run trains them again")


def test_alike_runs_share_a_line_and_what_is_left_is_summed(fabricated) -> None:
    long = {"training": {"steps": 100_000}}
    grid = [
        GRID[0] | {"methods": {"vae": {"beta": 1.0 + i}}, "dims": [2, 4], "seeds": 2, "label": label, "protocol": long}
        for i, label in enumerate("abcdef")
    ]
    plan = fabricated.plan(grid=grid)
    lines = as_text(states(plan)).splitlines()
    minutes = sum(run.cell.minutes(run.dim) for run in plan.runs)
    assert lines == [
        "demo: 24 missing  of 24",
        "  missing   24 runs: not started (synthetic_8 a L = 2, 4, seeds 0, 1; synthetic_8 b L = 2, 4, seeds 0, 1; "
        "synthetic_8 c L = 2, 4, seeds 0, 1; synthetic_8 d L = 2, 4, seeds 0, 1; 2 more)",
        f"  left      24 runs to train, about {round(minutes)} core minutes by the plan's estimate",
    ]


def test_reasons_that_differ_in_numbers_alone_share_a_line(fabricated) -> None:
    plan = fabricated.plan(grid=GRID)
    for run, share in zip(plan.runs, ("0.2%", "-7.1%", "0.9%"), strict=True):
        fabricated.finish(plan, run, VALUES, status="collapsed", reason=f"it explains {share} of the variance")
        fabricated.examples(plan, run, (2,))
    assert as_text(states(plan)).splitlines()[1:] == [
        "  collapsed 3 runs: it explains 0.2% of the variance; the others but for the numbers "
        "(synthetic_8 vae L = 2, 4, 8, seed 0)"
    ]


def test_what_no_job_can_make_is_not_left_to_do(fabricated) -> None:
    plan = fabricated.plan(grid=GRID)
    fabricated.refused(plan, "synthetic_8", "odd")
    summary = states(plan)
    assert summary["left"] == {"runs": 0, "core_minutes": 0, "gpu_hours": 0.0, "running_seconds": 0.0}
    assert as_text(summary).splitlines()[1:] == [
        "  failed    3 runs: data refused: odd (synthetic_8 vae L = 2, 4, 8, seed 0)"
    ]


def test_a_running_run_says_how_long_it_takes(fabricated) -> None:
    plan = fabricated.plan(grid=[GRID[0] | {"dims": [2, 4]}])
    folder = RunFolder(plan.folder(plan.runs[1]))
    beat = {"step": 5, "steps": 10, "epoch": 1, "epochs": 2, "loss": 0.5, "seconds_left": 75.0}
    with lease(folder.lease):
        write_json(folder.progress, beat)
        lines = as_text(states(plan)).splitlines()
    assert lines == [
        "demo: 1 missing  1 running  of 2",
        "  running   synthetic_8 vae L=4 seed 0  epoch 1/2  step 5/10  loss 0.5  1:15 left",
        "  missing   1 run: not started (synthetic_8 vae L = 2, seed 0)",
        "  left      1 run to train, about 1 core minute by the plan's estimate",
        "  left      1:15 until the last of the running ones is trained",
    ]


def test_counts_agree_with_their_nouns() -> None:
    assert [counted(n, "run") for n in (0, 1, 2)] == ["0 runs", "1 run", "2 runs"]


def test_status_writes_a_page_and_watches_until_all_is_done(fabricated, capsys, tmp_path, monkeypatch) -> None:
    plan = fabricated.plan(grid=GRID)
    naps = []

    def nap(seconds: float) -> None:
        naps.append(seconds)
        for run in plan.runs:
            fabricated.finish(plan, run, VALUES)
            fabricated.examples(plan, run, (2,))

    # The command's own, and not all of the process's: another thread may sleep meanwhile.
    monkeypatch.setattr("latentdim.cli.commands.time", SimpleNamespace(sleep=nap))
    page = tmp_path / "status.html"
    arguments = ["status", str(plan.path), "--results", str(plan.results), "--page", str(page), "--watch", "7"]
    assert main(arguments) == 0
    assert naps == [7.0]
    first, second = (line for line in capsys.readouterr().out.splitlines() if line.startswith("demo"))
    assert (first, second) == ("demo: 3 missing  of 3", "demo: 3 ok  of 3")
    assert "<pre>demo: 3 ok  of 3</pre>" in page.read_text()
    assert 'content="7"' in page.read_text()
