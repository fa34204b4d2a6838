"""Bringing runs up to date: what is trained, measured, repeated or not, and what each kind of failure leaves."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
import yaml

from latentdim import registry
from latentdim.cli.main import main
from latentdim.nets import Autoencoder, reconstruction
from latentdim.nets.kernels import kernel_for
from latentdim.outcomes.status import states
from latentdim.plan.expand import plan_study
from latentdim.registry.declarations import Method, MethodConfig
from latentdim.study.protocol import ENGINE_VERSION
from latentdim.system.leases import lease
from latentdim.training import Task, train

TRAINING = {"steps": 60, "batch_size": 16, "network": {"hidden": [8]}, "optimizer": {"learning_rate": 0.01}}
EVALUATION = {"n_generated": 150, "n_reference": 150, "n_covariance": 50}
STUDY: dict[str, Any] = {
    "title": "A study",
    "datasets": {"points": {"kind": "synthetic", "n": 3, "outputs": 8, "width": 8, "n_train": 300, "n_test": 200}},
    "protocol": {"training": TRAINING, "evaluation": EVALUATION},
    "metrics": ["mse_per_pixel", "frechet_distance", "active", "active_jacobian"],
    "grid": [{"datasets": ["points"], "methods": {"vae": {}, "ard_vae": {"beta": 0.1}}, "dims": [2], "seeds": 2}],
    "exhibits": [{"kind": "samples", "name": "samples"}],
}
Run = Callable[..., int]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Bring a study up to date in this process; returns the exit code."""

    def bring(change: dict[str, Any] | None = None, *, results: str = "results", options: tuple[str, ...] = ()) -> int:
        file = tmp_path / "study.yaml"
        file.write_text(yaml.safe_dump(STUDY | (change or {})))
        return main(
            ["run", str(file), "--results", str(tmp_path / results), "--device", "cpu", "--no-report", *options]
        )

    return bring


def grid(**change: Any) -> dict[str, Any]:
    return {"grid": [STUDY["grid"][0] | change]}


def folders(results: Path) -> list[Path]:
    return sorted(path.parent for path in results.glob("runs/*/*/*/*/*/record.json"))


def record(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "record.json").read_text())
    return found


def values(folder: Path) -> dict[str, float]:
    return {path.name: json.loads(path.read_text())["value"] for path in sorted((folder / "metrics").iterdir())}


@pytest.fixture
def planted() -> Iterator[Callable[[Callable[[Task], None]], None]]:
    """Register a method ``planted`` that trains an autoencoder, after a hook that may do harm."""

    def plant(harm: Callable[[Task], None]) -> None:
        def fit(task: Task, config: MethodConfig) -> Autoencoder:
            harm(task)
            model = Autoencoder.build(task.protocol, dim=task.dim, shape=task.shape, generator=task.initialisation)
            return train(model, lambda x: {"loss": reconstruction(model, model.encode(x), x, task.protocol)}, task)

        module = ModuleType("planted_method")
        module.fit = fit  # type: ignore[attr-defined]
        sys.modules["planted_method"] = module
        method = Method(name="planted", config=MethodConfig, runner="planted_method:fit", source="this test")
        registry.methods().declarations["planted"] = method  # type: ignore[index]

    yield plant
    registry.methods().declarations.pop("planted", None)  # type: ignore[attr-defined]
    sys.modules.pop("planted_method", None)


def test_the_record_of_an_earlier_runner_names_its_line(
    tmp_path: Path, run: Run, planted: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    planted(lambda task: task.stream("noise"))
    assert run(grid(methods={"planted": {}}, seeds=1)) != 0
    (folder,) = folders(tmp_path / "results")
    reason = record(folder)["reason"]
    assert "test_job.py, line " in reason
    assert "task.stream('noise') is now task.draws('noise')" in reason
    assert "Traceback" not in capsys.readouterr().err


def test_a_run_in_a_pack_equals_the_run_alone_bit_for_bit(tmp_path: Path, run: Run) -> None:
    assert run() == 0
    change = {"execution": {"pack_size": 1}, "exhibits": []} | grid(methods={"ard_vae": {"beta": 0.1}}, seeds=[1])
    assert run(change, results="alone") == 0
    (alone,) = folders(tmp_path / "alone")
    together = tmp_path / "results" / alone.relative_to(tmp_path / "alone")
    assert (alone / "model.safetensors").read_bytes() == (together / "model.safetensors").read_bytes()
    assert (alone / "history.csv").read_bytes() == (together / "history.csv").read_bytes()
    assert values(alone) == values(together)


def test_a_finished_run_is_neither_trained_nor_measured_again(tmp_path: Path, run: Run) -> None:
    assert run() == 0
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "results" / "runs").rglob("*.*")}
    assert run() == 0
    after = {path: path.stat().st_mtime_ns for path in (tmp_path / "results" / "runs").rglob("*.*")}
    assert after == before


