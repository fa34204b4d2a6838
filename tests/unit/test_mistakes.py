"""Each mistake is refused before any compute, in sentences that name file, key, value and the nearest valid name."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from latentdim import registry
from latentdim.cli import main

STUDY: dict[str, Any] = {
    "title": "A study",
    "protocol": {"training": {"steps": 10, "batch_size": 16}},
    "metrics": ["mse_per_pixel"],
    "grid": [{"datasets": ["digits"], "methods": {"vae": {}}, "dims": [2]}],
}


def refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], change: dict[str, Any], command: str = "check") -> str:
    """The message with which a changed study is refused, its folder's name left out."""
    file = tmp_path / "study.yaml"
    file.write_text(yaml.safe_dump(STUDY | change))
    assert main([command, str(file), "--results", str(tmp_path / "results")]) == 2
    told = capsys.readouterr().err
    assert "Traceback" not in told
    return told.replace(str(tmp_path), "…")


def test_missing_inception_weights_are_told_before_training(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LATENTDIM_INCEPTION", str(tmp_path / "weights.pth"))
    told = refused(tmp_path, capsys, {"metrics": ["fid"]})
    assert "grid.0: metric 'fid': LATENTDIM_INCEPTION = '…/weights.pth': there is no such file" in told


def grid(**change: Any) -> dict[str, Any]:
    return {"grid": [STUDY["grid"][0] | change]}


METHODS = "ard_vae, constant, maskaae, noise, oracle, pca, vae, wae_mmd"

MISTAKES = {
    "unknown method": (
        grid(methods={"ard_vea": {}}),
        f"grid.0.methods.ard_vea: not a method; did you mean 'ard_vae'? (known: {METHODS})",
    ),
    "unknown dataset": (grid(datasets=["digit"]), "grid.0.datasets.0 = 'digit': not a dataset; did you mean 'digits'?"),
    "unknown metric": (
        {"metrics": ["mse_per_pixle"]},
        "metrics.0 = 'mse_per_pixle': not a metric; did you mean 'mse_per_pixel'?",
    ),
    "unknown key in a method": (
        grid(methods={"vae": {"bta": 4.0}}),
        "grid.0.methods.vae.bta: unknown key; did you mean 'beta'? (known: beta)",
    ),
    "unknown key in the study": ({"metricks": []}, "metricks: unknown key; did you mean 'metrics'?"),
    "unknown key in the grid": (grid(dim=[2]), "grid.0.dim: unknown key; did you mean 'dims'?"),
    "unknown key in the protocol": (
        {"protocol": {"training": {"step": 10, "steps": 10}}},
        "protocol.training.step: unknown key; did you mean 'steps'?",
    ),
    "unknown key in the network": (
        {"protocol": {"training": {"steps": 10, "network": {"name": "mlp", "hiden": [10]}}}},
        "protocol.training.network.hiden: unknown key; did you mean 'hidden'?",
    ),
    "unknown key laid over the protocol": (
        grid(protocol={"evaluation": {"axis": "all"}}),
        "grid.0.protocol.evaluation.axis: unknown key; did you mean 'axes'?",
    ),
    "unknown value": (
        grid(protocol={"evaluation": {"axes": "actve"}}),
        "grid.0.protocol.evaluation.axes = 'actve': should be 'all', 'active' or 'jacobian'",
    ),
    "unknown exhibit": (
        {"exhibits": [{"kind": "curv", "name": "a"}]},
        "exhibits.0.kind = 'curv': not an exhibit; did you mean 'curve'?",
    ),
    "wrong type": (grid(dims=["8"]), "grid.0.dims.0 = '8': should be a valid integer"),
    "true is not a number": (grid(dims=[True]), "grid.0.dims.0 = True: should be a valid integer"),
    "out of range": (grid(dims=[8, -16]), "grid.0.dims.1 = -16: should be greater than or equal to 1"),
    "no seeds": (grid(seeds=0), "grid.0.seeds = 0: should be greater than or equal to 1"),
    "empty grid": ({"grid": []}, "grid: must not be empty"),
    "empty dimensions": (grid(dims=[]), "grid.0.dims: must not be empty"),
    "no length": ({"protocol": {"training": {}}}, "protocol.training: give exactly one of 'epochs' and 'steps'"),
    "duplicate runs": (grid(dims=[2, 2]), "seed0 is asked for 2 times; each must appear once"),
    "two settings in one row": (
        {"grid": [STUDY["grid"][0], STUDY["grid"][0] | {"methods": {"vae": {"beta": 2.0}}}]},
        "grid: 'vae' on 'digits' at L = 2 has 2 different settings; give the grid entries different 'label's",
    ),
    "L above the number of input values": (
        grid(dims=[65]),
        "grid.0.dims = 65: 'vae' takes at most the 64 input values of 'digits'",
    ),
    "no factors": (
        grid(methods={"oracle": {}}),
        "grid.0.methods.oracle: needs a dataset with known factors; 'digits' has none",
    ),
    "a batch larger than the data": (
        grid(protocol={"training": {"batch_size": 5000}}),
        "fewer than protocol.training.batch_size = 5000",
    ),
    "a best checkpoint of a method without a validation loss": (
        grid(
            methods={"maskaae": {}},
            protocol={"training": {"n_validation": 100}, "evaluation": {"checkpoint": "best"}},
        ),
        "grid.0.methods.maskaae: has no validation loss to choose the 'best' checkpoint by; use 'last'",
    ),
    "a best checkpoint before the first epoch ends": (
        {"protocol": {"training": {"steps": 3, "n_validation": 100}, "evaluation": {"checkpoint": "best"}}},
        "grid.0: 3 steps are less than an epoch, so there is no 'best' checkpoint; use 'last'",
    ),
    "settings that a method can't work with": (
        grid(methods={"ard_vae": {"n_alpha": 1430}}),
        "grid.0.methods.ard_vae.n_alpha = 1430: leaves fewer than one batch of 16 of the 1438 training examples",
    ),
    "a likelihood that a method can't work with": (
        grid(methods={"maskaae": {"reconstruction": "bce"}}),
        "grid.0.methods.maskaae.reconstruction = 'bce': needs protocol.training.network.output 'sigmoid'",
    ),
    "no metric that is defined for the data": (
        {"metrics": ["frechet_distance"]},
        "grid.0: none of the metrics asked for is defined for 'digits' (images)",
    ),
    "a registered dataset's name for other data": (
        {"datasets": {"synthetic_8": {"kind": "digits"}}},
        "datasets.synthetic_8: 'synthetic_8' is the name of a registered dataset; call yours something else",
    ),
    "a network for other images": (
        grid(protocol={"training": {"network": {"name": "ard_conv", "filters": [4, 4]}}}),
        "grid.0 ('digits'): protocol.training.network.decoder_side = 2 makes 32×32 images, but they are 8×8",
    ),
    "a missing data folder": (
        {"datasets": {"mine": {"kind": "image_folder", "path": "no/such/folder"}}} | grid(datasets=["mine"]),
        "no/such/folder",
    ),
    "an unknown kind of dataset": (
        {"datasets": {"mine": {"kind": "image_foler", "path": "x"}}} | grid(datasets=["mine"]),
        "datasets.mine.kind = 'image_foler': not a kind of dataset; did you mean 'image_folder'?",
    ),
    "an unknown option of a dataset": (
        {"datasets": {"mine": {"kind": "image_folder", "pat": "x", "path": "x"}}} | grid(datasets=["mine"]),
        "datasets.mine.pat: unknown key; did you mean 'path'?",
    ),
}


@pytest.mark.parametrize(("change", "told"), MISTAKES.values(), ids=list(MISTAKES))
def test_a_mistake_is_refused_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: dict[str, Any], told: str
) -> None:
    message = refused(tmp_path, capsys, change)
    assert message.startswith("…/study.yaml has 1 problem:\n"), message
    assert told in message, message


