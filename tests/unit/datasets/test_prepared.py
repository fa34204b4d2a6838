"""Preparing once: whole or not at all, by one process, and again when the source changed."""

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from latentdim.datasets import prepared
from latentdim.datasets.prepared import Writer, description, prepare, refusal_file, refusal_of
from latentdim.system.problems import DataRefused

VARYING = np.eye(10, 3)
SMALL = {"n": 2, "n_train": 50, "n_test": 20}

# Prepares the small synthetic set into the folder "results"; what happens on the way is filled in.
SCRIPT = """
import os, signal, sys, time
from pathlib import Path
from latentdim import registry
from latentdim.system import leases
from latentdim.datasets import prepared, synthetic
from latentdim.registry.declarations import resolve
from latentdim.datasets.spec import DatasetSpec

kind = registry.datasets().get("synthetic")
options = kind.options(n=2, n_train=50, n_test=20)
spec = DatasetSpec("mine", kind, options, resolve(kind.inspect)(options))
leases.POLL_SECONDS = 0.05
original = synthetic.codes

def codes(options, part):
    if part == "test":
        {interruption}
    yield from original(options, part)

synthetic.codes = codes
print(prepared.prepare(spec, Path("results"))["digest"])
"""


def started(interruption: str) -> subprocess.Popen[str]:
    """A process that prepares and does something unexpected on the way."""
    command = [sys.executable, "-c", SCRIPT.format(interruption=interruption)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_it_is_prepared_once(shelf, monkeypatch):
    spec = shelf.spec("synthetic", **SMALL)
    first = prepare(spec, shelf.results)
    monkeypatch.setattr("latentdim.datasets.synthetic.prepare", lambda *_: pytest.fail("prepared again"))
    assert prepare(spec, shelf.results) == first
    assert description(spec.folder(shelf.results)) == first


def test_the_description_tells_what_there_is(shelf):
    found = shelf.prepare("synthetic", **SMALL)
    assert (found["shape"], found["dtype"], found["n_train"], found["n_test"]) == ([128], "float32", 50, 20)
    assert (found["name"], found["kind"], found["fingerprint"]) == ("mine", "synthetic", "constant")
    assert set(found["files"]) == {"train.npy", "test.npy", "train_factors.npy", "test_factors.npy"}


@pytest.mark.parametrize("name", ["synthetic", "digits"])
def test_the_expected_disk_space_is_what_it_takes(shelf, name):
    spec = shelf.spec(name, **({"n": 9, "n_train": 500, "n_test": 100} if name == "synthetic" else {}))
    prepare(spec, shelf.results)
    taken = sum(path.stat().st_size for path in spec.folder(shelf.results).glob("*.npy")) / 1e6
    assert spec.info.prepared_mb == pytest.approx(taken, rel=0.02)


@pytest.mark.parametrize("damage", ["a missing array", "a shorter array", "a missing description"])
def test_a_damaged_preparation_is_done_again(shelf, damage):
    spec = shelf.spec("synthetic", **SMALL)
    first, folder = prepare(spec, shelf.results), spec.folder(shelf.results)
    if damage == "a missing description":
        (folder / "data.json").unlink()
    elif damage == "a missing array":
        (folder / "test.npy").unlink()
    else:
        os.truncate(folder / "train.npy", 1000)
    assert description(folder) is None
    assert prepare(spec, shelf.results) == first
    assert len(np.load(folder / "train.npy")) == 50


def test_a_refusal_is_written_and_goes_away_once_the_data_are_mended(shelf, tmp_path):
    np.save("x.npy", np.full((10, 3), np.nan))
    spec = shelf.spec("npy", path="x.npy")
    assert refusal_of(spec, shelf.results) is None
    with pytest.raises(DataRefused) as refusal:
        prepare(spec, shelf.results)
    assert refusal_of(spec, shelf.results) == str(refusal.value)
    assert shelf.leftovers() == []
    np.save("x.npy", VARYING)
    mended = shelf.spec("npy", path="x.npy")
    assert refusal_of(mended, shelf.results) is None  # it was about other content
    prepare(mended, shelf.results)
    assert not refusal_file(mended.folder(shelf.results)).exists()


def test_a_source_gone_bad_leaves_the_old_arrays_and_refuses(shelf):
    np.save("x.npy", VARYING)
    good = shelf.spec("npy", path="x.npy")
    prepare(good, shelf.results)
    np.save("x.npy", np.full((10, 3), np.nan))
    bad = shelf.spec("npy", path="x.npy")
    for _ in range(2):
        with pytest.raises(DataRefused):
            prepare(bad, shelf.results)
    assert refusal_of(bad, shelf.results)
    assert description(good.folder(shelf.results))["fingerprint"] == good.info.fingerprint


def test_readers_of_the_old_arrays_keep_them_when_new_ones_take_their_place(shelf):
    np.save("x.npy", VARYING)
    spec = shelf.spec("npy", path="x.npy")
    first = prepare(spec, shelf.results)
    held = np.load(spec.folder(shelf.results) / "train.npy", mmap_mode="r")
    np.save("x.npy", np.tile(VARYING + 2, (2, 1)))
    second = prepare(shelf.spec("npy", path="x.npy"), shelf.results)
    assert second["digest"] != first["digest"]
    assert held.max() == 1
    assert np.load(spec.folder(shelf.results) / "train.npy").min() == 2
    folders = [path.name for path in spec.folder(shelf.results).parent.iterdir() if path.is_dir()]
    assert folders == [spec.key]


def test_a_source_that_changes_while_it_is_prepared_is_refused(shelf):
    np.save("x.npy", VARYING)
    planned = shelf.spec("npy", path="x.npy")
    np.save("x.npy", np.tile(VARYING, (3, 1)))
    with pytest.raises(DataRefused, match="the source's files changed between planning and preparing; start again"):
        prepare(planned, shelf.results)
    assert shelf.leftovers() == []


def test_a_source_that_vanishes_after_planning_is_refused(shelf):
    np.save("x.npy", VARYING)
    planned = shelf.spec("npy", path="x.npy")
    Path("x.npy").unlink()
    with pytest.raises(DataRefused, match=r"path = 'x\.npy': there is no such file"):
        prepare(planned, shelf.results)


def test_a_killed_preparation_is_harmless(shelf, tmp_path):
    killed = started("os.kill(os.getpid(), signal.SIGKILL)")
    assert killed.wait(timeout=60) == -signal.SIGKILL
    spec = shelf.spec("synthetic", **SMALL)
    assert description(spec.folder(shelf.results)) is None
    assert any(".preparing" in name for name in shelf.leftovers())
    found = prepare(spec, shelf.results)
    assert not any(".preparing" in name for name in shelf.leftovers())
    assert found["digest"] == type(shelf)(tmp_path / "elsewhere").prepare("synthetic", **SMALL)["digest"]


def test_an_interrupted_preparation_leaves_nothing(shelf):
    # Whoever runs the tests in the background hands down an ignored SIGINT.
    heard = "signal.signal(signal.SIGINT, signal.default_int_handler)"
    stopped = started(f"{heard}; os.kill(os.getpid(), signal.SIGINT); time.sleep(30)")
    assert stopped.wait(timeout=60) != 0
    assert shelf.leftovers() == []
    assert not refusal_file(shelf.spec("synthetic", **SMALL).folder(shelf.results)).exists()


def test_of_two_processes_one_prepares_and_the_other_waits(shelf):
    # The first stands still in the middle until the second has said that it waits.
    first = started("Path('began').touch()\n        while not Path('go').exists(): time.sleep(0.02)")
    while not Path("began").exists():
        assert first.poll() is None
        time.sleep(0.02)
    second = started("raise AssertionError('prepared twice')")
    assert f"mine is being prepared: held by process {first.pid} on " in second.stderr.readline()
    Path("go").touch()
    told = [process.communicate(timeout=60)[0] for process in (first, second)]
    assert [first.returncode, second.returncode] == [0, 0]
    assert set(told) == {shelf.prepare("synthetic", **SMALL)["digest"] + "\n"}


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_a_sentence(shelf, monkeypatch, number):
    def full(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(DataRefused) as refusal:
        shelf.prepare("synthetic", **SMALL)
    assert str(refusal.value) == f"no room left in '{shelf.results}/data/mine': preparing takes about 0 MB"
    assert shelf.leftovers() == []


def test_room_for_an_array_is_taken_before_it_is_filled(tmp_path):
    Writer(tmp_path).array("train", shape=(1000, 1000), dtype=np.uint8)
    assert (tmp_path / "train.npy").stat().st_blocks * 512 >= 1_000_000


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"train": np.ones((4, 2), np.float32)}, "the arrays 'train' and 'test' are wanted"),
        ({"train": np.ones((4, 2), np.float32), "test": np.ones((2, 3), np.float32)}, "parts don't match"),
        ({"train": np.ones((4, 2)), "test": np.ones((2, 2))}, "parts don't match"),
        (
            {"train": np.ones((4, 2), np.float32), "test": np.ones((2, 2), np.float32), "train_labels": np.arange(3)},
            "the array 'train_labels'",
        ),
    ],
)
def test_a_datasets_code_that_breaks_the_contract_fails_loudly(shelf, monkeypatch, arrays, sentence):
    def faulty(options, writer):
        for name, values in arrays.items():
            writer.save(name, values)

    monkeypatch.setattr("latentdim.datasets.synthetic.prepare", faulty)
    with pytest.raises(DataRefused, match=f"preparing '.*' failed, ValueError: {sentence}"):
        shelf.prepare("synthetic", **SMALL)
    assert shelf.leftovers() == []