def test_what_killed_processes_left_half_written_is_removed_by_the_next_attempt(tmp_path: Path, run: Run) -> None:
    study = grid(methods={"pca": {}}, seeds=1)
    assert run(study) == 0
    (folder,) = folders(tmp_path / "results")
    left = [folder / ".checkpoint.safetensors.7.partial", folder / "metrics" / ".nac.json.7.partial"]
    for path in left:
        path.write_bytes(b"half")
    assert run(study) == 0  # which finds nothing to do
    assert all(path.exists() for path in left)
    (folder / "record.json").unlink()
    assert run(study) == 0
    assert not any(path.exists() for path in left)


def test_another_metric_or_evaluation_setting_measures_and_never_retrains(tmp_path: Path, run: Run) -> None:
    assert run(grid(seeds=1)) == 0
    weights = {folder: (folder / "model.safetensors").stat().st_mtime_ns for folder in folders(tmp_path / "results")}
    kept = {folder: values(folder) for folder in weights}
    change = {"metrics": [*STUDY["metrics"], "nac"]} | grid(seeds=1, protocol={"evaluation": {"n_reference": 100}})
    assert run(change) == 0
    for folder, stamp in weights.items():
        assert (folder / "model.safetensors").stat().st_mtime_ns == stamp
        found = values(folder)
        assert kept[folder].items() <= found.items()
        assert len(found) == 4 + 3  # mse, fréchet distance and nac anew; the two counts don't use the reference


def test_restored_weights_give_the_values_of_the_process_that_trained_them(tmp_path: Path, run: Run) -> None:
    assert run(grid(seeds=1)) == 0
    before = {folder: values(folder) for folder in folders(tmp_path / "results")}
    for folder in before:
        for path in (folder / "metrics").iterdir():
            path.unlink()
    assert run(grid(seeds=1)) == 0
    assert {folder: values(folder) for folder in before} == before


def test_a_bug_in_a_runner_is_recorded_and_costs_nobody_else(tmp_path: Path, run: Run, planted: Any) -> None:
    def harm(task: Task) -> None:
        if task.dim == 3:
            raise ZeroDivisionError("nothing divides by nothing")

    planted(harm)
    assert run(grid(methods={"planted": {}}, dims=[2, 3, 4], seeds=1)) == 1
    found = {record(folder)["run"]["dim"]: record(folder) for folder in folders(tmp_path / "results")}
    assert {dim: r["status"] for dim, r in found.items()} == {2: "ok", 3: "failed", 4: "ok"}
    line = "tests/unit/harness/test_job.py, line"
    assert found[3]["reason"].startswith(f"ZeroDivisionError: nothing divides by nothing ({line}")
    planted(lambda task: None)
    assert run(grid(methods={"planted": {}}, dims=[2, 3, 4], seeds=1), options=("--attempt", "2")) == 1
    assert run(grid(methods={"planted": {}}, dims=[2, 3, 4], seeds=1)) == 0  # the next invocation tries it again