def test_all_problems_are_told_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change = grid(methods={"vae": {"bta": 1.0}, "ard_vea": {}}, datasets=["digit"]) | {"metrics": ["mse"]}
    message = refused(tmp_path, capsys, change)
    assert message.startswith("…/study.yaml has 4 problems:\n")
    for word in ("bta", "ard_vea", "digit", "mse"):
        assert word in message


def test_faults_of_form_and_unknown_names_are_told_together(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change = grid(dims=[-1], methods={"ard_vea": {}}, seed=3) | {"scale": "huge", "metrics": ["mse"]}
    message = refused(tmp_path, capsys, change)
    for word in ("grid.0.dims.0 = -1", "ard_vea", "grid.0.seed: unknown key", "scale = 'huge'", "metrics.0 = 'mse'"):
        assert word in message, message
    assert message.startswith("…/study.yaml has 5 problems:\n"), message


def test_a_folder_without_images_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "pictures").mkdir()
    change = {"datasets": {"mine": {"kind": "image_folder", "path": str(tmp_path / "pictures")}}} | grid(
        datasets=["mine"]
    )
    assert "…/pictures" in refused(tmp_path, capsys, change)


def test_a_results_folder_that_cant_be_written_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "results").write_text("a file in its place")
    message = refused(tmp_path, capsys, {})
    assert "results folder '…/results': can't be written (File exists)" in message
    assert "--results" in message


