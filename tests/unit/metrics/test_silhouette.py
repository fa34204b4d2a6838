"""The silhouette score against values worked out by hand, and the score of codes without structure."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from latentdim.metrics import MetricRefused, kmeans_labels, silhouette_score
from latentdim.metrics.silhouette.measure import measure
from latentdim.system.seeds import stream
from latentdim.training.data import Split

LINE = np.array([[0.0], [1.0], [10.0], [11.0]])


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ([0, 0, 1, 1], (2 * (1 - 1 / 10.5) + 2 * (1 - 1 / 9.5)) / 4),
        ([0, 1, 0, 1], -0.45),
        ([0, 0, 1, 2], ((1 - 1 / 10) + (1 - 1 / 9)) / 4),  # whoever is alone counts 0
    ],
)
def test_four_points_on_a_line_score_what_they_do_by_hand(labels, expected):
    assert silhouette_score(LINE, np.array(labels)) == pytest.approx(expected, abs=1e-12)
    assert silhouette_score(torch.from_numpy(LINE).float() + 3e6, torch.tensor(labels)) == pytest.approx(expected)


def test_the_sheet_s_first_value_is_met():
    assert silhouette_score(LINE, np.array([0, 0, 1, 1])) == pytest.approx(0.899749, abs=1e-6)


def score_by_loop(codes, labels):
    """The score as it is written down, for clusters of two codes and more."""
    apart = np.sqrt(((codes[:, None] - codes) ** 2).sum(axis=-1))
    clusters, scores = set(labels.tolist()), []
    for i in range(len(codes)):
        means = {c: apart[i, labels == c].sum() / ((labels == c).sum() - (c == labels[i])) for c in clusters}
        own, other = means.pop(labels[i]), min(means.values())
        scores.append((other - own) / max(own, other))
    return np.mean(scores)


def test_it_is_the_mean_over_codes_in_several_dimensions():
    codes = stream("silhouette", "brute").normal(size=(40, 3))
    labels = stream("silhouette", "labels").integers(4, size=40)
    assert silhouette_score(codes, labels) == pytest.approx(score_by_loop(codes, labels), abs=1e-12)


@pytest.mark.parametrize(
    ("dim", "expected"), [(2, 0.329), (4, 0.180), (8, 0.097), (16, 0.050), (32, 0.026), (64, 0.011)]
)
def test_codes_without_structure_score_the_more_the_fewer_dimensions_they_have(dim, expected):
    codes = stream("silhouette", "null", dim).normal(size=(500, dim))
    assert silhouette_score(codes, kmeans_labels(codes, 10)) == pytest.approx(expected, abs=0.012)


def test_k_means_finds_well_separated_clusters():
    truth = np.arange(60) % 3
    codes = 20 * np.eye(3)[truth] + stream("silhouette", "modes").normal(size=(60, 3))
    labels = kmeans_labels(codes, 3)
    assert len(set(zip(truth.tolist(), labels.tolist(), strict=True))) == 3
    assert labels.tolist() == kmeans_labels(codes, 3).tolist()


def test_codes_without_a_score_are_refused():
    with pytest.raises(ValueError, match="1 clusters of 4 codes"):
        silhouette_score(LINE, np.zeros(4, int))
    with pytest.raises(ValueError, match="4 clusters of 4 codes"):
        silhouette_score(LINE, np.arange(4))
    with pytest.raises(ValueError, match="labels have shape"):
        silhouette_score(LINE, np.zeros(3, int))
    with pytest.raises(ValueError, match="finite matrix"):
        silhouette_score(np.where(LINE > 10, np.nan, LINE), np.array([0, 0, 1, 1]))
    for constant in (np.zeros((9, 2)), np.full((9, 2), 0.3, np.float32) * (1 + 1e-7 * np.arange(9)[:, None])):
        with pytest.raises(ValueError, match="constant"):
            kmeans_labels(constant, 2)
    with pytest.raises(ValueError, match="2 different codes can't form 3 clusters"):
        kmeans_labels(np.array([[0.0], [1.0]]).repeat(9, axis=0), 3)


@pytest.fixture
def labelled(measuring):
    """A measuring context whose test examples have classes."""

    def build(model, test, labels, **options):
        context = measuring(model, test[:2], test, **options)
        context.data.__dict__["test"] = Split(test, labels=labels)
        return context

    return build


def picked(context, n: int) -> torch.Tensor:
    size = len(context.data.test)
    return context.draws("silhouette").permutation(size)[:n]


@pytest.mark.parametrize("axes", [None, [True, False, True]])
def test_the_metric_scores_random_examples_codes_on_the_chosen_axes(linear, labelled, normal, axes):
    model, test = linear(noise=9.0), normal(400, 6)
    labels = (test[:, 0] > 0).long() + 2 * (test[:, 1] > 0).long()
    context = labelled(model, test, labels, axes=axes, silhouette={"n": 100})
    found, rows = measure(context), picked(context, 100)
    codes = (test[rows] @ model.encoder.T)[:, [0, 1, 2] if axes is None else [0, 2]]
    assert found.value == pytest.approx(silhouette_score(codes, kmeans_labels(codes, 4)), abs=0.03)  # other starts
    assert (found.n, found.detail["clusters"], found.detail["dim"]) == (100, 4, codes.shape[1])
    assert found.detail["draws"][0] == found.value
    assert found.spread == pytest.approx(np.std(found.detail["draws"], ddof=1))
    assert len(found.detail["draws"]) == 4


def test_the_metric_takes_classes_where_the_protocol_says_so(linear, labelled, normal):
    model, test = linear(), normal(400, 6)
    labels = (test @ model.encoder.T)[:, 0].gt(0).long()
    context = labelled(model, test, labels, silhouette={"n": 300, "labels": "classes"})
    found, rows = measure(context), picked(context, 300)
    assert found.value == pytest.approx(silhouette_score(test[rows] @ model.encoder.T, labels[rows]), abs=1e-6)
    assert found.value > 0.1
    assert found.floor.value == pytest.approx(0.0, abs=0.02)
    assert found.spread is None


def test_codes_are_drawn_from_the_posterior_where_the_protocol_says_so(linear, labelled, normal):
    test = normal(300, 6)
    labels = (test[:, 0] > 0).long()
    means, drawn = (
        measure(labelled(linear(noise=100.0), test, labels, silhouette={"labels": "classes", "sample": sample})).value
        for sample in (False, True)
    )
    assert means > 0.05
    assert drawn == pytest.approx(0.0, abs=0.03)


def test_the_null_score_is_that_of_normal_points_of_the_same_dimension(linear, labelled, normal):
    angles = torch.arange(500) * (2 * torch.pi / 10)
    clustered = normal(500, 6)
    clustered[:, :2] += 50 * torch.stack([angles.cos(), angles.sin()], dim=1)
    model = linear(weight=torch.eye(6)[:, :2], encoder=torch.eye(6)[:2])
    found = measure(labelled(model, clustered, None, silhouette={"clusters": 10}))
    assert found.floor.value == pytest.approx(0.333, abs=0.015)  # the mean of five, one of which varies by .01
    assert 0.0 < found.floor.spread < 0.03
    assert not found.floor.reaches(found.value)
    assert found.value > 0.9


def test_the_null_is_the_mean_of_five_scores_and_its_spread_their_standard_deviation(linear, labelled, normal):
    """Under classes, so that no k-means comes between: normal points carry the first examples' classes."""
    n, dim, test = 30, 3, normal(70, 6)
    labels = (test[:, 0] > 0).long()
    context = labelled(linear(), test, labels, silhouette={"n": n, "labels": "classes"})
    found, draws = measure(context), context.draws("silhouette")
    classes = labels[draws.permutation(70)[:n]].numpy()
    points = draws.normal((5 * n, dim)).double().numpy().reshape(5, n, dim)
    scores = [score_by_loop(part, classes) for part in points]
    mean = sum(scores) / 5
    assert found.floor.value == pytest.approx(mean, abs=1e-9)
    assert found.floor.spread == pytest.approx((sum((s - mean) ** 2 for s in scores) / 4) ** 0.5, rel=1e-6)
    assert max(scores) - min(scores) > 0.01


