"""The benchmark's scripts still run, on networks and numbers too small to mean anything; nothing here is timed."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT))  # where `python -m benchmarks` is started from

from benchmarks import contenders, earlier, images, rounds  # noqa: E402
from latentdim.nets.architectures.mlp import Mlp  # noqa: E402
from latentdim.nets.count import architecture  # noqa: E402
from latentdim.nets.layer_table import rows  # noqa: E402


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> images.Images:
    return images.lay_out(tmp_path_factory.mktemp("images"), count=300)


@pytest.fixture(autouse=True)
def _undisturbed() -> Iterator[None]:
    import torch

    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


@pytest.mark.parametrize("workload", contenders.workloads(tiny=True), ids=lambda w: f"{w.method}-{w.network.name}")
def test_engine_and_plain_loop_train_the_same_network(workload: contenders.Workload, pictures: images.Images) -> None:
    found = [
        contenders.engine(workload, pictures, threads=1)(2),
        contenders.engine(workload, pictures, threads=1, precision="bfloat16")(2),
        contenders.loader_loop(workload, pictures)(2),
    ]
    assert min(found) > 0
    ours = workload_parameters(workload)
    theirs = [tuple(p.shape) for network in contenders.plain(workload) for p in network.parameters()]
    assert ours == theirs


def workload_parameters(workload: contenders.Workload) -> list[tuple[int, ...]]:
    import torch

    from latentdim.nets import Autoencoder, GaussianVAE

    kind = GaussianVAE if workload.method == "vae" else Autoencoder
    protocol, generator = workload.protocol(threads=1), torch.Generator()
    model = kind.build(protocol, dim=workload.dim, shape=workload.shape, generator=generator)
    return [tuple(p.shape) for p in model.parameters()]


def test_a_comparison_is_the_ratio_of_the_medians_with_the_extremes_of_its_rounds() -> None:
    line = rounds.Comparison("speed", "a", "b", (2.0, 4.0, 9.0), (1.0, 4.0, 3.0), least=2.0)
    assert line.ratio == pytest.approx(4.0 / 3.0)
    assert line.spread == (1.0, 3.0)
    assert line.goal == "≥ 2: missed"
    assert "| **1.33** | 1.00–3.00 | 3 | ≥ 2: missed |" in line.row()
    assert rounds.Comparison("s", "a", "b", (2.0,), (1.0,), most=2.0).goal == "≤ 2: met"
    section = rounds.Section("title", "text", (line,), ("told",))
    assert rounds.Section.from_json(section.as_json()) == section


def test_products_of_an_update_are_three_for_each_weight_but_the_first_layers() -> None:
    mlp = architecture(Mlp(hidden=(5,)), shape=(7,), dim=2, outputs=4)
    weights = [row.parameters - row.shape[0] for part, shape in ((mlp.encoder, (7,)), (mlp.decoder, (2,)))
               for row in rows(part, shape) if row.parameters]  # fmt: skip
    assert earlier.products(7, 5, outputs=4, dim=2) == 3 * sum(weights) - weights[0] == 3 * 100 - 35


def test_contenders_take_turns_after_an_unmeasured_call_each() -> None:
    called: list[str] = []
    values = rounds.alternating({name: lambda name=name: called.append(name) or len(called) for name in "ab"}, 2)  # type: ignore[misc]
    assert called == ["a", "b", "a", "b", "a", "b"]
    assert values == {"a": (3, 5), "b": (4, 6)}


def test_memory_and_failure_of_a_command_are_told(tmp_path: Path) -> None:
    held = bytearray(600_000_000)  # memory of the process that asks isn't the command's
    done = rounds.timed([sys.executable, "-c", "x = bytearray(200_000_000)"], folder=tmp_path)
    assert 190 < done.memory_mb < 500
    del held
    with pytest.raises(RuntimeError, match="ended with 3"):
        rounds.timed([sys.executable, "-c", "raise SystemExit(3)"], folder=tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        ["benchmarks.training", "--tiny", "--threads", "1"],
        ["benchmarks.earlier", "--tiny"],
        ["benchmarks.side_by_side", "--tiny"],
        ["benchmarks.planning", "--runs", "100"],
        ["benchmarks.collecting", "--runs", "100"],
        ["benchmarks.overhead", "--tiny", "--pack", "2"],
        ["benchmarks.rendering", "--tiny"],
        ["benchmarks.evaluation", "--tiny"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_script_prints_its_section(arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *arguments, "--rounds", "1"], cwd=ROOT, env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("## ")
    assert "nan" not in done.stdout
