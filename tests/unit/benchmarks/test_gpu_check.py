"""The check of a GPU at tiny size on the CPU: every section runs, and a fault planted in what it looks at is told."""

import json
import signal
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
import yaml

from latentdim.plan.expand import plan_study

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT))  # where `python -m benchmarks.gpu_check` is started from

from benchmarks import images  # noqa: E402
from benchmarks.gpu_check import __main__ as command  # noqa: E402
from benchmarks.gpu_check import agreement, crew, engine, page, repeats, sections, table2  # noqa: E402
from benchmarks.gpu_check.ensemble import Ensemble  # noqa: E402

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> images.Images:
    return images.lay_out(tmp_path_factory.mktemp("images"), count=500)


@pytest.fixture(autouse=True)
def _undisturbed() -> Iterator[None]:
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def bench_of(pictures: images.Images, seconds: float = 600.0) -> sections.Bench:
    return sections.Bench(CPU, True, pictures, {}, sections.time.monotonic() + seconds)


def small(method: str) -> engine.Workload:
    return engine.of_method(engine.networks(tiny=True)[0], method)


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> None:
    monkeypatch.setattr(sys, "argv", ["gpu_check", *map(str, arguments)])
    command.main()


def test_the_whole_check_leaves_an_archive_that_the_page_is_made_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    into, report = tmp_path / "out", tmp_path / "gpu.md"
    run(monkeypatch, "--on", "cpu", "--tiny", "--minutes", 60, "--into", into)
    found = sections.read_archive(into / sections.ARCHIVE)
    assert found == sections.read_archive(into)
    names = ["agreement", "repeats", "speed", "peak", "table2"]
    assert sorted(found) == sorted(["machine", *names])
    assert {name: found[name]["ended"] for name in names} == dict.fromkeys(names, "complete")
    assert all(row["agrees"] for row in found["agreement"]["rows"])
    trained = set().union(*(engine.trained_methods(workload) for workload in engine.networks(tiny=True)))
    assert trained >= {"vae", "ard_vae", "wae_mmd", "maskaae", "least_volume", "ald_vae", "two_stage_vae"}
    assert {row["method"] for row in found["agreement"]["rows"]} == trained | set(engine.closed_methods())
    assert {row["method"] for row in found["repeats"]["rows"]} == trained
    assert not any(row[way] for row in found["repeats"]["rows"] for way in ("repeat", "stepwise", "resume"))
    assert [run["status"] for run in found["table2"]["rows"][0]["runs"]] in (["ok"], ["collapsed"])
    run(monkeypatch, "--page", into / sections.ARCHIVE, "--report", report)
    with tarfile.open(into / sections.ARCHIVE) as archive:
        packed = archive.extractfile(sections.PAGE)
        assert packed is not None
        assert report.read_bytes() == packed.read()
    text = report.read_text(encoding="utf-8")
    assert "no number here means anything" in text
    assert "(paper:" not in text  # nothing of the stand-in stands beside the paper's numbers


def test_a_section_that_fails_or_has_no_time_costs_itself_alone(pictures: images.Images) -> None:
    kept: list[tuple[str, int, str]] = []

    def broken(bench: sections.Bench) -> Iterator[list[sections.Row]]:
        yield [{"value": 1}]
        raise RuntimeError("the card\nfell out")

    def endless(bench: sections.Bench) -> Iterator[list[sections.Row]]:
        while True:
            yield [{"value": bench.earlier["broken"]["rows"][0]["value"]}]

    found = sections.run_sections(
        [sections.Section("broken", 0.5, broken), sections.Section("endless", 0.1, endless),
         sections.Section("late", 1.0, endless)],
        bench=lambda earlier, deadline: sections.Bench(CPU, True, pictures, dict(earlier), deadline),
        seconds=0.5,
        keep=lambda name, report: kept.append((name, len(report["rows"]), report["ended"])),
    )  # fmt: skip
    assert found["broken"]["ended"] == "failed: RuntimeError: the card fell out"
    assert found["broken"]["rows"] == [{"value": 1}]
    assert kept[0] == ("broken", 1, "running")  # written before the failure, so a kill would have lost nothing
    assert found["endless"]["ended"].startswith("cut off")
    assert len(found["endless"]["rows"]) > 1
    assert found["late"]["ended"].startswith("cut off")
    nothing = sections.run_sections(
        [sections.Section("late", 1.0, endless)],
        bench=lambda earlier, deadline: sections.Bench(CPU, True, pictures, earlier, deadline),
        seconds=0.0,
        keep=lambda name, report: None,
    )
    assert nothing["late"]["ended"] == "left out: no time was left for it"


