"""Improved precision and recall against brute force, torch-fidelity, and sets whose overlap is known."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch
from scipy.spatial.distance import cdist
from torch_fidelity.metric_prc import calculate_precision_recall_full

from latentdim.metrics import MetricRefused, distances, improved_precision_recall
from latentdim.metrics.neighbours.measure import measure_precision, measure_recall, spreads_over_subsets, squared_radii
from latentdim.system.seeds import stream

BLOCK_BYTES = distances.BLOCK_BYTES


def scores(generated, reference, k: int = 3) -> tuple[float, float]:
    return improved_precision_recall(generated=generated, reference=reference, k=k)


def brute_force(generated: np.ndarray, reference: np.ndarray, k: int) -> tuple[float, float]:
    """Every distance, one by one, from its own differences."""

    def reach(points: np.ndarray) -> np.ndarray:
        apart = cdist(points, points, "sqeuclidean")
        np.fill_diagonal(apart, np.inf)
        return np.sort(apart, axis=1)[:, k - 1]

    between = cdist(generated, reference, "sqeuclidean")
    precision = (between <= reach(reference)).any(axis=1).mean()
    return float(precision), float((between <= reach(generated)[:, None]).any(axis=0).mean())


@pytest.fixture(autouse=True)
def blocks_of_a_few_rows(monkeypatch):
    monkeypatch.setattr(distances, "BLOCK_BYTES", 7 * 8 * 200)


@pytest.mark.parametrize("k", [1, 3, 5])
@pytest.mark.parametrize(("n", "m", "dim"), [(200, 200, 2), (90, 210, 5), (211, 57, 40)])
def test_every_block_agrees_with_brute_force(n, m, dim, k):
    draw = stream("neighbours", n, dim)
    made, real = 0.8 * draw.normal(size=(n, dim)), draw.normal(size=(m, dim))
    assert scores(made, real, k) == brute_force(made, real, k)
    assert 0 < min(scores(made, real, k)) < 1


@pytest.mark.parametrize("k", [1, 2, 4])
def test_ties_and_copies_count_as_in_brute_force(k):
    # On a small lattice nearly every distance is met by others, and points lie on the surface of balls.
    draw = stream("neighbours", "lattice", k)
    made, real = draw.integers(6, size=(60, 3)).astype(float), draw.integers(3, 9, size=(60, 3)).astype(float)
    expected = brute_force(made, real, k)
    assert 0 < min(expected) <= max(expected) < 1
    assert scores(made, real, k) == expected
    assert scores(made[:-1] / 4 + 0.5, real / 4 + 0.5, k) == brute_force(made[:-1], real, k)  # about another mean


@pytest.mark.parametrize("offset", [0.0, 1000.0])
def test_torch_fidelity_finds_the_same_in_float64(offset):
    made, real = (torch.from_numpy(x) for x in stream("neighbours", "fidelity").normal(size=(2, 500, 64)))
    # Its distances come from a product around 0, ours around the mean: compared where both have their digits.
    expected = calculate_precision_recall_full(made, real, 3)
    assert scores(made + offset, real + offset) == pytest.approx(expected, abs=1e-6)  # its means are float32
    assert scores(made.float(), real.float()) == pytest.approx(expected, abs=0.005)  # the inputs are other ones


@pytest.mark.parametrize(("n", "dim", "k", "expected"), [(1000, 64, 3, (0.65, 0.61)), (1000, 1000, 5, (0.62, 0.61))])
def test_two_draws_of_one_gaussian_cover_each_other_in_part(n, dim, k, expected):
    made, real = stream("neighbours", "gaussian", dim).normal(size=(2, n, dim))
    assert scores(made, real, k) == pytest.approx(expected, abs=0.12)  # a draw varies by .04


def test_equal_sets_are_covered_and_distant_ones_are_not():
    points = stream("neighbours", "equal").normal(size=(100, 4))
    assert scores(points, points) == (1.0, 1.0)
    assert scores(points + 100, points) == (0.0, 0.0)


def test_a_generator_collapsed_onto_one_point_is_precise_and_recalls_nothing():
    real = stream("neighbours", "collapse").normal(size=(200, 4))
    assert scores(np.zeros((200, 4)), real) == (1.0, 0.0)
    assert scores(np.repeat(real[:1], 200, axis=0), real) == (1.0, 1 / 200)


def test_missing_modes_cost_recall_and_junk_costs_precision():
    draw = stream("neighbours", "modes")
    near, far = draw.normal(size=(2, 300, 2)) + np.array([[[0.0, 0.0]], [[50.0, 0.0]]])
    both, junk = np.concatenate([near, far]), draw.normal(size=(300, 2)) - 90
    made = draw.normal(size=(300, 2))
    precision, recall = scores(made, both)
    assert precision > 0.95
    assert recall == pytest.approx(0.5, abs=0.03)
    precision, recall = scores(np.concatenate([made, junk]), both)
    assert precision == pytest.approx(0.5, abs=0.03)
    assert recall == pytest.approx(0.5, abs=0.03)


def test_a_radius_reaches_to_the_k_th_other_point():
    points = torch.tensor([[0.0], [1.0], [3.0], [3.0], [7.0]], dtype=torch.float64)
    assert squared_radii(points, 1).tolist() == pytest.approx([1, 1, 0, 0, 16], abs=1e-9)
    assert squared_radii(points, 2).tolist() == pytest.approx([9, 4, 4, 4, 16], abs=1e-9)


@pytest.mark.parametrize("columns", [5, 97, 160, 333])
def test_the_smallest_of_each_row_are_found_among_groups_of_columns(columns):
    block = torch.from_numpy(stream("neighbours", "smallest", columns).permuted(np.arange(20 * columns)))
    block = block.reshape(20, columns).double()
    found = distances.smallest(block, 4).sort(dim=1).values
    assert found.tolist() == block.sort(dim=1).values[:, :4].tolist()


def test_a_large_offset_of_float32_features_costs_no_digits():
    made, real = stream("neighbours", "offset").integers(-500, 500, size=(2, 200, 6)).astype(np.float32)
    assert scores(made + 65536, real + 65536) == scores(made, real)


@pytest.mark.parametrize("far", [1e6, 1e9])
def test_one_exploded_vector_costs_the_others_no_digits(far):
    made, real = stream("neighbours", "exploded").normal(size=(2, 300, 6))
    exploded = np.concatenate([1.3 * made, np.full((1, 6), far)])
    assert scores(exploded, real) == brute_force(exploded, real, 3)
    assert 0.5 < scores(exploded, real)[0] < 0.95


def test_samples_that_all_lie_far_off_have_their_own_radii():
    made = stream("neighbours", "far off").normal(size=(300, 6))
    made = np.concatenate([made + 1e7, np.full((1, 6), -1e9)])
    expected = np.sort(cdist(made, made, "sqeuclidean"), axis=1)[:-1, 3]
    assert squared_radii(torch.from_numpy(made), 3)[:-1].numpy() == pytest.approx(expected, rel=1e-6)


def test_sets_without_scores_are_refused():
    good = np.eye(5)
    with pytest.raises(ValueError, match="generated has 3 points; 3 nearest neighbours need at least 4"):
        scores(good[:3], good)
    with pytest.raises(ValueError, match="reference holds NaN or infinity"):
        scores(good, np.full((5, 5), np.nan))
    with pytest.raises(ValueError, match="generated has 5 values a vector but reference has 4"):
        scores(good, good[:, :4])


def test_the_spread_is_that_of_repeated_draws():
    # Twelve draws know a standard deviation to a fifth; ten subsets know it to a quarter each time.
    truth, told = [], []
    for made, real in stream("neighbours", "spread").normal(size=(12, 2, 600, 4)):
        truth.append(scores(0.8 * made, real))
        told.append(spreads_over_subsets(generated=torch.from_numpy(0.8 * made), reference=torch.from_numpy(real)))
    ratios = np.mean(told, axis=0) / np.std(truth, axis=0, ddof=1)
    assert (abs(np.log2(ratios)) < 1).all(), ratios


def test_subsets_too_small_for_k_give_no_spread():
    points = torch.from_numpy(stream("neighbours", "few").normal(size=(39, 2)))
    assert spreads_over_subsets(generated=points, reference=points, k=3) is None
    assert spreads_over_subsets(generated=points, reference=points, k=2) is not None


def test_the_metrics_take_equally_many_of_both_sets(linear, measuring, normal, monkeypatch):
    model, test = linear(values=4, dim=3), normal(150, 4, name="test data")
    context = measuring(model, normal(10, 4), test, n_generated=120, neighbours=2)
    precision = measure_precision(context)
    expected = scores(context.generated(), test[:120], 2)
    spreads = spreads_over_subsets(generated=context.generated(), reference=test[:120], k=2)
    assert (precision.value, precision.spread, precision.n) == (expected[0], spreads[0], 120)
    assert (precision.detail["n_reference"], precision.detail["k"]) == (150, 2)
    monkeypatch.setattr("latentdim.metrics.neighbours.measure.improved_precision_recall", None)
    assert (measure_recall(context).value, measure_recall(context).spread) == (expected[1], spreads[1])


def test_the_metrics_refuse_fewer_examples_than_neighbours(linear, measuring, normal):
    real = normal(30, 6)
    with pytest.raises(MetricRefused, match="generated has 3 points"):
        measure_recall(measuring(linear(), real, real, n_generated=3))
    assert measure_recall(measuring(linear(), real, real, n_generated=30)).spread is None


MEASURED = """
import resource, torch
from latentdim.metrics import distances, improved_precision_recall
distances.BLOCK_BYTES = {block}
improved_precision_recall(generated=torch.rand(64, {dim}), reference=torch.rand(64, {dim}))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
made, real = (torch.rand({n}, {dim}) for _ in range(2))
improved_precision_recall(generated=made, reference=real)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)
"""


def most_bytes(n: int, dim: int, block: int) -> int:
    """Both sets as given and in float64, once more for an instant, and blocks; never all distances."""
    features, exact = 2 * n * dim * 4, 2 * n * dim * 8
    return features + 2 * exact + 3 * block + 50 * 2**20


@pytest.mark.parametrize(
    ("n", "dim", "block"), [(6000, 64, 2**23), pytest.param(20_000, 512, 2**26, marks=pytest.mark.slow)]
)
def test_memory_is_a_block_and_the_features_but_never_all_distances(n, dim, block):
    code = MEASURED.format(n=n, dim=dim, block=block)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert float(done.stdout) < most_bytes(n, dim, block) < n * n * 8


def test_fifty_thousand_inception_features_fit_in_eight_gigabytes():
    assert most_bytes(50_000, 2048, BLOCK_BYTES) < 8e9