def test_what_no_decoder_can_reach_is_told_by_the_job_that_prepares_and_refused_from_then_on(
    tmp_path: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    entry = STUDY["grid"][0] | {"methods": {"vae": {}}, "seeds": 1}
    squashed = {"label": "squashed", "protocol": {"training": {"network": {"output": "sigmoid"}}}}
    assert run({"grid": [entry, entry | squashed]}) == 1
    sentence = "the values of 'points' go from"
    assert f"failed points squashed L=2 seed 0  data refused: {sentence}" in capsys.readouterr().err
    assert [record(folder)["status"] for folder in folders(tmp_path / "results")] == ["ok"]  # the other one
    assert run({"grid": [entry, entry | squashed]}) == 2
    assert sentence in capsys.readouterr().err
    plan = plan_study(str(tmp_path / "study.yaml"), results=tmp_path / "results")
    codes = [run({"grid": [entry, entry | squashed]}, options=("--pack", pack)) for pack in plan.packs]
    assert codes == [1]  # a job of many goes on without


def test_a_diverged_run_is_a_result_and_has_no_numbers(tmp_path: Path, run: Run) -> None:
    rate = {"optimizer": {"name": "sgd", "learning_rate": 1e6}}
    assert run(grid(seeds=1, methods={"vae": {}}, protocol={"training": rate})) == 0
    (folder,) = folders(tmp_path / "results")
    found = record(folder)
    assert found["status"] == "diverged"
    assert "at step" in found["reason"]
    assert not (folder / "metrics").exists()
    assert run(grid(seeds=1, methods={"vae": {}}, protocol={"training": rate})) == 0


def test_a_collapsed_run_is_a_result_with_its_reason_and_its_numbers(tmp_path: Path, run: Run) -> None:
    assert run(grid(methods={"constant": {}}, seeds=1)) == 0
    (folder,) = folders(tmp_path / "results")
    assert record(folder)["status"] == "collapsed"
    assert "explain" in record(folder)["reason"]
    assert any(name.startswith("mse_per_pixel") for name in values(folder))


def test_running_out_of_memory_is_told_and_tried_again(tmp_path: Path, run: Run, planted: Any) -> None:
    def harm(task: Task) -> None:
        raise MemoryError("no room")

    planted(harm)
    assert run(grid(methods={"planted": {}}, seeds=1)) == 1
    (folder,) = folders(tmp_path / "results")
    assert record(folder)["status"] == "out_of_memory"
    planted(lambda task: None)
    assert run(grid(methods={"planted": {}}, seeds=1), options=("--attempt", "2")) == 0


def test_a_bug_in_a_metric_costs_only_its_own_value(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(context: object) -> None:
        raise KeyError("a bug")

    monkeypatch.setattr("latentdim.metrics.frechet.measure.measure", broken)
    assert run(grid(methods={"vae": {}}, seeds=1)) == 1
    (folder,) = folders(tmp_path / "results")
    found = {name.split("-")[0]: value for name, value in values(folder).items()}
    assert found["frechet_distance"] is None
    assert found["mse_per_pixel"] is not None
    assert "a bug" in capsys.readouterr().err
    monkeypatch.undo()
    assert run(grid(methods={"vae": {}}, seeds=1)) == 0
    assert None not in values(folder).values()


def test_a_value_that_is_no_number_is_never_a_result(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from latentdim.metrics.context import Measured

    monkeypatch.setattr("latentdim.metrics.frechet.measure.measure", lambda context: Measured(float("nan"), 1))
    assert run(grid(methods={"vae": {}}, seeds=1)) == 1
    (folder,) = folders(tmp_path / "results")
    (file,) = (folder / "metrics").glob("frechet*")
    assert json.loads(file.read_text())["reason"] == "the value is nan, which is never a result"


def test_changed_data_make_a_run_stale_and_it_is_done_again(tmp_path: Path, run: Run) -> None:
    array = tmp_path / "mine.npy"
    generator = np.random.default_rng(0)
    np.save(array, generator.normal(size=(300, 6)).astype(np.float32))
    change = {"datasets": {"mine": {"kind": "npy", "path": str(array)}}, "metrics": ["mse_per_pixel"]}
    change |= grid(datasets=["mine"], methods={"vae": {}}, seeds=1)
    assert run(change) == 0
    (folder,) = folders(tmp_path / "results")
    before = record(folder)["data"]["digest"], values(folder)
    os.utime(array, (1, 1))  # touched, its content the same: nothing is done again
    weights = (folder / "model.safetensors").stat().st_mtime_ns
    assert run(change) == 0
    assert (folder / "model.safetensors").stat().st_mtime_ns == weights
    np.save(array, generator.normal(size=(300, 6)).astype(np.float32))
    assert run(change) == 0
    after = record(folder)["data"]["digest"], values(folder)
    assert before[0] != after[0]
    assert before[1] != after[1]


def stopped_in_the_middle(
    run: Run, change: dict[str, Any], monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...] = ()
) -> None:
    """Begin a training and stop it, as a signal would, once it has written a row."""
    from latentdim.harness.workplace import Workplace

    monkeypatch.setattr(Workplace, "stop_on_signals", lambda place: setattr(place, "stopping", True))
    assert run(change, options=options) == 130
    monkeypatch.undo()


@pytest.mark.parametrize(
    ("told", "minutes", "status"),
    [
        (True, 60.0, "timed_out"),  # Slurm knows better than the clock
        (False, 1e-6, "missing"),
        (None, 1e-6, "timed_out"),
        (None, 60.0, "missing"),
        (None, 0.0, "missing"),
    ],
)
def test_a_stop_at_the_time_limit_is_told_from_another_one(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch, told: bool | None, minutes: float, status: str
) -> None:
    from latentdim.harness import run as harness

    monkeypatch.setattr(harness, "at_time_limit", lambda: told)
    change = grid(methods={"vae": {}}, seeds=1)
    stopped_in_the_middle(run, change, monkeypatch, options=("--minutes", str(minutes)))
    plan = plan_study(str(tmp_path / "study.yaml"), results=tmp_path / "results")
    assert [row["status"] for row in states(plan)["runs"]] == [status]


@pytest.mark.parametrize("changed", ["nothing", "data", "code"])
def test_an_unfinished_training_goes_on_only_with_the_same_data_and_code(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch, changed: str
) -> None:
    array, generator = tmp_path / "mine.npy", np.random.default_rng(0)
    np.save(array, generator.normal(size=(300, 6)).astype(np.float32))
    change = {"datasets": {"mine": {"kind": "npy", "path": str(array)}}, "metrics": ["mse_per_pixel"]}
    change |= grid(datasets=["mine"], methods={"vae": {}}, seeds=1)
    stopped_in_the_middle(run, change, monkeypatch)
    assert len(list((tmp_path / "results").rglob("checkpoint.safetensors"))) == 1
    if changed == "data":
        np.save(array, generator.normal(size=(320, 6)).astype(np.float32))
    if changed == "code":
        monkeypatch.setattr("latentdim.harness.work.fingerprint", lambda method, network: "another")
    assert run(change) == 0
    (folder,) = folders(tmp_path / "results")
    assert (record(folder)["timing"]["resumed_steps"] > 0) == (changed == "nothing")
    assert ("afresh" in (folder / "log.txt").read_text()) == (changed != "nothing")


def test_examples_follow_the_evaluation_half(tmp_path: Path, run: Run) -> None:
    assert run(grid(methods={"ard_vae": {"beta": 0.1}}, seeds=1)) == 0
    (folder,) = folders(tmp_path / "results")
    other = {"evaluation": {"axes": "active"}}
    assert run(grid(methods={"ard_vae": {"beta": 0.1}}, seeds=1, protocol=other)) == 0
    assert len(list(folder.glob("stored/examples-*.safetensors"))) == 2


def test_examples_that_are_gone_are_drawn_again_without_training(tmp_path: Path, run: Run) -> None:
    change = grid(methods={"vae": {}}, seeds=1)
    assert run(change) == 0
    (folder,) = folders(tmp_path / "results")
    (examples,) = folder.glob("stored/examples-*.safetensors")
    before, weights = examples.read_bytes(), (folder / "model.safetensors").stat().st_mtime_ns
    examples.unlink()
    assert run(change) == 0
    assert examples.read_bytes() == before
    assert (folder / "model.safetensors").stat().st_mtime_ns == weights


@pytest.mark.parametrize("change", [{"schema": 99}, {"timing": "long"}])
def test_a_record_that_is_refused_costs_its_run_alone_and_is_left_as_it_is(
    tmp_path: Path, run: Run, capsys: pytest.CaptureFixture[str], change: dict[str, Any]
) -> None:
    assert run(grid(methods={"vae": {}})) == 0
    refused, other = folders(tmp_path / "results")
    (refused / "record.json").write_text(json.dumps(record(refused) | change))
    (other / "record.json").unlink()
    before = (refused / "record.json").read_bytes()
    capsys.readouterr()
    assert run(grid(methods={"vae": {}})) == 1
    assert str(refused / "record.json") in capsys.readouterr().err
    assert (refused / "record.json").read_bytes() == before
    assert record(other)["status"] == "ok"


def test_data_are_prepared_once_a_job(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from latentdim.harness import workplace

    prepared = []

    def counting(*given: Any) -> dict[str, Any]:
        prepared.append(given)
        return prepare(*given)

    prepare = workplace.prepare
    monkeypatch.setattr(workplace, "prepare", counting)
    assert run({"execution": {"pack_size": 1}}) == 0
    assert len(folders(tmp_path / "results")) == 4
    assert len(prepared) == 1


def test_times_of_training_and_measuring_add_up(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    change = grid(methods={"vae": {}}, seeds=1)
    stopped_in_the_middle(run, change, monkeypatch)
    assert run(change) == 0
    (folder,) = folders(tmp_path / "results")
    timing = record(folder)["timing"]
    assert timing["steps"] == 60
    assert 0 < timing["resumed_steps"] < 60
    assert timing["train_seconds"] > 0
    assert timing["evaluate_seconds"] > 0
    before = timing["evaluate_seconds"]
    assert run(change | {"metrics": [*STUDY["metrics"], "nac"]}) == 0
    assert record(folder)["timing"]["evaluate_seconds"] > before
    assert record(folder)["timing"]["train_seconds"] == timing["train_seconds"]


def test_the_best_weights_are_those_of_the_lowest_validation_loss(tmp_path: Path, run: Run) -> None:
    from safetensors.torch import load_file

    half = {"training": {"n_validation": 60, "steps": 150}, "evaluation": {"checkpoint": "best"}}
    assert run(grid(methods={"vae": {}}, seeds=1, protocol=half)) == 0
    (folder,) = folders(tmp_path / "results")
    lines = [line.split(",") for line in (folder / "history.csv").read_text().splitlines()]
    column = lines[0].index("validation_loss")
    losses = [float(line[column]) for line in lines[1:] if line[column]]
    assert len(losses) == 10
    best, last = (load_file(folder / f"{name}.safetensors") for name in ("best", "model"))
    same = all(torch.equal(value, last[name]) for name, value in best.items())
    assert same == (min(losses) == losses[-1])


def test_data_with_nan_are_refused_in_the_last_line(
    tmp_path: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    array = tmp_path / "mine.npy"
    np.save(array, np.full((300, 6), np.nan, dtype=np.float32))
    change = {"datasets": {"mine": {"kind": "npy", "path": str(array)}}, "metrics": ["mse_per_pixel"]}
    assert run(change | grid(datasets=["mine", "digits"], methods={"pca": {}}, seeds=1)) == 1
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert last.startswith("data refused: ")
    assert "mine.npy" in last
    assert [record(folder)["run"]["dataset"] for folder in folders(tmp_path / "results")] == ["digits"]


def test_a_run_that_somebody_else_holds_is_left_to_them(
    tmp_path: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run() == 0
    held = folders(tmp_path / "results")[0]
    (held / "record.json").unlink()
    with lease(held / "lease"):
        assert run(options=("--wait", "0")) == 1
        assert not (held / "record.json").exists()
    assert f"held by process {os.getpid()}" in capsys.readouterr().err
    assert run(options=("--wait", "0")) == 0
    assert (held / "record.json").exists()


@pytest.mark.parametrize(
    ("error", "code"), [(ValueError("a bug"), 0), (SystemExit(3), 0), (MemoryError("no room"), 1), (None, 0)]
)
def test_a_scheduler_is_told_to_try_again_only_where_that_may_help(
    tmp_path: Path, run: Run, planted: Callable[..., None], error: BaseException | None, code: int
) -> None:
    def harm(task: Task) -> None:
        if error is not None:
            raise error

    planted(harm)
    stamp = tmp_path / "stamp.json"
    change = grid(methods={"planted": {}, "vae": {}}, seeds=1)
    assert run(change, options=("--stamp", str(stamp))) == code
    assert stamp.exists() == (code == 0)
    assert len(folders(tmp_path / "results")) == 2  # its mates go on, and what failed has its record
    assert run(change) == (0 if error is None else 1)  # who isn't a scheduler is told of every failure


def test_a_record_tells_where_its_numbers_come_from(tmp_path: Path, run: Run) -> None:
    assert run(grid(methods={"vae": {}}, seeds=1)) == 0
    (folder,) = folders(tmp_path / "results")
    found = record(folder)
    assert (
        found["versions"]["torch"] == torch.__version__.partition("+")[0]
        or found["versions"]["torch"] == torch.__version__
    )
    kernel = kernel_for(torch.device("cpu"), "float32")
    assert found["device"] == {"kind": "cpu", "name": found["device"]["name"], "threads": 1, "kernel": kernel}
    assert found["source"]["fingerprint"]
    assert found["training"]["steps"] == 60
    assert found["timing"]["steps"] == 60
    assert found["declared"]["engine"] == ENGINE_VERSION
    assert set(found["declared"]) == {"method", "engine", "network", "dataset"}
    assert (folder / "log.txt").read_text().count("train ") == 1
    assert torch.get_num_threads() == 1


def test_status_tells_the_same_in_text_and_json(tmp_path: Path, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(grid(seeds=1)) == 0
    run(grid(seeds=2), options=("--pack", "000000000000"))
    capsys.readouterr()
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(STUDY))
    assert main(["status", str(tmp_path / "study.yaml"), "--results", str(tmp_path / "results"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["counts"] == {"missing": 2, "ok": 2}
    assert main(["status", str(tmp_path / "study.yaml"), "--results", str(tmp_path / "results")]) == 0
    text = capsys.readouterr().out
    assert text.startswith(f"{tmp_path.name}: 2 missing  2 ok  of 4")
    assert text.count("not started") == 1
