"""Synthetic vectors: known intrinsic dimension, unit scale, the same bytes everywhere."""

import math

import numpy as np
import pytest
from pydantic import ValidationError

from latentdim import registry
from latentdim.datasets.synthetic import Generator, SyntheticOptions, codes, on_grid
from latentdim.system.seeds import stream

SMALL = {"n_train": 3000, "n_test": 500}


def test_the_bytes_are_pinned(shelf):
    digest = shelf.prepare("synthetic", n=3, n_train=200, n_test=50)["digest"]
    assert digest == "6672fe6aec2eec3a6b289014517b2dba30874bb8ee185634afecbd0d2fc14b72"


def test_batches_do_not_matter(shelf, monkeypatch):
    whole = shelf.arrays("synthetic", n=3, **SMALL)["train"]
    monkeypatch.setattr("latentdim.datasets.synthetic.BATCH", 77)
    other = type(shelf)(shelf.results / "other")
    np.testing.assert_array_equal(other.arrays("synthetic", n=3, **SMALL)["train"], whole)


@pytest.mark.parametrize("change", [{"n": 4}, {"seed": 1}, {"slope": 0.1}, {"width": 64}])
def test_every_option_changes_the_data(shelf, change):
    base = {"n": 3, "n_train": 200, "n_test": 50}
    assert shelf.prepare("synthetic", **base)["digest"] != shelf.prepare("synthetic", **base | change)["digest"]


def test_parts_are_different_samples_and_a_longer_part_starts_like_a_shorter_one(shelf):
    short = shelf.arrays("synthetic", n=3, n_train=50, n_test=50)
    long = shelf.arrays("synthetic", n=3, n_train=90, n_test=50)
    assert not np.array_equal(short["train_factors"], short["test_factors"])
    np.testing.assert_array_equal(long["train_factors"][:50], short["train_factors"])


@pytest.mark.parametrize("n", [1, 3, 8, 16, 32])
def test_the_jacobian_has_rank_n(n):
    generator = Generator.of(SyntheticOptions(n=n))
    step = 2.0**-6
    for z in stream("test", "jacobian", n).standard_normal((3, n)):
        ahead, behind = generator(z + step * np.eye(n)), generator(z - step * np.eye(n))
        singular = np.linalg.svd((ahead - behind) / (2 * step), compute_uv=False)
        assert singular.shape == (n,)
        assert singular[-1] > 1e-2 * singular[0]


def test_training_outputs_are_centred_and_their_mean_variance_is_one(shelf):
    arrays = shelf.arrays("synthetic", n=8, **SMALL)
    train = arrays["train"].astype(np.float64)
    assert train.shape == (3000, 128)
    assert np.abs(train.mean(axis=0)).max() < 1e-5
    assert train.var(axis=0).mean() == pytest.approx(1.0, abs=1e-5)
    assert train.var(axis=0).std() > 0.1  # one scalar for all outputs, not one each
    # the held-out part goes through the training part's numbers
    assert 1e-4 < np.abs(arrays["test"].mean(axis=0)).max() < 0.5


def test_examples_are_the_network_of_their_codes_computed_by_loops(shelf):
    options = SyntheticOptions(n=3, n_train=40, n_test=10)
    arrays, generator = shelf.arrays("synthetic", n=3, n_train=40, n_test=10), Generator.of(options)

    def leaky(value):
        return value if value > 0 else 0.2 * value

    def output(z):
        hidden = [leaky(math.fsum(z[i] * generator.first[i, j] for i in range(3))) for j in range(128)]
        return [leaky(math.fsum(hidden[j] * generator.second[j, k] for j in range(128))) for k in range(128)]

    raw = {part: np.array([output(z) for z in arrays[f"{part}_factors"].astype(float)]) for part in ("train", "test")}
    mean = raw["train"].mean(axis=0)
    scale = np.sqrt(np.square(raw["train"] - mean).mean())
    for part, values in raw.items():
        np.testing.assert_allclose(arrays[part], (values - mean) / scale, atol=3e-5)


def test_weights_and_codes_have_the_stated_variances():
    generator = Generator.of(SyntheticOptions(n=100))
    assert generator.first.shape == (100, 128)
    assert generator.first.var() == pytest.approx(2 / 100, rel=0.05)
    assert generator.second.var() == pytest.approx(2 / 128, rel=0.05)
    z = np.concatenate([batch for _, batch in codes(SyntheticOptions(n=4), "train")])
    np.testing.assert_allclose(np.cov(z.T), np.eye(4), atol=0.03)
    np.testing.assert_allclose(z.mean(axis=0), 0, atol=0.02)


def test_the_order_of_sums_cannot_change_a_bit():
    generator = Generator.of(SyntheticOptions(n=128))
    order = stream("test", "order").permutation(128)
    z = on_grid(stream("test", "codes").standard_normal((200, 128)))
    shuffled = Generator(generator.first[order][:, order], generator.second[order], generator.slope)
    np.testing.assert_array_equal(shuffled(z[:, order]), generator(z))


def test_true_codes_are_saved_exactly(shelf):
    options = {"n": 5, "n_train": 100, "n_test": 30}
    saved = shelf.arrays("synthetic", **options)["test_factors"]
    (_, z), *rest = codes(SyntheticOptions(**options), "test")
    assert not rest
    assert saved.dtype == np.float32
    np.testing.assert_array_equal(saved.astype(np.float64), z)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("synthetic_0", "greater than 0"),
        ("synthetic_129", "should be at most outputs = 128"),
    ],
)
def test_a_dimension_out_of_range_is_refused(name, sentence):
    with pytest.raises(ValidationError, match=sentence):
        registry.dataset_by_name(name)


def test_a_hidden_layer_narrower_than_n_is_refused():
    with pytest.raises(ValidationError, match="should be at most width = 4"):
        SyntheticOptions(n=5, width=4)


def test_one_declaration_serves_any_n(shelf):
    for n in (1, 7, 16, 31):
        kind, options = registry.dataset_by_name(f"synthetic_{n}")
        assert (kind.name, getattr(options, kind.true_dim)) == ("synthetic", n)
    info = shelf.inspect("synthetic", n=7)
    assert (info.n_factors, info.shape, info.n_train, info.problems) == (7, (128,), 60_000, ())
    assert shelf.spec("synthetic", n=7).true_dim == 7
