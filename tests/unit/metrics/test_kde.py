"""Kernel densities against closed forms, a plain sum, and scikit-learn's with a single leaf."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from scipy.special import logsumexp
from sklearn.neighbors import KernelDensity

from latentdim.metrics import MetricRefused, distances, kde_bandwidth, kde_log_densities
from latentdim.metrics.kde import Kde
from latentdim.metrics.kde.measure import measure
from latentdim.system.seeds import stream
from latentdim.training.data import Split

ROUNDING = 1e-6  # nats: terms are summed in float32, whose rounding is 6e-8 of the sum


@pytest.fixture(autouse=True)
def blocks_of_a_few_rows(monkeypatch):
    monkeypatch.setattr(distances, "BLOCK_BYTES", 7 * 8 * 200)


def log_density(points, reference, bandwidth: float) -> np.ndarray:
    return kde_log_densities(np.asarray(points), reference=np.asarray(reference), bandwidths=[bandwidth])[0]


@pytest.mark.parametrize(("away", "expected"), [(0.0, 36.484387), (1.0, 30.928831)])
def test_one_kernel_is_a_gaussian(away, expected):
    reference, point = np.full((1, 128), 0.7), np.full((1, 128), 0.7)
    point[0, 5] += away
    assert log_density(point, reference, 0.3) == pytest.approx(expected, abs=1e-6)
    assert expected == pytest.approx(-64 * math.log(2 * math.pi * 0.09) - away / 0.18, abs=1e-6)


def test_two_kernels_are_averaged():
    assert log_density([[1.0]], [[0.0], [2.0]], 1.0) == pytest.approx(-1.418939, abs=1e-6)
    repeated = log_density([[1.0]], [[0.0], [2.0], [0.0], [2.0]], 1.0)
    assert repeated == pytest.approx(-1.418939, abs=1e-6)


@pytest.mark.parametrize("bandwidth", [0.02, 0.3, 5.0])
@pytest.mark.parametrize("away", [0.0, 50.0])
def test_densities_are_those_of_a_plain_sum_and_of_scikit_learn_with_one_leaf(bandwidth, away):
    points, reference = stream("kde", "sum").normal(size=(2, 211, 6))
    points = 2 * points + away
    squares = ((points[:, None] - reference) ** 2).sum(axis=-1)
    plain = logsumexp(-squares / (2 * bandwidth**2), axis=1) - math.log(211 * (2 * math.pi * bandwidth**2) ** 3)
    library = KernelDensity(bandwidth=bandwidth, leaf_size=211).fit(reference).score_samples(points)
    found = log_density(points, reference, bandwidth)
    # Squared distances of 15,000 over 2h² have float64's own rounding, 1e-16 of 2e7.
    np.testing.assert_allclose(found, plain, rtol=1e-12, atol=ROUNDING)
    np.testing.assert_allclose(found, library, rtol=1e-12, atol=ROUNDING)


def test_a_density_sums_to_one():
    grid = np.linspace(-9, 9, 4001)[:, None]
    densities = np.exp(log_density(grid, stream("kde", "one").normal(size=(30, 1)), 0.4))
    assert densities.sum() * (18 / 4000) == pytest.approx(1.0, abs=1e-5)


def test_many_bandwidths_and_float32_far_from_zero_give_the_same_as_each_alone():
    points, reference = stream("kde", "many").integers(-99, 99, size=(2, 60, 3)).astype(np.float32)
    tried = [1.0, 10.0, 300.0]
    together = kde_log_densities(points + 65536, reference=reference + 65536, bandwidths=tried)
    for bandwidth, row in zip(tried, together, strict=True):
        np.testing.assert_allclose(row, log_density(points, reference, bandwidth), rtol=1e-9, atol=ROUNDING)


@pytest.mark.parametrize(("n", "expected", "error"), [(300, 0.39, 0.08), (1000, 0.26, 0.06), (3000, 0.25, 0.04)])
def test_the_line_search_finds_the_known_bandwidth_of_a_normal_law(n, expected, error, monkeypatch):
    monkeypatch.setattr(distances, "BLOCK_BYTES", 2**22)
    found = []
    for draw in range(4):
        values = stream("kde", "search", n, draw).normal(size=(n + 2000, 1))
        search = kde_bandwidth(values[:n], held_out=values[n:], bandwidths=np.geomspace(0.05, 1, 40).tolist())
        found.append(search.bandwidth)
        assert not search.at_edge
    assert np.mean(found) == pytest.approx(expected, abs=error)


def test_the_line_search_takes_the_likeliest_and_tells_of_the_edge():
    reference, held_out = stream("kde", "edge").normal(size=(2, 300, 2))
    tried = [0.1, 0.3, 0.5, 2.0]
    search = kde_bandwidth(reference, held_out=held_out, bandwidths=tried)
    means = [log_density(held_out, reference, bandwidth).mean() for bandwidth in tried]
    assert search.log_likelihoods == pytest.approx(means, abs=ROUNDING)
    assert (search.bandwidth, search.at_edge) == (tried[int(np.argmax(means))], False)
    assert kde_bandwidth(reference, held_out=held_out, bandwidths=[2.0, 3.0, 4.0]).at_edge
    assert kde_bandwidth(reference, held_out=held_out, bandwidths=[0.01, 0.02, 0.03]).at_edge
    same = kde_bandwidth(reference, held_out=reference, bandwidths=tried)
    assert (same.bandwidth, same.at_edge) == (0.1, True)  # a point's own kernel draws the bandwidth to 0


def test_vectors_without_a_density_are_refused():
    good = np.eye(3)
    for bandwidth in (0.0, -1.0, math.inf):
        with pytest.raises(ValueError, match="above 0"):
            log_density(good, good, bandwidth)
    with pytest.raises(ValueError, match="reference holds NaN"):
        log_density(good, np.full((3, 3), np.nan), 1.0)
    with pytest.raises(ValueError, match="points has 3 values a vector but reference has 2"):
        log_density(good, good[:, :2], 1.0)
    with pytest.raises(ValueError, match="2 bandwidths are too few"):
        kde_bandwidth(good, held_out=good, bandwidths=[1.0, 2.0])


def test_one_exploded_vector_costs_the_others_no_digits():
    made, real = stream("density", "exploded").normal(size=(2, 300, 6))
    whole = kde_log_densities(np.concatenate([made, np.full((1, 6), 1e9)]), reference=real, bandwidths=[0.4])[0]
    assert whole[:-1] == pytest.approx(log_density(made, real, 0.4), abs=ROUNDING)


SMALL = {"n_fit": 100, "n_held_out": 60, "bandwidth_min": 0.1, "bandwidth_max": 3.0, "steps": 9}


@pytest.mark.parametrize("split", ["test", "train"])
def test_the_metric_fits_on_its_split_and_chooses_the_bandwidth_on_the_other(linear, measuring, normal, split):
    model, train, test = linear(values=4), normal(300, 4), normal(200, 4, name="test data")
    context = measuring(model, train, test, split=split, kde=SMALL, n_generated=150)
    fit, held_out = (test, train) if split == "test" else (train, test)
    search = kde_bandwidth(fit[:100], held_out=held_out[:60], bandwidths=np.geomspace(0.1, 3.0, 9).tolist())
    found = measure(context)
    densities = log_density(context.generated(), fit[:100], search.bandwidth)
    assert (found.value, found.n) == (pytest.approx(densities.mean(), abs=1e-9), 150)
    assert found.spread == pytest.approx(densities.std(ddof=1) / math.sqrt(150))
    assert found.detail == {
        "bandwidth": search.bandwidth, "at_edge": False, "held_out": pytest.approx(max(search.log_likelihoods)),
        "n_fit": 100, "n_held_out": 60,
    }  # fmt: skip


@pytest.mark.parametrize("split", ["train", "validation", "train+validation"])
def test_kernels_stand_on_the_split_for_distributions_and_the_bandwidth_comes_from_outside_it(
    linear, measuring, normal, split
):
    train, test = normal(90, 4), normal(80, 4, name="test data")
    context = measuring(linear(values=4), train, test, kde={**SMALL, "n_fit": 60}, distribution={"split": split})
    held_back = replace(context.data, train=Split(train[:50]), validation=Split(train[50:]))
    found = measure(replace(context, data=held_back))
    fit = {"train": train[:50], "validation": train[50:], "train+validation": train[:60]}[split]
    held_out = train[:50] if split == "validation" else test[:60]
    search = kde_bandwidth(fit, held_out=held_out, bandwidths=np.geomspace(0.1, 3.0, 9).tolist())
    expected = log_density(context.generated(), fit, search.bandwidth).mean()
    assert found.value == pytest.approx(expected, abs=1e-9)
    assert found.detail["held_out"] == pytest.approx(max(search.log_likelihoods))
    assert (found.detail["n_fit"], found.detail["n_held_out"]) == (len(fit), len(held_out))


def test_bandwidths_that_do_not_rise_are_refused():
    for edges in ({"bandwidth_min": 5.0, "bandwidth_max": 0.02}, {"bandwidth_min": 1.0, "bandwidth_max": 1.0}):
        with pytest.raises(ValidationError, match="is not below bandwidth_max"):
            Kde.model_validate(edges)


def test_the_metric_warns_where_the_best_bandwidth_is_the_last_tried(linear, measuring, normal):
    train, test = normal(300, 4), normal(200, 4, name="test data")
    low, high = ({**SMALL, "bandwidth_min": b, "bandwidth_max": 3 * b} for b in (0.001, 10.0))
    for kde, side in ((low, "largest"), (high, "smallest")):
        found = measure(measuring(linear(values=4), train, test, kde=kde))
        assert found.detail["at_edge"]
        assert f"is the {side} one tried" in found.detail["warning"]


def test_better_samples_are_likelier(linear, measuring, normal):
    train, test = normal(600, 3), normal(400, 3, name="test data")
    values = {
        gain: measure(measuring(linear(weight=gain * torch.eye(3)), train, test, kde={**SMALL, "n_fit": 400}))
        for gain in (1.0, 3.0)
    }
    assert values[1.0].value == pytest.approx(values[1.0].detail["held_out"], abs=0.4)
    assert values[3.0].value < values[1.0].value - 1


def test_vectors_likelier_than_real_ones_are_no_better_and_warned_of(linear, measuring, normal):
    train, test = normal(600, 3), normal(400, 3, name="test data")
    found = {
        gain: measure(measuring(linear(weight=gain * torch.eye(3)), train, test, kde={**SMALL, "n_fit": 400})).detail
        for gain in (1.0, 0.2)
    }
    assert "nearer to the data's middle" in found[0.2]["warning"]
    assert "warning" not in found[1.0]


def test_the_search_is_done_once_for_all_runs(linear, measuring, normal, tmp_path, monkeypatch):
    train, test = normal(300, 4), normal(200, 4, name="test data")
    first, second = (measuring(linear(values=4), train, test, kde=SMALL) for _ in range(2))
    for context in (first, second):
        context.__dict__["cache"] = tmp_path
    expected = measure(first)
    monkeypatch.setattr("latentdim.metrics.kde.measure.kde_bandwidth", None)
    assert measure(second) == expected
    with monkeypatch.context() as more:
        more.setattr(torch, "get_num_threads", lambda: 7)  # more threads may round otherwise
        with pytest.raises(TypeError):
            measure(replace(second, shared={}))
    second.data.__dict__["train"] = Split(train + 1)
    second.shared.clear()
    with pytest.raises(TypeError):
        measure(second)


def test_the_metric_refuses_what_makes_it_meaningless(linear, measuring, normal):
    train, test = normal(30, 6), normal(20, 6, name="test data")
    with pytest.raises(MetricRefused, match="samples are not finite"):
        measure(measuring(linear(bias=float("nan")), train, test))
    for real, other in ((torch.ones(20, 6), train), (test, train[:0]), (test[:1], train)):
        with pytest.raises(MetricRefused, match="real vectors that differ"):
            measure(measuring(linear(), other, real))
