"""What is amiss with a user's file of Inception's weights is told while planning, where the study needs them."""

import errno
import hashlib
import os
from pathlib import Path

import pytest
import torch
import yaml

from latentdim.cli.main import main
from latentdim.plan import inception_place
from latentdim.plan.inception_place import (
    NAME,
    VARIABLE,
    distribution_compatibility,
    fid_compatibility,
    is_at_hand,
    laid_down,
    takes_inception,
    wrong_weights,
)
from latentdim.registry import metrics
from latentdim.study.evaluation import Evaluation


@pytest.fixture(autouse=True)
def nothing_laid_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in (VARIABLE, "LATENTDIM_DATA"):
        monkeypatch.delenv(name, raising=False)


def pinned(digest: str) -> Evaluation:
    return Evaluation.model_validate({"fid": {"weights_sha256": digest}})


def test_weights_are_at_hand_where_they_are_laid_down_or_in_torchs_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    assert not is_at_hand()
    cached = Path(torch.hub.get_dir()) / "checkpoints" / NAME
    cached.parent.mkdir(parents=True)
    cached.touch()
    assert is_at_hand()
    monkeypatch.setenv(VARIABLE, str(tmp_path / "nowhere.pth"))
    assert not is_at_hand()


def test_nothing_is_told_where_the_weights_may_still_be_downloaded() -> None:
    assert laid_down() is None
    assert list(fid_compatibility(pinned("0" * 64), "images", None)) == []


def test_a_named_file_that_isnt_there_is_told_with_its_nearest_name(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("inception.pth").write_bytes(b"weights")
    monkeypatch.setenv(VARIABLE, str(Path("incepton.pth").resolve()))
    (told,) = fid_compatibility(Evaluation(), "images", None)
    assert told.startswith(f"{VARIABLE} = ")
    assert "there is no such file" in told
    assert "inception.pth" in told


def test_a_file_of_another_digest_is_told_but_not_read_while_planning(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / NAME).write_bytes(b"weights")
    monkeypatch.setenv("LATENTDIM_DATA", str(tmp_path))
    found = hashlib.sha256(b"weights").hexdigest()
    assert list(wrong_weights(pinned(found))) == []
    (told,) = wrong_weights(pinned("0" * 64))
    assert told == f"'{tmp_path / NAME}' has the SHA-256 {found}, but evaluation.fid.weights_sha256 is {'0' * 64}"
    monkeypatch.setattr(Path, "open", lambda *given: pytest.fail("read while planning"))
    assert list(fid_compatibility(pinned("0" * 64), "images", None)) == []
    assert list(wrong_weights(Evaluation())) == []  # any file will do


@pytest.mark.parametrize("function", ["stat", "open"])
def test_a_file_that_cant_be_read_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, function: str) -> None:
    def locked(*given: object, **more: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setenv(VARIABLE, str(tmp_path / f"{function}.pth"))
    monkeypatch.setattr(inception_place, "is_file", lambda path: True)
    (tmp_path / f"{function}.pth").write_bytes(b"weights")
    monkeypatch.setattr(Path, function, locked)
    (told,) = wrong_weights(pinned("0" * 64))
    assert told == f"'{tmp_path / function}.pth' can't be read (Permission denied)"


@pytest.mark.parametrize(("metric", "refused"), [("fid", True), ("prd_recall", False)])
def test_a_study_with_another_file_than_it_wants_is_refused_before_it_runs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str], metric: str, refused: bool
) -> None:
    evaluation = {"fid": {"weights_sha256": "0" * 64}, "distribution": {"features": "raw"}}
    study = {
        "title": "Pinned", "metrics": [metric], "protocol": {"training": {"steps": 9}, "evaluation": evaluation},
        "grid": [{"datasets": ["digits"], "methods": {"vae": {}}, "dims": [2], "seeds": 1}],
    }  # fmt: skip
    (tmp_path / "pinned.yaml").write_text(yaml.safe_dump(study))
    (tmp_path / NAME).write_bytes(b"weights")
    monkeypatch.setenv("LATENTDIM_DATA", str(tmp_path))
    assert main(["plan", "pinned.yaml", "--results", "results"]) == 0
    assert main(["check", "pinned.yaml", "--results", "results"]) == (2 if refused else 0)
    assert ("evaluation.fid.weights_sha256 is 000" in capsys.readouterr().err) == refused


def test_metrics_that_take_inception_are_told_from_those_that_dont() -> None:
    raw, own = (Evaluation.model_validate({"distribution": {"features": name}}) for name in ("raw", "classifier"))
    taking = {
        evaluation: {metric.name for metric in metrics() if takes_inception(metric, evaluation, "images")}
        for evaluation in (Evaluation(), raw, own)
    }
    fids = {"fid", "fid_reconstruction"}
    chosen = {"prd_precision", "prd_recall", "improved_precision", "improved_recall"}
    assert taking == {Evaluation(): fids | chosen, raw: fids, own: fids}
    assert not any(takes_inception(metric, Evaluation(), "vectors") for metric in metrics())


def test_only_who_needs_inception_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "/nowhere/weights.pth")
    raw = Evaluation.model_validate({"distribution": {"features": "raw"}})
    assert list(distribution_compatibility(raw, "images", None)) == []
    assert list(distribution_compatibility(Evaluation(), "vectors", None)) == []
    assert len(list(distribution_compatibility(Evaluation(), "images", None))) == 1


def test_features_that_cant_be_had_of_such_examples_are_told() -> None:
    own = Evaluation.model_validate({"distribution": {"features": "classifier"}})
    assert list(distribution_compatibility(own, "images", 2)) == []
    for kind, n_classes, word in (("vectors", 2, "is for images"), ("images", None, "none"), ("images", 1, "has 1")):
        (told,) = distribution_compatibility(own, kind, n_classes)
        assert word in told
