"""What is amiss with a user's file of Inception's weights is told while planning, where the study needs them."""

import hashlib
from pathlib import Path

import pytest

from latentdim.evaluation import Evaluation
from latentdim.metrics.inception_place import NAME, VARIABLE, distribution_misfits, fid_misfits, laid_down


@pytest.fixture(autouse=True)
def nothing_laid_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in (VARIABLE, "LATENTDIM_DATA"):
        monkeypatch.delenv(name, raising=False)


def pinned(digest: str) -> Evaluation:
    return Evaluation.model_validate({"fid": {"weights_sha256": digest}})


def test_nothing_is_told_where_the_weights_may_still_be_downloaded() -> None:
    assert laid_down() is None
    assert list(fid_misfits(pinned("0" * 64), "images", None)) == []


def test_a_named_file_that_isnt_there_is_told_with_its_nearest_name(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("inception.pth").write_bytes(b"weights")
    monkeypatch.setenv(VARIABLE, str(Path("incepton.pth").resolve()))
    (told,) = fid_misfits(Evaluation(), "images", None)
    assert told.startswith(f"{VARIABLE} = ")
    assert "there is no such file" in told
    assert "inception.pth" in told


def test_a_file_of_another_digest_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"weights")
    monkeypatch.setenv("LATENTDIM_DATA", str(tmp_path))
    found = hashlib.sha256(b"weights").hexdigest()
    assert list(fid_misfits(pinned(found), "images", None)) == []
    (told,) = fid_misfits(pinned("0" * 64), "images", None)
    assert told == f"'{tmp_path / NAME}' has the SHA-256 {found}, but evaluation.fid.weights_sha256 is {'0' * 64}"


def test_only_who_needs_inception_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "/nowhere/weights.pth")
    raw = Evaluation.model_validate({"distribution": {"features": "raw"}})
    assert list(distribution_misfits(raw, "images", None)) == []
    assert list(distribution_misfits(Evaluation(), "vectors", None)) == []
    assert len(list(distribution_misfits(Evaluation(), "images", None))) == 1


def test_features_that_cant_be_had_of_such_examples_are_told() -> None:
    domain = Evaluation.model_validate({"distribution": {"features": "domain"}})
    assert list(distribution_misfits(domain, "images", 2)) == []
    for kind, n_classes, word in (("vectors", 2, "is for images"), ("images", None, "none"), ("images", 1, "has 1")):
        (told,) = distribution_misfits(domain, kind, n_classes)
        assert word in told
