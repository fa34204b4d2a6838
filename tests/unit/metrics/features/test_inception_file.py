"""The file of weights: where it is found, and every file that isn't it refused without being run."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import pickle
import sys
from pathlib import Path

import pytest
import torch

from latentdim.metrics import MetricUnavailable, inception_features
from latentdim.metrics.context import WeightsAbsent
from latentdim.metrics.features import inception, inception_file
from latentdim.metrics.features.inception_file import find, inception_weights
from latentdim.plan.inception_place import NAME
from latentdim.study.evaluation import Fid
from latentdim.system.seeds import stream

IMAGE = torch.zeros(1, 1, 8, 8, dtype=torch.uint8)


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder without weights, an empty hub, and no variables; downloads fail."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LATENTDIM_INCEPTION", raising=False)
    monkeypatch.delenv("LATENTDIM_DATA", raising=False)
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))

    def fails(*given: object, **more: object) -> None:
        raise OSError("no route to\nhost")

    monkeypatch.setattr(torch.hub, "download_url_to_file", fails)
    inception_file._downloaded.cache_clear()
    yield tmp_path
    inception_file._downloaded.cache_clear()


def put(path: Path, content: object = b"") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        torch.save(content, path)
    return path


def test_the_file_is_looked_for_in_the_told_order(nowhere, monkeypatch):
    places = [
        nowhere / "hub" / "checkpoints" / NAME,
        nowhere / "data" / NAME,
        nowhere / "mine" / NAME,
        nowhere / "any.pth",
    ]
    assert find() is None
    for place in places:
        put(place)
    assert find() == Path("data") / NAME
    monkeypatch.setenv("LATENTDIM_DATA", str(nowhere / "mine"))
    assert find() == places[2]
    monkeypatch.setenv("LATENTDIM_INCEPTION", str(places[3]))
    assert find() == places[3]
    monkeypatch.delenv("LATENTDIM_INCEPTION")
    places[2].unlink()
    places[1].unlink()
    assert find() == places[0]


def test_a_named_file_that_is_not_there_is_told(nowhere, monkeypatch):
    monkeypatch.setenv("LATENTDIM_INCEPTION", str(nowhere / "weihgts.pth"))
    put(nowhere / "weights.pth")
    with pytest.raises(
        MetricUnavailable, match=r"LATENTDIM_INCEPTION = .*there is no such file; did you mean .*weights"
    ):
        find()


def test_without_network_one_sentence_says_what_to_put_where(nowhere, capsys):
    for _ in range(2):
        with pytest.raises(MetricUnavailable) as told:
            inception_weights(None)
    assert str(told.value) == (
        f"Inception's weights couldn't be downloaded (no route to host); put '{NAME}' into 'data' or the folder named "
        "by LATENTDIM_DATA, or name the file by LATENTDIM_INCEPTION"
    )
    assert capsys.readouterr().err.count("downloading") == 1  # tried once a process


def test_offline_nothing_is_asked_for(nowhere, monkeypatch, capsys):
    monkeypatch.setenv("LATENTDIM_OFFLINE", "1")
    with pytest.raises(WeightsAbsent, match=r"Inception's weights couldn't be downloaded \(LATENTDIM_OFFLINE is set\)"):
        inception_weights(None)
    assert "downloading" not in capsys.readouterr().err


def test_the_download_is_checked_by_the_digest_in_its_name(nowhere, monkeypatch, inception_file):
    asked = []

    def arrives(url: str, target: str, *, hash_prefix: str) -> None:
        asked.append((url.rsplit("/", 1)[-1], target, hash_prefix))
        Path(target).symlink_to(inception_file)

    monkeypatch.setattr(torch.hub, "download_url_to_file", arrives)
    assert inception_weights(None).path == nowhere / "hub" / "checkpoints" / NAME
    assert asked == [(NAME, str(nowhere / "hub" / "checkpoints" / NAME), "6726825d")]


def test_without_torch_fidelity_one_sentence_says_what_to_install(nowhere, monkeypatch, inception_file):
    for module in ("torch_fidelity", "torch_fidelity.feature_extractor_inceptionv3"):
        monkeypatch.setitem(sys.modules, module, None)
    inception._layers.cache_clear()
    with pytest.raises(MetricUnavailable, match=r"pip install 'torch-fidelity"):
        inception_weights(None)  # which would download them from where torch-fidelity has them
    monkeypatch.setenv("LATENTDIM_INCEPTION", str(inception_file))
    with pytest.raises(MetricUnavailable, match=r"pip install 'torch-fidelity"):
        inception_features(IMAGE, Fid(layer=64))


def test_a_file_that_cannot_be_read_is_told(nowhere, monkeypatch):
    path = put(nowhere / "locked.pth", b"weights")
    monkeypatch.setenv("LATENTDIM_INCEPTION", str(path))
    for function in ("read_bytes", "stat"):
        with monkeypatch.context() as patch:
            patch.setattr(inception_file, "is_file", lambda path: True)
            patch.setattr(Path, function, locked)
            with pytest.raises(MetricUnavailable, match=r"locked.pth' can't be read \(Permission denied\)"):
                inception_weights(None)


def locked(*given: object, **more: object) -> None:
    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


class Trap:
    def __reduce__(self):
        return os.mkdir, ("sprung",)


@pytest.mark.parametrize("form", ["pickle", "zip", "tensor beside"])
def test_a_booby_trapped_file_is_refused_and_not_run(nowhere, monkeypatch, form):
    path = nowhere / "trap.pth"
    if form == "pickle":
        path.write_bytes(pickle.dumps(Trap(), protocol=2))
    else:
        torch.save(Trap() if form == "zip" else {"fc.weight": torch.zeros(3), "x": Trap()}, path)
    monkeypatch.setenv("LATENTDIM_INCEPTION", str(path))
    with pytest.raises(MetricUnavailable, match=r"trap.pth' is no file of weights, and nothing in it was run"):
        inception_features(IMAGE, Fid(layer=64))
    assert not (nowhere / "sprung").exists()
    with contextlib.suppress(RuntimeError):  # torch misses its own mark in the plain pickle, too late
        torch.load(path, weights_only=False)
    assert (nowhere / "sprung").exists()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is no file of weights"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "is no file of weights"),
        ([torch.zeros(3)], "holds other things than tensors by name"),
        ({"epoch": 3, "fc.weight": torch.zeros(3)}, "holds other things than tensors by name"),
        ({3: torch.zeros(3)}, "holds tensors without names"),
        ({"fc.weight": torch.tensor([float("nan")])}, "holds weights that are not finite"),
        ({"fc.weight": torch.zeros(3)}, "doesn't hold this network's weights"),
    ],
)
def test_what_holds_no_weights_of_this_network_is_refused_by_name(nowhere, monkeypatch, content, told):
    monkeypatch.setenv("LATENTDIM_INCEPTION", str(put(nowhere / "other.pth", content)))
    with pytest.raises(MetricUnavailable, match=rf"other.pth' {told}"):
        inception_features(IMAGE, Fid(layer=64))


def test_truncated_weights_are_refused(nowhere, monkeypatch, inception_file):
    half = inception_file.read_bytes()[: inception_file.stat().st_size // 2]
    monkeypatch.setenv("LATENTDIM_INCEPTION", str(put(nowhere / "half.pth", half)))
    with pytest.raises(MetricUnavailable, match=r"half.pth' is no file of weights"):
        inception_features(IMAGE, Fid(layer=64))


def test_every_damaged_file_is_refused_with_a_sentence_or_read_as_tensors(nowhere, monkeypatch):
    whole = put(nowhere / "whole.pth", {"fc.weight": torch.arange(40.0), "fc.bias": torch.ones(3)}).read_bytes()
    draw, refused = stream("damaged weights"), {}
    for number in range(200):
        damaged = bytearray(whole[: draw.integers(1, len(whole) + 1)] if number % 2 else whole)
        for place in draw.integers(0, len(damaged), size=draw.integers(1, 30)):
            damaged[place] = draw.integers(0, 256)
        monkeypatch.setenv("LATENTDIM_INCEPTION", str(put(nowhere / f"{number}.pth", bytes(damaged))))
        try:
            inception_weights(None)
        except MetricUnavailable as told:
            refused[number] = str(told)
    assert len(refused) > 100
    assert [number for number, told in refused.items() if f"{number}.pth' " not in told] == []


def test_another_layer_of_the_network_s_shape_is_refused(nowhere, monkeypatch, inception_file):
    state = torch.load(inception_file, weights_only=True)
    state["Mixed_5b.branch1x1.conv.weight"] = torch.zeros(1, 2)
    monkeypatch.setenv("LATENTDIM_INCEPTION", str(put(nowhere / "odd.pth", state)))
    with pytest.raises(MetricUnavailable, match=r"odd.pth' doesn't hold this network's weights: .*Mixed_5b"):
        inception_features(IMAGE, Fid(layer=64))


def test_the_digest_is_the_file_s_and_is_compared_with_the_configured_one(named_inception):
    digest = hashlib.sha256(named_inception.read_bytes()).hexdigest()
    assert inception_weights(None).sha256 == inception_weights(digest).sha256 == digest
    with pytest.raises(MetricUnavailable, match=rf"SHA-256 {digest}, but evaluation.fid.weights_sha256 is {'0' * 64}"):
        inception_weights("0" * 64)


def test_a_file_put_in_another_s_place_is_read_anew(nowhere, monkeypatch):
    path = put(nowhere / "weights.pth", {"a": torch.zeros(3)})
    monkeypatch.setenv("LATENTDIM_INCEPTION", str(path))
    first = inception_weights(None)
    assert inception_weights(None) is first
    put(path, {"a": torch.ones(300)})
    assert inception_weights(None).state["a"].tolist() == [1.0] * 300


@pytest.mark.parametrize("digit", ["0", "f"])
def test_a_file_with_another_digest_than_the_studys_is_refused(named_inception, digit):
    with pytest.raises(MetricUnavailable, match=rf"but evaluation\.fid\.weights_sha256 is {digit * 64}$"):
        inception_weights(digit * 64)
    assert inception_weights(None).sha256 == hashlib.sha256(named_inception.read_bytes()).hexdigest()
