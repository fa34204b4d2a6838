"""The order of prepared examples: random whatever the source, the same everywhere, and factors stay with examples."""

import os
import signal
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from latentdim.conformance.datasets import is_in_random_order
from latentdim.datasets import prepared
from latentdim.datasets.factor_spaces.prepared import prepared_space
from latentdim.datasets.prepared import description, permutation, prepare
from latentdim.datasets.spec import DatasetSpec
from latentdim.metrics.frechet.measure import frechet_distance
from latentdim.registry.declarations import Dataset, DatasetOptions, SourceInfo
from latentdim.system.seeds import stream

SIZES = {"shape": 3, "row": 4, "column": 5}
HELD_OUT = np.arange(60) % 6 == 0

# Prepares the file x.npz into the folder "results" and dies when the second array is about to be permuted.
KILLED = """
import os, signal
from pathlib import Path
from latentdim import registry
from latentdim.datasets import prepared
from latentdim.datasets.spec import DatasetSpec
from latentdim.registry.declarations import resolve

kind = registry.datasets().get("npz")
options = kind.options(path="x.npz")
original, asked = prepared.permutation, []

def permutation(part, n, **given):
    asked.append(part)
    if len(asked) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return original(part, n, **given)

prepared.permutation = permutation
prepared.prepare(DatasetSpec("mine", kind, options, resolve(kind.inspect)(options)), Path("results"))
"""


class NoOptions(DatasetOptions):
    """Nothing to choose."""


def in_order_of_levels(options, writer):
    """A factor space whose images hold the levels of their factors; every sixth is held out; the class is the shape."""
    levels = np.stack(np.unravel_index(np.arange(60), tuple(SIZES.values())), axis=1)
    for part, chosen in (("train", ~HELD_OUT), ("test", HELD_OUT)):
        writer.save(part, levels[chosen].astype(np.uint8)[:, None, None])
        writer.save(f"{part}_factors", levels[chosen].astype(np.float32))
        writer.save(f"{part}_labels", levels[chosen, 0])


@pytest.fixture
def factorial_set():
    """A dataset of images in the order of their factors."""
    kind = Dataset(
        name="planted", title="Planted", options=NoOptions, inspect="", prepare=f"{__name__}:in_order_of_levels",
        source="made up", licence="none",
    )  # fmt: skip
    return DatasetSpec(
        "mine", kind, NoOptions(), SourceInfo(shape=(1, 1, 3), n_train=50, n_factors=3, prepared_mb=0.01)
    )


def sorted_by_class(n, draw):
    """Vectors ``(10 n, 4)`` of ten classes, one after the other, each a unit Gaussian around 0, 1, … 9."""
    return np.repeat(np.arange(10.0), n)[:, None] + stream("order", "test", draw).normal(size=(10 * n, 4))


def test_the_first_examples_of_sorted_data_are_a_random_sample(shelf):
    train, test = sorted_by_class(1000, "train"), sorted_by_class(500, "test")
    np.savez("x.npz", train=train, test=test)
    arrays = shelf.arrays("npz", path="x.npz")
    first = arrays["train"][:1000]
    # What ARD-VAE's generation takes as an axis's variance: the second moment over the first examples (eq. 9).
    assert np.square(train[:1000]).mean() == pytest.approx(1.0, abs=0.1)
    assert np.square(first).mean() == pytest.approx(np.square(train).mean(), rel=0.1)
    # What a perfect generator would get as Fréchet distance: two real samples, one of them the first examples.
    assert frechet_distance(train[:1000], test) > 50
    assert frechet_distance(first, arrays["test"]) < 0.3
    assert frechet_distance(arrays["train"][-1000:], arrays["test"]) < 0.3  # a validation part


def test_factors_and_classes_stay_with_their_examples(shelf, factorial_set):
    prepare(factorial_set, shelf.results)
    folder = factorial_set.folder(shelf.results)
    arrays = {path.stem: np.load(path) for path in folder.glob("*.npy")}
    for part, n in (("train", 50), ("test", 10)):
        assert len(np.unique(arrays[part], axis=0)) == n
        np.testing.assert_array_equal(arrays[f"{part}_factors"], arrays[part].reshape(n, 3))
        np.testing.assert_array_equal(arrays[f"{part}_labels"], arrays[f"{part}_factors"][:, 0])
    assert list(is_in_random_order(folder)) == []


def test_any_combination_of_factors_is_found_in_a_permuted_factor_space(shelf, factorial_set):
    prepare(factorial_set, shelf.results)
    space = prepared_space(factorial_set.folder(shelf.results), SIZES)
    levels = space.levels(np.arange(60))
    np.testing.assert_array_equal(space.images(levels)[:, 0, 0], levels)


def test_a_source_in_random_order_is_left_alone_and_one_that_only_says_so_is_found_out(shelf, factorial_set):
    claimed = replace(factorial_set, kind=replace(factorial_set.kind, in_random_order=True))
    prepare(claimed, shelf.results)
    folder = claimed.folder(shelf.results)
    np.testing.assert_array_equal(np.load(folder / "train.npy").reshape(50, 3), np.load(folder / "train_factors.npy"))
    assert (np.diff(np.load(folder / "train_labels.npy")) >= 0).all()
    problems = list(is_in_random_order(folder))
    assert "in_random_order: the order of 'train' isn't random, it goes with its labels" in problems


def test_the_same_bytes_on_every_machine(shelf):
    np.savez("x.npz", train=np.arange(120, dtype=np.uint8).reshape(30, 2, 2), test=np.full((4, 2, 2), 9, np.uint8))
    assert shelf.arrays("npz", path="x.npz")["train"][:5, 0, 0, 0].tolist() == [4, 68, 76, 52, 60]
    assert shelf.prepare("npz", path="x.npz")["digest"].startswith("6a2c8edb3085d45a")


def test_a_few_rows_at_a_time_give_the_same(shelf, monkeypatch):
    np.savez("x.npz", train=sorted_by_class(20, "train"), test=sorted_by_class(3, "test"))
    whole = shelf.prepare("npz", path="x.npz")["digest"]
    monkeypatch.setattr(prepared, "PERMUTE_CHUNK", 16 * 7)
    assert type(shelf)(shelf.results / "other").prepare("npz", path="x.npz")["digest"] == whole


def test_a_validation_part_of_the_sources_own_stays_last():
    order = permutation("train", 100, n_validation=30)
    assert sorted(order[:70]) == list(range(70))
    assert sorted(order[70:]) == list(range(70, 100))
    assert not np.array_equal(order, np.arange(100))


def test_room_for_a_second_copy_is_asked_for_only_where_it_is_needed(shelf):
    random = shelf.spec("synthetic", n=2)
    assert random.preparing_mb == random.info.prepared_mb
    permuted = replace(random, kind=replace(random.kind, in_random_order=False))
    assert permuted.preparing_mb == 2 * random.info.prepared_mb


def test_killed_half_way_nothing_is_taken_for_whole(shelf):
    np.savez("x.npz", train=sorted_by_class(20, "train"), test=sorted_by_class(3, "test"))
    assert subprocess.run([sys.executable, "-c", KILLED], env=os.environ).returncode == -signal.SIGKILL
    assert any(".preparing/permuted" in name or ".preparing/test.npy" in name for name in shelf.leftovers())
    spec = shelf.spec("npz", path="x.npz")
    assert description(spec.folder(shelf.results)) is None
    found = prepare(spec, shelf.results)
    assert not any(".preparing" in name for name in shelf.leftovers())
    assert found["digest"] == type(shelf)(shelf.results / "other").prepare("npz", path="x.npz")["digest"]