def test_nan_in_prepared_arrays_is_refused_whoever_wrote_them(shelf, monkeypatch):
    def faulty(options, writer):
        writer.save("train", np.ones((50, 128), np.float32))
        writer.save("test", np.full((20, 128), np.nan, np.float32))

    monkeypatch.setattr("latentdim.datasets.synthetic.prepare", faulty)
    monkeypatch.setattr(prepared, "HASH_CHUNK", 1000)
    with pytest.raises(DataRefused, match="the prepared array 'test' holds NaN or infinity"):
        shelf.prepare("synthetic", **SMALL)


def test_the_digest_covers_values_names_shapes_and_types(shelf, monkeypatch):
    base = {"train": np.eye(4, 6, dtype=np.float32), "test": np.zeros((2, 6), np.float32)}
    changed = base["train"].copy()
    changed[3, 5] = 1
    variants = [
        base,
        base | {"train": changed},
        base | {"train_labels": np.zeros(4, np.int64)},
        base | {"train_factors": np.zeros((4, 2), np.float32)},
        base | {"train_factors": np.zeros((4, 1), np.float64)},
    ]
    digests = []
    for arrays in variants:
        folder = shelf.results / str(len(digests))
        folder.mkdir(parents=True)
        for name, values in arrays.items():
            np.save(folder / f"{name}.npy", values)
        digests.append(prepared.describe(folder)["digest"])
    assert len(set(digests)) == len(variants)