def test_a_full_disk_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr("latentdim.preflight.shutil.disk_usage", lambda path: usage._replace(free=10_000_000))
    message = refused(tmp_path, capsys, {})
    assert "MB are needed and 10 MB are free on its disk" in message


@pytest.mark.parametrize("text", ["title: [unclosed", "- a list", "title: a\ntitle: b\n", "\x00"])
def test_a_file_that_is_no_study_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    (tmp_path / "study.yaml").write_text(text)
    assert main(["check", str(tmp_path / "study.yaml")]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_a_misspelt_study_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "quickstrat"]) == 2
    assert "'quickstrat' is not a study; did you mean 'quickstart'?" in capsys.readouterr().err


def test_a_misspelt_option_on_the_command_line_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["plan", "quickstart", "--jsn"])
    assert stopped.value.code == 2
    assert "--jsn" in capsys.readouterr().err


def test_a_misspelt_setting_in_python_is_refused() -> None:
    from latentdim.protocol import Training
    from methods.vae import Config

    with pytest.raises(ValueError, match="bta"):
        Config(bta=2.0)  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="lerning_rate"):
        Training.model_validate({"steps": 1, "optimizer": {"lerning_rate": 0.1}})


def test_demanding_a_gpu_where_there_is_none_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    message = refused(tmp_path, capsys, {"execution": {"device": "cuda"}}, command="run")
    assert "execution.device = 'cuda': torch sees no CUDA device here" in message


def test_a_broken_method_folder_stops_only_who_names_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import methods

    (tmp_path / "more" / "half_written").mkdir(parents=True)
    (tmp_path / "more" / "half_written" / "__init__.py").write_text("from latentdim import Mthod\n")
    monkeypatch.setattr(methods, "__path__", [*methods.__path__, str(tmp_path / "more")])
    registry.methods.cache_clear()
    try:
        message = refused(tmp_path, capsys, grid(methods={"half_written": {}}))
        assert "grid.0.methods.half_written: not a method: its declaration can't be imported (ImportError" in message
        (tmp_path / "study.yaml").write_text(yaml.safe_dump(STUDY))
        assert main(["check", str(tmp_path / "study.yaml"), "--results", str(tmp_path / "results")]) == 0
    finally:
        monkeypatch.undo()
        registry.methods.cache_clear()


def test_a_report_that_cant_be_written_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(STUDY))
    (tmp_path / "reports").write_text("a file in its place")
    places = ["--results", str(tmp_path / "results"), "--reports", str(tmp_path / "reports")]
    assert main(["report", str(tmp_path / "study.yaml"), *places]) == 2
    assert "choose another with --reports" in capsys.readouterr().err
