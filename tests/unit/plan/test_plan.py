"""Expansion, identity and packs."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from latentdim import registry
from latentdim.cli.main import main
from latentdim.plan.expand import plan_study
from latentdim.plan.plan import Plan
from latentdim.study.evaluation import Evaluation
from latentdim.study.protocol import Training, merged
from latentdim.study.requested_metrics import RequestedMetric

STUDY: dict[str, Any] = {
    "title": "A study",
    "protocol": {"training": {"steps": 10, "batch_size": 16}},
    "metrics": ["mse_per_pixel", "active"],
    "grid": [
        {"datasets": ["digits", "synthetic_4"], "methods": {"vae": {}, "wae_mmd": {}}, "dims": [2, 4, 8], "seeds": 2},
        {"datasets": ["digits"], "methods": {"pca": {}}, "dims": [2], "seeds": [5, 7, 9]},
    ],
}


def planned(tmp_path: Path, change: dict[str, Any] | None = None, name: str = "study") -> Plan:
    file = tmp_path / f"{name}.yaml"
    file.write_text(yaml.safe_dump(STUDY | (change or {})))
    return plan_study(str(file), results=tmp_path / "results")


def one_run(tmp_path: Path, **change: Any) -> Plan:
    return planned(tmp_path, {"grid": [{"datasets": ["digits"], "methods": {"vae": {}}, "dims": [2]} | change]})


def test_the_plan_has_one_run_per_cell_dimension_and_seed(tmp_path: Path) -> None:
    plan = planned(tmp_path)
    assert len(plan.runs) == 2 * 2 * 3 * 2 + 3  # datasets × methods × dims × seeds, and one more cell of three seeds
    assert len({run.path for run in plan.runs}) == len(plan.runs)
    assert sum(len(pack.runs) for pack in plan.packs.values()) == len(plan.runs)


def test_a_pack_holds_runs_of_one_dataset_with_the_seeds_of_a_cell_side_by_side(tmp_path: Path) -> None:
    plan = planned(tmp_path, {"execution": {"pack_size": 4, "pack_minutes": 1000.0}})
    for pack in plan.packs.values():
        assert len({run.cell.dataset.name for run in pack.runs}) == 1
        assert len(pack.runs) <= 4
    first = next(iter(plan.packs.values())).runs
    assert [(run.dim, run.seed) for run in first] == [(2, 0), (2, 1), (4, 0), (4, 1)]
    alone = planned(tmp_path, {"execution": {"pack_size": 1}})
    assert len(alone.packs) == len(alone.runs)


def test_an_assumed_network_stands_in_the_label_of_all_that_use_it(tmp_path: Path) -> None:
    methods = {"vae": {"beta": {"sweep": [0.5, 2]}}, "pca": {}}
    protocol = {"training": {"network": {"name": "geco_conv", "filters": [8]}}}
    cells = one_run(tmp_path, methods=methods, protocol=protocol).cells
    assert [cell.label for cell in cells] == ["pca", "vae beta=0.5 (assumed network)", "vae beta=2 (assumed network)"]
    assert [cell.stem for cell in cells] == ["pca"] + ["vae (assumed network)"] * 2
    (named,) = one_run(tmp_path, label="mine", protocol=protocol).cells
    assert named.label == "mine (assumed network)"


def test_packs_are_a_pure_function_of_the_study(tmp_path: Path) -> None:
    before = planned(tmp_path)
    folder = before.folder(before.runs[0])
    folder.mkdir(parents=True)
    (folder / "record.json").write_text('{"status": "ok", "reason": ""}')
    assert list(planned(tmp_path).packs) == list(before.packs)


def test_the_study_is_in_no_path_and_no_key(tmp_path: Path) -> None:
    one, two = planned(tmp_path, name="one"), planned(tmp_path, {"title": "Another"}, name="two")
    assert [run.path for run in one.runs] == [run.path for run in two.runs]


def test_the_evaluation_half_never_changes_a_key_and_always_changes_a_metrics_file(tmp_path: Path) -> None:
    base = one_run(tmp_path)
    other = one_run(tmp_path, protocol={"evaluation": {"n_reference": 100}})
    assert base.runs[0].path == other.runs[0].path
    files, other_files = ({w.metric.name: w.file for w in plan.runs[0].cell.metrics} for plan in (base, other))
    assert files["mse_per_pixel"] != other_files["mse_per_pixel"]
    assert files["active"] == other_files["active"]  # it doesn't use the reference
    assert list(base.packs) != list(other.packs)


@pytest.mark.parametrize(
    "training",
    [
        {"steps": 11}, {"epochs": 1}, {"batch_size": 17}, {"threads": 2}, {"precision": "bfloat16"}, {"n_train": 500},
        {"n_validation": 9}, {"scaling": "standardised"}, {"reduction": "mean"}, {"optimizer": {"eps": 1e-7}},
        {"schedule": {"name": "cosine"}}, {"network": {"hidden": [7]}}, {"network": {"activation": "tanh"}},
    ],
)  # fmt: skip
def test_each_field_of_the_training_half_is_in_the_key(tmp_path: Path, training: dict[str, Any]) -> None:
    base, other = one_run(tmp_path), one_run(tmp_path, protocol={"training": training})
    assert base.runs[0].cell.key != other.runs[0].cell.key


def test_settings_and_versions_are_in_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base = one_run(tmp_path).runs[0].cell.key
    assert one_run(tmp_path, methods={"vae": {"beta": 2.0}}).runs[0].cell.key != base
    monkeypatch.setattr("latentdim.plan.run.ENGINE_VERSION", 999)
    assert one_run(tmp_path).runs[0].cell.key != base


@pytest.mark.parametrize(
    "change",
    [
        {"methods": {"vae": {"beta": 1.0}}}, {"methods": {"vae": {"beta": 1}}}, {"methods": {"vae": None}},
        {"protocol": {"training": {"threads": 1, "optimizer": {"name": "adam", "eps": 1e-8}}}},
        {"protocol": {"training": {"network": {"name": "mlp", "hidden": [1000]}, "n_train": None}}},
    ],
)  # fmt: skip
def test_a_default_written_out_is_in_no_key(tmp_path: Path, change: dict[str, Any]) -> None:
    assert one_run(tmp_path, **change).runs[0].path == one_run(tmp_path).runs[0].path


def test_an_evaluation_default_written_out_is_in_no_files_name(tmp_path: Path) -> None:
    written = {"evaluation": {"checkpoint": "last", "n_relevance": 10_000, "pictures": {"reach": 3}}}
    base, other = (plan.runs[0].cell for plan in (one_run(tmp_path), one_run(tmp_path, protocol=written)))
    assert [metric.file for metric in other.metrics] == [metric.file for metric in base.metrics]
    assert other.stored == base.stored


def test_a_new_setting_at_its_default_is_in_no_key_and_no_files_name(tmp_path: Path) -> None:
    cell = one_run(tmp_path).runs[0].cell

    class GrownConfig(type(cell.config)):
        fresh: float = 0.5

    class GrownTraining(Training):
        fresh: tuple[int, ...] = (1, 2)

    class GrownEvaluation(Evaluation):
        fresh: bool = True

    training, evaluation = GrownTraining(steps=10, batch_size=16), GrownEvaluation()
    protocol = cell.protocol.model_copy(update={"training": training, "evaluation": evaluation})
    grown = replace(cell, config=GrownConfig(), protocol=protocol)
    assert grown.key == cell.key
    assert replace(cell, config=GrownConfig(fresh=0.25)).key != cell.key
    assert [one.file for one in grown.stored] == [one.file for one in cell.stored]
    metric = cell.metrics[0].metric
    uses = replace(metric, uses=(*metric.uses, "fresh"))
    assert RequestedMetric.of(uses, evaluation, None).file == cell.metrics[0].file
    assert RequestedMetric.of(uses, GrownEvaluation(fresh=False), None).file != cell.metrics[0].file


def test_what_else_is_registered_changes_no_key_and_no_files_name(tmp_path: Path) -> None:
    (before,) = one_run(tmp_path).runs
    kinds = (registry.methods(), registry.datasets(), registry.metrics())
    for kind in kinds:
        one = next(one for one in kind if not getattr(one, "pattern", ""))
        another = replace(one, name="aaa", version=7)
        kind.declarations["aaa"] = another  # type: ignore[index]
    try:
        (after,) = one_run(tmp_path).runs
    finally:
        for kind in kinds:
            del kind.declarations["aaa"]  # type: ignore[attr-defined]
    assert after.path == before.path
    assert [metric.file for metric in after.cell.metrics] == [metric.file for metric in before.cell.metrics]
    assert after.stored == before.stored


def test_a_networks_version_is_in_the_key_of_what_has_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    methods: dict[str, Any] = {"vae": {}, "pca": {}}
    before = {run.cell.label: run.cell.key for run in one_run(tmp_path, methods=methods).runs}

    def after(raised: str) -> dict[str, str]:
        declared = {network.name: network for network in registry.networks()}
        declared[raised] = replace(declared[raised], version=999)
        with monkeypatch.context() as patch:
            patch.setattr(registry, "networks", lambda: registry.Registry("network", declared))
            return {run.cell.label: run.cell.key for run in one_run(tmp_path, methods=methods).runs}

    assert after("ard_conv") == before
    assert after("mlp")["vae"] != before["vae"]
    assert after("mlp")["pca"] == before["pca"]


def test_fields_that_a_method_leaves_unused_leave_its_key_alone(tmp_path: Path) -> None:
    base = one_run(tmp_path, methods={"pca": {}}).runs[0].cell.key
    other = {"training": {"steps": 99, "optimizer": {"learning_rate": 0.5}}}
    assert one_run(tmp_path, methods={"pca": {}}, protocol=other).runs[0].cell.key == base


def test_a_block_whose_name_changes_is_replaced_whole() -> None:
    base = {"network": {"name": "mlp", "hidden": [3]}, "steps": 5, "batch_size": 2}
    assert merged(base, {"network": {"hidden": [4]}})["network"] == {"name": "mlp", "hidden": [4]}
    assert merged(base, {"network": {"name": "ard_conv"}})["network"] == {"name": "ard_conv"}
    assert merged(base, {"epochs": 1}) == {"network": base["network"], "batch_size": 2, "epochs": 1}


def test_the_plans_file_is_rewritten_only_when_the_plan_changes(tmp_path: Path) -> None:
    plan = planned(tmp_path)
    plan.save()
    before = plan.file.stat().st_mtime_ns
    planned(tmp_path).save()
    assert plan.file.stat().st_mtime_ns == before
    planned(tmp_path, {"metrics": ["mse_per_pixel"]}).save()
    assert plan.file.stat().st_mtime_ns > before


def test_a_dataset_that_isnt_there_costs_only_its_own_runs(tmp_path: Path) -> None:
    change = {
        "datasets": {"mine": {"kind": "image_folder", "path": str(tmp_path / "nowhere")}},
        "grid": [{"datasets": ["digits", "mine"], "methods": {"vae": {}}, "dims": [2]}],
    }
    plan = planned(tmp_path, change)
    assert list(plan.absent) == ["mine"]
    assert len(plan.runs) == 2
    assert [run.cell.dataset.name for pack in plan.packs.values() for run in pack.runs] == ["digits"]


def test_planning_imports_neither_torch_nor_other_heavy_packages() -> None:
    heavy = ("torch", "torchvision", "pandas", "matplotlib", "seaborn", "sklearn", "scipy", "snakemake")
    code = (
        "import sys\n"
        f"for name in {heavy!r}: sys.modules[name] = None\n"
        "from latentdim.plan.expand import plan_study\n"
        "from latentdim.plan.preflight import refuse_hopeless\n"
        "from pathlib import Path\n"
        "plan = plan_study('quickstart', results=Path('results'))\n"
        "print(len(plan.runs))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 40


def test_what_a_dataset_cannot_have_is_told_once(tmp_path: Path) -> None:
    metrics = ["mse_per_pixel", "frechet_classifier", "mig", "frechet_distance"]
    nowhere = {"mine": {"kind": "image_folder", "path": str(tmp_path / "nowhere")}}
    grid = [{"datasets": ["digits", "synthetic_4", "mine"], "methods": {"vae": {}, "pca": {}}, "dims": [2]}]
    plan = planned(tmp_path, {"metrics": metrics, "grid": grid, "datasets": nowhere})
    assert plan.undefined == [
        "'digits' can't have 'mig', which needs images with a factor space; 'frechet_distance', which needs vectors",
        "'synthetic_4' can't have 'frechet_classifier', which needs images with classes; "
        "'mig', which needs images with a factor space",
    ]
    assert plan.describe()["undefined"] == plan.undefined
    assert planned(tmp_path).undefined == []


@pytest.mark.parametrize("command", ["check", "plan"])
def test_check_and_plan_say_what_is_not_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    grid = [{"datasets": ["digits"], "methods": {"vae": {}}, "dims": [2]}]
    plan = planned(tmp_path, {"metrics": ["mse_per_pixel", "mig"], "grid": grid})
    assert main([command, str(plan.path), "--results", str(plan.results)]) == 0
    told = capsys.readouterr().out
    assert "note: 'digits' can't have 'mig', which needs images with a factor space\n" in told
    assert {"check": ": 1 run, no problems", "plan": ": 1 run in 1 job, about"}[command] in told