@pytest.mark.parametrize("method", ["vae", "pca"])
def test_a_device_that_computes_otherwise_does_not_agree(
    method: str, pictures: images.Images, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = bench_of(pictures)
    assert agreement.compared(bench, small(method))["agrees"]
    honest, calls = agreement.trained, []

    def off(*given: object, nudge: float = 0.0) -> object:
        calls.append(given)
        wrong = 1e-2 if len(calls) > 1 else 0.0  # after the first, which is the CPU's, all are the device's
        return honest(*given, nudge=nudge + wrong)  # type: ignore[arg-type]

    monkeypatch.setattr(agreement, "trained", off)
    row = agreement.compared(bench, small(method))
    assert not row["agrees"]
    assert "**no**" in "".join(page.agreement([row]))


def test_differences_are_relative_and_a_number_that_is_not_finite_never_agrees() -> None:
    one = {"a": torch.tensor([3.0, 0.0]).double(), "b": torch.tensor([4.0]).double()}
    two = {"a": torch.tensor([3.0, 0.5]).double(), "b": torch.tensor([4.0]).double()}
    assert agreement.weight_difference(two, one) == pytest.approx(0.1)
    assert agreement.weight_difference(two | {"b": torch.tensor([torch.nan])}, one) is None
    curve, other = [{"x": 2.0, "y": -1.0}, {"x": 4.0, "y": 0.0}], [{"x": 2.0, "y": -1.0}, {"x": 4.2, "y": 0.1}]
    assert agreement.loss_difference(other, curve) == pytest.approx(0.1)


def test_a_training_that_draws_beside_its_streams_is_not_repeatable(
    pictures: images.Images, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = bench_of(pictures)
    assert repeats.repeated(bench, small("vae"), "float32")["repeat"] == []
    monkeypatch.setattr("latentdim.nets.draws.Draws.normal", lambda self, shape: torch.randn(tuple(shape)))
    row = repeats.repeated(bench, small("vae"), "float32")
    assert "history" in row["repeat"]
    assert "history" in row["resume"]
    assert "**differs**" in "".join(page.repeats([row]))


@pytest.mark.parametrize("method", ["vae", "ard_vae"])
def test_each_member_of_an_ensemble_trains_as_if_alone(method: str, pictures: images.Images) -> None:
    make = engine.tasks(small(method), pictures, CPU)
    ensemble = Ensemble([make(seed=seed) for seed in range(3)], method)
    for _ in range(4):
        ensemble.next_batch()
        ensemble.step()
    for seed in range(3):
        alone = engine.weights_alone(make(seed=seed), method, ensemble.batches[:4, seed])
        together = {name: ensemble.parameters[f"model.{name}"][seed].detach() for name in alone}
        assert agreement.weight_difference(together, alone) < 1e-6  # type: ignore[operator]


def test_a_process_that_fails_ends_the_crew_and_says_why(pictures: images.Images) -> None:
    with crew.Crew(size=2, device=CPU, images=pictures, tiny=True) as members:
        with pytest.raises(RuntimeError, match=r"(?s)one of the processes: .*no_method"):
            members.seconds(crew.Order("no_method", small("vae").name, "float32"), 2)
        with pytest.raises(RuntimeError, match="an earlier order"):
            members.seconds(crew.Order("vae", small("vae").name, "float32"), 2)


def test_a_row_takes_as_many_seeds_or_else_epochs_as_fit_and_learns_from_the_one_before() -> None:
    network = engine.networks(tiny=True)[-1]
    about = {"method": "ard_vae", "network": network.name, "precision": "float32"}
    ways = {table2.PROCESSES: 2.4, table2.ALONE: 0.6}
    speed = {"rows": [about | {"way": way, "epoch_seconds": seconds} for way, seconds in ways.items()]}
    bench = sections.Bench(CPU, True, images.Images(Path(), True), {"speed": speed}, sections.time.monotonic() + 253)
    pace = table2.Pace()
    epoch = table2.MARGIN * table2.EXAMPLES / table2.EPOCH  # of 50,000, where speeds are of 60,000
    expected = {seeds: pace.expected(bench, "ard_vae", network.batch, seeds=seeds) for seeds in (1, 2, 5)}
    assert expected == pytest.approx({1: 0.6 * epoch, 2: 0.96 * epoch, 5: 2.4 * epoch})
    assert pace.expected(bench, "ard_vae", network.batch // 2, seeds=5) == pytest.approx(2 * expected[5])
    assert pace.size(bench, "ard_vae", network.batch, epochs=50) == (5, 50)
    assert pace.size(bench, "ard_vae", network.batch, epochs=150) == (2, 150)
    assert pace.size(bench, "ard_vae", network.batch, epochs=400) == (1, int(200.9 / expected[1]))
    run = {"train_seconds": 10.0}
    row = {"method": "ard_vae", "epochs": 10, "runs": [run] * 5, "wall_seconds": 20.0}
    pace.learn(bench, row, network.batch)
    assert pace.expected(bench, "ard_vae", network.batch, seeds=5) == pytest.approx(1.0)
    assert pace.start_seconds == pytest.approx(12.0)


def test_jobs_are_asked_to_stop_when_time_is_nearly_up(pictures: images.Images) -> None:
    jobs = [subprocess.Popen(["sleep", "600"]), subprocess.Popen(["true"])]
    table2.stop_in_time(jobs, bench_of(pictures, seconds=table2.STOP_SECONDS + 1.0))
    assert [job.returncode for job in jobs] == [-signal.SIGTERM, 0]


def test_the_rows_of_the_table_are_studies_of_this_suite(tmp_path: Path, pictures: images.Images) -> None:
    study = yaml.safe_load(table2.STUDY.read_text(encoding="utf-8"))
    labels = []
    for entry in study["grid"]:
        path = tmp_path / entry["label"] / "study.yaml"
        path.parent.mkdir()
        path.write_text(json.dumps(table2.of_row(study, entry, seeds=3, epochs=7)))
        plan = plan_study(str(path))
        assert len(plan.packs) == 3
        assert {run.cell.protocol.training.epochs for run in plan.runs} == {7}
        labels.append(entry["label"])
    assert {label for label in labels if page._printed(label)} == set(labels)


def test_a_failed_section_ends_the_command_with_1(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(bench: sections.Bench) -> Iterator[list[sections.Row]]:
        raise RuntimeError("no")

    monkeypatch.setattr(command, "SECTIONS", (sections.Section("peak", 1.0, fails),))
    with pytest.raises(SystemExit) as ended:
        run(monkeypatch, "--on", "cpu", "--tiny", "--into", tmp_path)
    assert ended.value.code == 1
    assert sections.read_archive(tmp_path / sections.ARCHIVE)["peak"]["ended"] == "failed: RuntimeError: no"


def test_without_a_gpu_one_line_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    run(monkeypatch, "--into", tmp_path / "out")
    assert capsys.readouterr().out == "NO GPU: torch sees no CUDA device here, so nothing was measured\n"
    assert not (tmp_path / "out").exists()