def test_the_metric_refuses_what_makes_it_meaningless(linear, labelled, normal):
    test = normal(40, 6)
    one, none = torch.zeros(40, dtype=torch.int64), {"labels": "classes"}
    with pytest.raises(MetricRefused, match=r"silhouette\.clusters must say"):
        measure(labelled(linear(), test, None))
    with pytest.raises(MetricRefused, match="have no classes"):
        measure(labelled(linear(), test, None, silhouette=none))
    with pytest.raises(MetricRefused, match="1 clusters of 40 codes"):
        measure(labelled(linear(), test, one, silhouette=none))
    with pytest.raises(MetricRefused, match="40 different codes can't form 50 clusters"):
        measure(labelled(linear(), test, None, silhouette={"clusters": 50}))
    with pytest.raises(MetricRefused, match="constant"):
        measure(labelled(linear(encoder=torch.zeros(3, 6)), test, None, silhouette={"clusters": 3}))
    with pytest.raises(MetricRefused, match="finite matrix"):
        measure(labelled(linear(encoder=torch.full((3, 6), torch.nan)), test, None, silhouette={"clusters": 3}))
    with pytest.raises(MetricRefused, match="finite matrix"):
        measure(labelled(linear(), test, None, axes=[False] * 3, silhouette={"clusters": 3}))