def test_the_description_has_the_range_of_all_values_and_the_variance_of_those_trained_on(shelf):
    train, test = np.array([[0.0, 1.0], [2.0, 1.0]]), np.array([[-3.0, 5.0]])
    np.savez("x.npz", train=train, test=test)
    described = shelf.prepare("npz", path="x.npz")
    assert described["range"] == [-3.0, 5.0]
    assert described["variance"] == pytest.approx(train.var(axis=0).mean())
    np.save("x.npy", np.stack([np.zeros((2, 3), np.uint8), np.full((2, 3), 51, np.uint8)] * 10))
    images = shelf.prepare("npy", path="x.npy", test_fraction=0.5)
    trained_on = np.load(shelf.spec("npy", path="x.npy", test_fraction=0.5).folder(shelf.results) / "train.npy")
    assert images["range"] == [0.0, 0.2]
    assert images["variance"] == pytest.approx((trained_on / 255).var(axis=0).mean())


@pytest.mark.parametrize(
    "values", [np.full((60, 20), 0.5), np.tile(np.arange(5.0), (60, 1)), np.full((60, 4), 1e6) + 1e-3 * np.eye(60, 4)]
)
def test_examples_that_are_all_equal_are_refused(shelf, values):
    np.save("x.npy", values.astype(np.float32))
    with pytest.raises(DataRefused, match="all 60 examples are equal, so nothing can be learned from them"):
        shelf.prepare("npy", path="x.npy")


def test_equal_training_examples_beside_other_held_out_ones_are_told(shelf):
    np.savez("x.npz", train=np.full((40, 3), 0.1), test=np.full((20, 3), 0.8))
    assert shelf.prepare("npz", path="x.npz")["variance"] == 0.0


def test_values_that_hardly_vary_are_no_constants(shelf):
    values = 1 + 1e-5 * np.random.default_rng(0).normal(size=(60, 4))
    np.save("x.npy", values)
    assert shelf.prepare("npy", path="x.npy")["variance"] == pytest.approx(1e-10, rel=0.3)


def test_a_disk_full_to_the_last_byte_is_a_refusal(shelf, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("latentdim.datasets.prepared.write_json", full)
    monkeypatch.setattr("latentdim.datasets.synthetic.prepare", full)
    with pytest.raises(DataRefused, match="no room left in"):
        shelf.prepare("synthetic", **SMALL)
    assert shelf.leftovers() == []
