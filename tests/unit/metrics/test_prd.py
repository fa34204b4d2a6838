"""Precision and recall for distributions: histograms with known scores, and sets whose overlap is known."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from latentdim.metrics import MetricRefused, max_f, prd_curve, prd_of_features
from latentdim.metrics.prd.measure import measure_precision, measure_recall
from latentdim.system.seeds import stream


def scores(evaluated, reference, **options) -> tuple[float, float]:
    """Recall (F_8) and precision (F_⅛) of histograms."""
    curve = prd_curve(evaluated=np.array(evaluated, float), reference=np.array(reference, float), **options)
    return float(max_f(curve, beta=8)), float(max_f(curve, beta=1 / 8))


@pytest.mark.parametrize(
    ("evaluated", "reference", "recall", "precision"),
    [
        ((0.5, 0.3, 0.2), (0.5, 0.3, 0.2), 1, 1),
        ((1, 0), (0, 1), 0, 0),
        ((0.5, 0.5), (1, 0), 0.984829, 0.503863),
        ((1, 0), (0.5, 0.5), 0.503863, 0.984829),
        ((0.3, 0.7, 0), (0.3, 0, 0.7), 0.3, 0.3),
        ((0.2, 0.8), (0.8, 0.2), 0.955685, 0.955685),
    ],
)
def test_histograms_have_their_known_scores(evaluated, reference, recall, precision):
    assert scores(evaluated, reference) == pytest.approx((recall, precision), abs=1e-6)  # six digits are given
    counts = 70 * np.array(evaluated), 30 * np.array(reference)
    assert scores(*counts) == pytest.approx((recall, precision), abs=1e-6)


def test_more_angles_come_nearer_to_the_continuous_maximum():
    assert scores((0.5, 0.5), (1, 0), angles=200_001) == pytest.approx((0.984848, 0.503876), abs=1e-6)


def test_swapping_the_sets_swaps_the_scores():
    made, real = stream("prd", "swap").dirichlet(np.ones(20), size=2)
    assert scores(made, real) == pytest.approx(scores(real, made)[::-1], abs=1e-8)
    assert abs(np.subtract(*scores(made, real))) > 0.01


def test_in_the_middle_of_the_angles_precision_and_recall_are_the_overlap():
    made, real = stream("prd", "overlap").dirichlet(np.ones(20), size=2)
    precision, recall = prd_curve(evaluated=made, reference=real)[:, 500]
    assert (precision, recall) == pytest.approx([np.minimum(made, real).sum()] * 2, abs=1e-12)


def test_several_histograms_at_once_give_the_curve_of_each():
    made, real = stream("prd", "many").dirichlet(np.ones(6), size=(2, 3))
    together = prd_curve(evaluated=made, reference=real, angles=51)
    assert together.shape == (2, 3, 51)
    assert together[:, 1].tolist() == prd_curve(evaluated=made[1], reference=real[1], angles=51).tolist()


def test_what_is_no_histogram_is_refused():
    for bad in ([0.0, 0.0], [1.0, -1.0], [1.0, np.nan]):
        with pytest.raises(ValueError, match="reference is no histogram"):
            prd_curve(evaluated=np.ones(2), reference=np.array(bad))
    with pytest.raises(ValueError, match="shape"):
        prd_curve(evaluated=np.ones(3), reference=np.ones(2))


def modes(name: str, kinds: int, n: int = 1000) -> np.ndarray:
    """Points around the first so many of ten well separated centres."""
    draw = stream("prd", name)
    centres = 30 * np.eye(10)
    return centres[draw.integers(kinds, size=n)] + draw.normal(size=(n, 10))


def test_two_draws_of_one_law_score_near_one_and_equal_sets_exactly_one():
    made, real = stream("prd", "law").normal(size=(2, 1000, 64))
    found = prd_of_features(evaluated=made, reference=real, runs=4)
    assert (found.recall, found.precision) == pytest.approx((0.991, 0.990), abs=0.008)  # spread over draws .002
    same = prd_of_features(evaluated=real, reference=real, runs=2)
    assert (same.recall, same.precision) == pytest.approx((1.0, 1.0), abs=1e-8)  # of F's own 1e-10
    far = prd_of_features(evaluated=made + 50, reference=real, runs=2)
    assert (far.recall, far.precision) == (0.0, 0.0)


def test_missing_modes_cost_recall_and_junk_costs_precision():
    real, half = modes("real", 10), modes("half", 5)
    missing = prd_of_features(evaluated=half, reference=real)
    assert missing.recall == pytest.approx(0.5, abs=0.03)
    assert 0.95 < missing.precision < 0.99
    junk = np.concatenate([modes("good", 10, 500), modes("junk", 10, 500) - 500])
    spoilt = prd_of_features(evaluated=junk, reference=real)
    assert spoilt.precision == pytest.approx(0.5, abs=0.03)
    assert spoilt.recall > 0.97


def test_a_mini_batch_of_a_hundred_differs_from_a_larger_one_where_the_law_is_narrower():
    draw = stream("prd", "narrow")
    made, real = 0.7 * draw.normal(size=(2000, 16)), draw.normal(size=(2000, 16))
    small, large = (
        prd_of_features(evaluated=made, reference=real, runs=4, batch=batch).recall for batch in (100, 2000)
    )
    assert small < large - 0.005


def test_a_large_offset_and_the_larger_set_s_rest_change_nothing():
    made, real = stream("prd", "offset").normal(size=(2, 300, 4))
    expected = prd_of_features(evaluated=made, reference=real, runs=2)
    moved = prd_of_features(evaluated=made + 1e6, reference=np.concatenate([real, real - 9]) + 1e6, runs=2)
    assert (moved.recall, moved.precision) == pytest.approx((expected.recall, expected.precision), abs=1e-6)


def test_the_spread_is_that_of_repeated_draws():
    # Twelve draws know a standard deviation to a fifth, the bootstrap to a tenth.
    found = [
        prd_of_features(evaluated=0.7 * made, reference=real, runs=4, seed=seed)
        for seed, (made, real) in enumerate(stream("prd", "spread").normal(size=(12, 2, 500, 8)))
    ]
    for name in ("precision", "recall"):
        truth = np.std([getattr(prd, name) for prd in found], ddof=1)
        told = np.mean([getattr(prd, f"{name}_spread") for prd in found])
        assert 0.5 * truth < told < 2 * truth, name


def test_the_curve_s_maxima_are_the_scores_and_the_seed_fixes_everything():
    made, real = stream("prd", "curve").normal(size=(2, 300, 4)) * [[[1.0]], [[2.0]]]
    found, again = (prd_of_features(evaluated=made, reference=real, runs=3, seed=5) for _ in range(2))
    assert found.curve.shape == (2, 1001)
    assert (max_f(found.curve, beta=1 / 8), max_f(found.curve, beta=8)) == (found.precision, found.recall)
    assert found.curve.tolist() == again.curve.tolist()
    assert prd_of_features(evaluated=made, reference=real, runs=3, seed=6).recall != found.recall


def test_features_without_a_score_are_refused():
    good = stream("prd", "bad").normal(size=(50, 3))
    with pytest.raises(ValueError, match="19 vectors a set are too few for 20 clusters"):
        prd_of_features(evaluated=good[:19], reference=good)
    with pytest.raises(ValueError, match="NaN or infinity"):
        prd_of_features(evaluated=good, reference=np.where(good > 1, np.nan, good))
    with pytest.raises(ValueError, match="all vectors are equal"):
        prd_of_features(evaluated=np.ones((50, 3)), reference=np.ones((50, 3)))
    with pytest.raises(ValueError, match="shape"):
        prd_of_features(evaluated=good[:, :2], reference=good)


def test_a_constant_generator_has_a_score(linear, measuring, normal):
    real = normal(200, 4)
    found = measure_recall(measuring(linear(weight=torch.zeros(4, 2)), real, real, n_generated=200))
    assert found.value < 0.6


def test_the_metrics_are_those_of_the_features_and_share_the_clustering(linear, measuring, normal, monkeypatch):
    model, test = linear(values=4, dim=3), normal(150, 4, name="test data")
    context = measuring(model, normal(10, 4), test, n_generated=120, prd={"runs": 2, "clusters": 5})
    precision = measure_precision(context)
    seed = int(context.draws("prd").integers(2**31, (1,)))
    expected = prd_of_features(evaluated=context.generated(), reference=test, clusters=5, runs=2, seed=seed)
    assert (precision.value, precision.spread) == pytest.approx((expected.precision, expected.precision_spread))
    assert (precision.n, precision.detail["n_reference"]) == (120, 150)
    monkeypatch.setattr("latentdim.metrics.prd.measure.prd_of_features", None)
    recall = measure_recall(context)
    assert (recall.value, recall.spread) == pytest.approx((expected.recall, expected.recall_spread))


def test_the_metrics_refuse_too_few_examples_and_samples_that_are_not_finite(linear, measuring, normal):
    real = normal(30, 6)
    with pytest.raises(MetricRefused, match="12 vectors a set are too few"):
        measure_recall(measuring(linear(), real, real, n_generated=12))
    with pytest.raises(MetricRefused, match="not finite"):
        measure_precision(measuring(linear(bias=float("nan")), real, real))


def test_sets_are_matrices_of_one_width():
    rows, row = np.zeros((30, 2)), np.zeros(30)
    for evaluated, reference in ((row, row), (rows, row), (rows, rows[:, :1]), (rows[None], rows[None])):
        with pytest.raises(ValueError, match=r"\(N, d\) and \(M, d\) are needed"):
            prd_of_features(evaluated=evaluated, reference=reference)
