"""Mistakes beside a study's keys: in its file, its places, the command line, and in Python."""

from collections.abc import Callable
from pathlib import Path

import pytest

from latentdim import registry
from latentdim.cli.main import main
from latentdim.study.file import parse_study
from latentdim.system.problems import InputError

Refused = Callable[..., str]


def test_missing_inception_weights_are_told_before_training(
    refused: Refused, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LATENTDIM_INCEPTION", str(tmp_path / "weights.pth"))
    told = refused({"metrics": ["fid"]})
    assert "grid.0: metric 'fid': LATENTDIM_INCEPTION = '…/weights.pth': there is no such file" in told


def test_a_folder_without_images_is_refused(refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    entry = {"datasets": ["mine"], "methods": {"vae": {}}, "dims": [2]}
    pictures = {"mine": {"kind": "image_folder", "path": str(tmp_path / "pictures")}}
    assert "…/pictures" in refused({"datasets": pictures, "grid": [entry]})


def test_a_results_folder_that_cant_be_written_is_refused(refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "results").write_text("a file in its place")
    message = refused({})
    assert "results folder '…/results': can't be written (File exists)" in message
    assert "--results" in message


def test_a_full_disk_is_refused(refused: Refused, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import shutil

    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr("latentdim.plan.preflight.shutil.disk_usage", lambda path: usage._replace(free=10_000_000))
    message = refused({})
    assert "MB are needed and 20 MB in reserve, but 10 MB are free on its disk" in message


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
    from latentdim.study.protocol import Training
    from methods.vae import Config

    with pytest.raises(ValueError, match="bta"):
        Config(bta=2.0)  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="lerning_rate"):
        Training.model_validate({"steps": 1, "optimizer": {"lerning_rate": 0.1}})


def test_demanding_a_gpu_where_there_is_none_is_refused(refused: Refused) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    message = refused({"execution": {"device": "cuda"}}, command="run")
    assert "execution.device = 'cuda': torch sees no CUDA device here" in message


def test_a_broken_method_folder_stops_only_who_names_it(
    refused: Refused, sound_study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import methods

    (tmp_path / "more" / "half_written").mkdir(parents=True)
    (tmp_path / "more" / "half_written" / "__init__.py").write_text("from latentdim import Mthod\n")
    (tmp_path / "more" / "says_nothing").mkdir()
    (tmp_path / "more" / "says_nothing" / "__init__.py").write_text('"""To do."""\n')
    monkeypatch.setattr(methods, "__path__", [*methods.__path__, str(tmp_path / "more")])
    registry.methods.cache_clear()
    try:
        message = refused({"grid": [{"datasets": ["digits"], "methods": {"half_written": {}}, "dims": [2]}]})
        assert "grid.0.methods.half_written: not a method: its declaration can't be used (ImportError" in message
        silent = refused({"grid": [{"datasets": ["digits"], "methods": {"says_nothing": {}}, "dims": [2]}]})
        assert "says_nothing: not a method: its declaration can't be used (its __init__.py holds no METHOD)" in silent
        assert main(["check", str(sound_study), "--results", str(tmp_path / "results")]) == 0
    finally:
        monkeypatch.undo()
        registry.methods.cache_clear()


def test_a_report_that_cant_be_written_is_refused(
    sound_study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "reports").write_text("a file in its place")
    places = ["--results", str(tmp_path / "results"), "--reports", str(tmp_path / "reports")]
    assert main(["report", str(sound_study), *places]) == 2
    assert "choose another with --reports" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["nope.yaml", "deep/nope", "nope.yml"])
def test_a_path_where_nothing_lies_is_told_as_such(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert main(["check", str(tmp_path / name)]) == 2
    told = capsys.readouterr().err
    assert f"'{tmp_path / name}': no such file" in told
    assert "is not a study" not in told


def test_a_path_of_something_else_is_told_as_such(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(tmp_path)]) == 2
    assert f"'{tmp_path}': not a study's file" in capsys.readouterr().err


def test_whole_numbers_with_an_exponent_are_whole_numbers(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("whole: [1e3, 1E1, -3e2, 1e+2]\nothers: [1e-3, 1.0, 1e400, 2.5e1]\n")
    read = parse_study(tmp_path / "a.yaml")
    assert [(type(value), value) for value in read["whole"]] == [(int, 1000), (int, 10), (int, -300), (int, 100)]
    assert [(type(value), value) for value in read["others"]] == [(float, x) for x in (1e-3, 1.0, float("inf"), 25.0)]


@pytest.mark.parametrize("key", ["NO", "on", "1e-3", "~"])
def test_a_key_that_is_no_text_to_yaml_is_refused(tmp_path: Path, key: str) -> None:
    (tmp_path / "a.yaml").write_text(f"title: A\ndatasets: {{{key}: {{kind: digits}}}}\n")
    with pytest.raises(InputError, match="is no text to YAML; put it in quotes"):
        parse_study(tmp_path / "a.yaml")
