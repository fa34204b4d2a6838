"""What `check` tells of the data: by headers, by all contents with `--data`, and where no decoder can reach them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from PIL import Image

from latentdim.cli.main import main
from latentdim.datasets.spec import NAME

Checked = Callable[..., tuple[int, str, str]]


@pytest.fixture
def checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Checked:
    """Checks a study of one dataset in the test's own folder; returns exit code, output and refusals."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LATENTDIM_DATA", raising=False)

    def check(
        *options: str, name: str = "mine", output: str = "linear", method: str = "vae",
        training: dict[str, Any] | None = None, **dataset: Any,
    ) -> tuple[int, str, str]:  # fmt: skip
        network = {"name": "mlp", "hidden": [8], "output": output}
        study = {
            "title": "Mine",
            "datasets": {name: dataset},
            "protocol": {"training": {"network": network, "batch_size": 4, "steps": 5, **(training or {})}},
            "metrics": ["mse_per_pixel"],
            "grid": [{"datasets": [name], "methods": {method: None}, "dims": [2]}],
        }
        Path("study.yaml").write_text(yaml.safe_dump(study))
        code = main(["check", *options, "study.yaml", "--results", "results"])
        told = capsys.readouterr()
        return code, told.out, told.err

    return check


def pictures(folder: str, count: int = 10) -> None:
    Path(folder).mkdir(parents=True)
    for index in range(count):
        values = np.random.default_rng(index).integers(0, 256, (6, 6, 3), dtype=np.uint8)
        Image.fromarray(values).save(f"{folder}/{index}.png")


def test_headers_are_told_before_and_after_preparing(checked: Checked) -> None:
    pictures("in")
    Path("in/notes.txt").write_text("")
    split = "test part: 1 of 10 files, drawn at random"
    note = f"note: line 2: dataset 'mine': 10 pictures: 10 RGB. {split}. left out: other files, 1 '.txt'\n"
    given = {"kind": "image_folder", "path": "in"}
    assert checked(**given) == (0, f"study.yaml: 1 run, no problems\n{note}", "")
    code, out, _ = checked("--data", **given)
    assert (code, out.count(note), out.count("note: line 2: dataset 'mine': values from 0 to 1, of variance 0.0")) == (
        0,
        1,
        1,
    )
    assert checked(**given)[1] == out


def test_headers_are_read_by_check_alone(checked: Checked, monkeypatch: pytest.MonkeyPatch) -> None:
    pictures("in")
    checked("--data", kind="image_folder", path="in")
    monkeypatch.setattr("latentdim.datasets.image_folder.check", lambda *_: pytest.fail("read headers again"))
    assert checked(kind="image_folder", path="in")[0] == 0
    shutil.rmtree("results")
    assert main(["plan", "study.yaml", "--results", "results"]) == 0


def test_what_headers_tell_is_refused_and_what_they_do_not_is_told_once_known(checked: Checked) -> None:
    pictures("in")
    given = {"kind": "image_folder", "path": "in"}
    content = Path("in/3.png").read_bytes()
    Path("in/3.png").write_bytes(content[:-60])
    assert checked(**given)[0] == 0
    code, _, told = checked("--data", **given)
    assert (code, "dataset 'mine': 'in/3.png': can't be decoded" in told) == (2, True)
    code, out, _ = checked(**given)
    assert (code, "refused when it was to be prepared: 'in/3.png'" in out) == (0, True)
    Image.fromarray(np.zeros((6, 6), np.uint16)).save("in/3.png")
    code, _, told = checked(**given)
    assert (code, "'in/3.png': holds 16 bits a channel (grey); pictures are kept in 8 bits" in told) == (2, True)


@pytest.mark.parametrize(
    ("output", "training", "sentence"),
    [
        ("sigmoid", {}, "network.output 'sigmoid' reaches only 0 … 1; use network.output 'linear', or rescale"),
        ("tanh", {}, "network.output 'tanh' reaches only -1 … 1; use network.output 'linear', or rescale the data"),
        (
            "sigmoid", {"likelihood": "bernoulli"},
            "likelihood 'bernoulli' reaches only 0 … 1; use likelihood 'gaussian' with network.output 'linear', or "
            "rescale the data",
        ),
    ],
)  # fmt: skip
def test_values_out_of_the_decoders_reach_are_refused_once_known(
    checked: Checked, output: str, training: dict[str, Any], sentence: str
) -> None:
    values = np.linspace(-2, 3, 200).reshape(40, 5)
    np.save("x.npy", values)
    given = {"kind": "npy", "path": "x.npy", "output": output, "training": training}
    assert checked(**given)[0] == 0  # nobody has looked yet
    for options in (["--data"], []):
        code, _, told = checked(*options, **given)
        assert (code, f"the values of 'mine' go from -2 to 3, but {sentence}" in told) == (2, True)
    assert checked(**given | {"output": "linear", "training": {}})[0] == 0
    assert checked(**given, method="pca")[0] == 0  # which brings its own decoder


