"""Studies at a scale: the same grid, other runs only where settings differ, mistakes with their lines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from latentdim.plan.expand import plan_study
from latentdim.plan.plan import Plan
from latentdim.system.problems import InputError

STUDY: dict[str, Any] = {
    "title": "A paper", "paper": "Somebody (2020), On sizes", "scale": "paper",
    "scales": {
        "short": {"length": 0.1},
        "few": {"seeds": 2},
        "part": {"datasets": {"drawn": {"levels": {"scale": 2}}, "synthetic_4": {"width": 32}}},
        "read": {"n_generated": 500},
    },
    "datasets": {"drawn": {"kind": "dsprites_rendered", "levels": {"position_x": 2, "position_y": 2}}},
    "protocol": {"training": {"epochs": 30, "batch_size": 16}},
    "metrics": ["frechet_distance", "active"],
    "grid": [
        {"datasets": ["drawn", "synthetic_4"], "methods": {"vae": {}}, "dims": [2, 4], "seeds": 3},
        {"datasets": ["digits"], "methods": {"wae_mmd": {}}, "dims": [2], "protocol": {"training": {"steps": 50}}},
    ],
}  # fmt: skip


def planned(tmp_path: Path, scale: str = "", **change: Any) -> Plan:
    path = tmp_path / "printed" / "study.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(yaml.safe_dump(STUDY | change, sort_keys=False))
    return plan_study(f"{path}{scale}", results=tmp_path / "results")


def shape(plan: Plan) -> set[tuple[str, str, int]]:
    return {(run.cell.dataset.name, run.cell.label, run.dim) for run in plan.runs}


def test_the_grid_is_the_same_at_each_scale_and_the_name_tells_it(tmp_path: Path) -> None:
    whole = planned(tmp_path)
    assert (whole.name, whole.study.scale, len(whole.runs)) == ("printed", "paper", 2 * 2 * 3 + 1)
    assert planned(tmp_path, "@paper").name == "printed"
    for scale in STUDY["scales"]:
        plan = planned(tmp_path, f"@{scale}")
        assert (plan.name, plan.study.scale, shape(plan)) == (f"printed@{scale}", scale, shape(whole))
        assert plan.file != whole.file
        assert plan.stamp(next(iter(plan.packs.values()))).parent.name == f"printed@{scale}"


def test_equal_settings_are_one_run_and_others_are_others(tmp_path: Path) -> None:
    whole = {run.path for run in planned(tmp_path).runs}
    assert {run.path for run in planned(tmp_path, "@few").runs} < whole
    assert not {run.path for run in planned(tmp_path, "@short").runs} & whole
    assert {run.path for run in planned(tmp_path, "@read").runs} == whole  # measured otherwise, trained once
    part = planned(tmp_path, "@part")
    assert {run.cell.dataset.name for run in part.runs if run.path in whole} == {"digits"}


def test_a_stand_in_takes_a_datasets_place_in_grid_and_exhibits_under_its_own_name(tmp_path: Path) -> None:
    exhibits = [
        {"kind": "trace", "name": "loss", "options": {
            "dataset": "drawn", "label": "vae", "dim": 2, "panels": [{"columns": ["reconstruction"]}],
        }},
        {"kind": "results", "name": "all", "options": {"datasets": ["drawn", "digits"]}},
    ]  # fmt: skip
    scales = {"small": {"stand_ins": {"drawn": "dsprites_rendered"}, "datasets": {"dsprites_rendered": {"n": 50}}}}
    plan = planned(tmp_path, "@small", scales=scales, exhibits=exhibits)
    assert set(plan.datasets) == {"dsprites_rendered", "synthetic_4", "digits"}
    assert [one.entry.options.get("dataset", one.entry.options.get("datasets")) for one in plan.exhibits] == [
        "dsprites_rendered", ["dsprites_rendered", "digits"],
    ]  # fmt: skip
    assert plan.stand_ins == {"drawn": "dsprites_rendered"}
    assert planned(tmp_path, scales=scales, exhibits=exhibits).stand_ins == {}


def test_a_scale_shortens_each_entry_in_its_own_unit(tmp_path: Path) -> None:
    lengths = {
        run.cell.dataset.name: (run.cell.protocol.training.epochs, run.cell.protocol.training.steps)
        for run in planned(tmp_path, "@short").runs
    }
    assert lengths == {"drawn": (3, None), "synthetic_4": (3, None), "digits": (None, 5)}


def test_a_scales_options_are_laid_over_a_datasets(tmp_path: Path) -> None:
    datasets = planned(tmp_path, "@part").datasets
    assert datasets["drawn"].options.model_dump(exclude_unset=True) == {
        "levels": {"position_x": 2, "position_y": 2, "scale": 2}
    }
    assert datasets["synthetic_4"].true_dim == 4  # its name still says the rest
    assert datasets["synthetic_4"].key != planned(tmp_path).datasets["synthetic_4"].key


@pytest.mark.parametrize(
    ("scales", "told"),
    [
        ({"short": {"lenght": 0.1}}, "line 6: scales.short.lenght: unknown key; did you mean 'length'?"),
        ({"short": {"length": 2}}, "line 6: scales.short.length = 2: should be less than or equal to 1"),
        ({"Short": {}}, "line 5: scales.Short"),
        ({"paper": {}}, "line 4: scales: 'paper' is the scale of the file's own settings"),
    ],
)
def test_mistakes_of_scales_are_told_with_their_lines(tmp_path: Path, scales: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError) as refusal:
        planned(tmp_path, scales=scales)
    assert told in refusal.value.text()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"datasets": {"draw": {}}}, "scales.one.datasets.draw: not a dataset of this study; did you mean 'drawn'?"),
        ({"datasets": {"drawn": {"levels": {"scale": 9}}}}, "scales.one.datasets.drawn.levels.scale = 9: should be"),
        (
            {"protocol": {"training": {"batch": 5}}},
            "scales.one.protocol.training.batch: unknown key; did you mean 'batch_size'?",
        ),
        ({"n_train": 10}, "leaves 10 training examples"),
        (
            {"stand_ins": {"darwn": "dsprites_rendered"}},
            "stand_ins.darwn: not a dataset of the grid; did you mean 'drawn'",
        ),
        ({"stand_ins": {"drawn": "dsprites_rendred"}}, "not a dataset; did you mean 'dsprites_rendered'"),
    ],
)
def test_what_a_scale_makes_of_the_study_is_checked(tmp_path: Path, changes: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError) as refusal:
        planned(tmp_path, "@one", scales={"one": changes})
    assert told in refusal.value.text()


def test_an_unknown_scale_is_refused_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'shrt' is not a scale of 'A paper'; did you mean 'short'"):
        planned(tmp_path, "@shrt")


def test_an_entry_may_have_a_scale_otherwise(tmp_path: Path) -> None:
    grid = [
        {
            "datasets": ["digits"], "methods": {"maskaae": {"mask_rate": 0.1}, "vae": {}}, "dims": [2], "seeds": 3,
            "scales": {"short": {"seeds": 1, "methods": {"maskaae": {"lambda_3_interval": 7}}}},
        },
        {"datasets": ["digits"], "methods": {"pca": {}}, "dims": [2], "seeds": 3},
    ]  # fmt: skip
    plan = planned(tmp_path, "@short", grid=grid, scales={"short": {"length": 0.1, "seeds": 2}}, datasets={})
    of_label = {label: [run for run in plan.runs if run.cell.label == label] for label in ("maskaae", "vae", "pca")}
    assert {label: len(runs) for label, runs in of_label.items()} == {"maskaae": 1, "vae": 1, "pca": 2}
    assert {run.cell.protocol.training.epochs for run in plan.runs} == {3}
    config = of_label["maskaae"][0].cell.config.model_dump()
    assert (config["lambda_3_interval"], config["mask_rate"]) == (7, 0.1)


def test_an_entry_s_scale_must_be_one_of_the_study(tmp_path: Path) -> None:
    grid = [{"datasets": ["digits"], "methods": {"pca": {}}, "dims": [2], "scales": {"shrt": {"seeds": 1}}}]
    with pytest.raises(InputError, match=r"scales\.shrt: not a scale of this study; did you mean 'short'"):
        planned(tmp_path, grid=grid, scales={"short": {}}, datasets={})


def test_stand_ins_are_planned_under_their_own_names_with_the_scales_options(tmp_path: Path) -> None:
    path = tmp_path / "printed" / "study.yaml"
    path.parent.mkdir()
    levels = {"shape": 2, "scale": 2, "orientation": 4, "position_x": 4, "position_y": 4}
    scales = {"smoke": {"length": 0.1, "datasets": {"dsprites_rendered": {"levels": levels}, "dsprites": {}}}}
    grid = [{"datasets": ["dsprites"], "methods": {"vae": {}}, "dims": [2]}]
    exhibits = [
        {
            "kind": "traversal",
            "name": "axes",
            "options": {"dataset": "dsprites", "label": "vae", "dim": 2, "rule": "own"},
        }
    ]
    change = {"scales": scales, "grid": grid, "exhibits": exhibits, "metrics": ["mig"], "datasets": {}}
    path.write_text(yaml.safe_dump(STUDY | change, sort_keys=False))

    real = plan_study(f"{path}@smoke", results=tmp_path / "results")
    plan = plan_study(f"{path}@smoke", results=tmp_path / "results", stand_ins=True)
    assert (list(real.datasets), real.stand_ins, real.drawn_in_place) == (["dsprites"], {}, [])
    assert plan.stand_ins == {"dsprites": "dsprites_rendered"}
    assert plan.drawn_in_place == ["'dsprites_rendered' stands in for 'dsprites'"]
    assert plan.datasets["dsprites_rendered"].info.n_combinations == 2 * 2 * 4 * 4 * 4
    assert plan.exhibits[0].entry.options["dataset"] == "dsprites_rendered"
    assert {run.path for run in plan.runs}.isdisjoint(run.path for run in real.runs)