@pytest.mark.parametrize(("output", "low", "high"), [("sigmoid", 0, 1), ("tanh", -1, 1), ("sigmoid", 0, 1 + 1e-7)])
def test_values_within_reach_pass(checked: Checked, output: str, low: float, high: float) -> None:
    np.save("x.npy", np.linspace(low, high, 200).reshape(40, 5))
    assert checked("--data", kind="npy", path="x.npy", output=output)[0] == 0


def test_equal_examples_are_refused(checked: Checked) -> None:
    np.save("x.npy", np.full((60, 20), 0.5))
    code, _, told = checked("--data", kind="npy", path="x.npy")
    assert (code, "dataset 'mine': all 60 examples are equal, so nothing can be learned" in told) == (2, True)


def test_a_data_folder_that_is_not_there_is_told_whoever_needs_it(
    checked: Checked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.save("x.npy", np.eye(40, 5))
    for folder, told in (("nowhere", True), (".", False)):
        monkeypatch.setenv("LATENTDIM_DATA", str(tmp_path / folder))
        code, out, _ = checked(kind="npy", path="x.npy")
        sentence = f"note: LATENTDIM_DATA = '{tmp_path / folder}': there is no such folder"
        assert (code, sentence in out) == (0, told)


@pytest.mark.parametrize(
    ("name", "passes"),
    [("mine", True), ("my-data_2", True), ("2nd", True), ("für_mich", False), ("数", False), ("-x", False),
     ("_x", False), ("a b", False), ("a.b", False), ("a/b", False), ("synthetic_٨", False), ("", False)],
)  # fmt: skip
def test_names_pass_the_check_as_they_pass_the_workflow(checked: Checked, name: str, passes: bool) -> None:
    np.save("x.npy", np.eye(40, 5))
    code, _, told = checked(name=name, kind="npy", path="x.npy")
    assert code == (0 if passes else 2)
    assert ("a dataset's name is letters" in told) is not passes


def test_the_workflow_has_the_same_rule() -> None:
    text = (Path(__file__).parents[3] / "Snakefile").read_text(encoding="utf-8")
    assert "dataset=DATASET_NAME," in text
    assert "from latentdim.datasets.spec import NAME as DATASET_NAME" in text
    assert NAME == "[A-Za-z0-9][A-Za-z0-9_-]*"


@pytest.mark.parametrize(
    ("options", "dataset", "sentence"),
    [
        ([], {"kind": "image_folder", "path": "nowhere"}, "path = 'nowhere': there is no such folder"),
        ([], {"kind": "image_folder", "path": "empty"}, "path = 'empty': no images in it or below"),
        ([], {"kind": "image_folder", "path": "parts"}, "path = 'parts': has the sub-folder 'train', but also"),
        ([], {"kind": "image_folder", "path": "damaged"}, "'damaged/3.png': is empty"),
        (["--data"], {"kind": "image_folder", "path": "damaged"}, "'damaged/3.png': is empty"),
        (["--data"], {"kind": "npy", "path": "wide.npy"}, "the values of 'mine' go from -2 to 3"),
        ([], {"kind": "mnist"}, "LATENTDIM_DATA = 'gone': there is no such folder"),
    ],
)
def test_what_is_wrong_with_a_dataset_stands_with_the_line_of_its_block(
    checked: Checked, monkeypatch: pytest.MonkeyPatch, options: list[str], dataset: dict[str, Any], sentence: str
) -> None:
    monkeypatch.setenv("LATENTDIM_DATA", "gone")
    for folder in ("parts/train", "parts/cats", "damaged"):
        pictures(folder)
    Path("empty").mkdir()
    Path("damaged/3.png").write_bytes(b"")
    values = np.random.default_rng(0).uniform(-1, 1, (60, 5)).astype(np.float32)
    values[0, 0], values[1, 0] = -2.0, 3.0
    np.save("wide.npy", values)
    code, _, told = checked(*options, output="sigmoid", **dataset)
    assert (code, f"\n  line 2: dataset 'mine': {sentence}" in told) == (2, True), told
