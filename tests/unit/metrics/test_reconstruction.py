"""The reconstruction error against values worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from latentdim.metrics import MetricRefused, mse_per_pixel
from latentdim.metrics.reconstruction.measure import measure, measure_unexplained, variance_per_value
from latentdim.training.data import Scaling


def test_a_constant_offset_gives_its_square(normal):
    x = normal(5, 1, 4, 4)
    assert mse_per_pixel(x, x - 0.3) == pytest.approx(0.09, rel=1e-6)


def test_binary_images_against_one_half_give_a_quarter(normal):
    images = (normal(10, 1, 8, 8) > 0).numpy().astype(np.uint8)
    assert mse_per_pixel(images, np.full(images.shape, 0.5)) == 0.25


def test_the_symmetric_copy_gives_four_times_as_much(normal):
    x, y = normal(10, 3).sigmoid(), normal(10, 3, name="other").sigmoid()
    assert mse_per_pixel(2 * x - 1, 2 * y - 1) == pytest.approx(4 * mse_per_pixel(x, y), rel=1e-6)


def test_one_wrong_pixel_counts_once_among_all():
    x = torch.zeros(7, 3, 4, 5)
    y = x.clone()
    y[3, 1, 2, 2] = 1.0
    assert mse_per_pixel(x, y) == pytest.approx(1 / (7 * 3 * 4 * 5))


def test_shapes_that_would_broadcast_are_refused():
    with pytest.raises(ValueError, match=r"\(4, 1\) but its reconstruction is \(4, 3\)"):
        mse_per_pixel(torch.zeros(4, 1), torch.zeros(4, 3))


def test_a_short_last_batch_weighs_only_as_its_examples(linear, measuring):
    test = torch.cat([torch.zeros(1000, 2), torch.full((10, 2), 3.0)])
    model = linear(weight=torch.zeros(2, 1), encoder=torch.zeros(1, 2))
    found = measure(measuring(model, test, test))
    assert found.value == pytest.approx(10 * 9 / 1010)
    assert found.n == 1010
    assert found.spread == pytest.approx(np.std([0] * 1000 + [9] * 10, ddof=1) / np.sqrt(1010))
    assert found.detail["data_variance"] == pytest.approx(np.var([0] * 1000 + [3] * 10))
    assert found.detail["explained"] == pytest.approx(1 - (90 / 1010) / np.var([0] * 1000 + [3] * 10))


def test_only_the_reference_examples_count(linear, measuring):
    train, test = torch.full((8, 2), 5.0), torch.cat([torch.full((4, 2), 2.0), torch.full((9, 2), 7.0)])
    model = linear(weight=torch.zeros(2, 1), encoder=torch.zeros(1, 2))
    assert measure(measuring(model, train, test, n_reference=4)).value == pytest.approx(4)
    assert measure(measuring(model, train, test, split="train")).value == pytest.approx(25)


def test_the_error_is_in_the_data_s_own_units(linear, measuring):
    images = torch.tensor([[[[0, 255]]], [[[255, 255]]]], dtype=torch.uint8)
    model = linear(weight=torch.zeros(2, 1), encoder=torch.zeros(1, 2), bias=0.5)  # 0.5 in [−1, 1] is 0.75 in [0, 1]
    model.shape = (1, 1, 2)
    found = measure(measuring(model, images, images, scaling=Scaling(2.0, -1.0)))
    assert found.value == pytest.approx((0.75**2 + 3 * 0.25**2) / 4)


@pytest.mark.parametrize(
    ("axes", "inactive", "held"),
    [
        (None, "inactive_value", False),
        ([True, False, True], "inactive_value", True),
        ([True, False, True], "posterior", False),
    ],
)
def test_axes_outside_the_choice_are_treated_as_the_protocol_says(linear, measuring, normal, axes, inactive, held):
    model, test = linear(), normal(50, 6)
    model.inactive_value.copy_(torch.tensor([0.0, 1.5, 0.0]))
    z = test @ model.encoder.T
    if held:
        z[:, 1] = 1.5
    expected = ((z @ model.weight.T - test) ** 2).mean().item()
    assert measure(measuring(model, test, test, axes=axes, inactive=inactive)).value == pytest.approx(
        expected, rel=1e-5
    )


def test_reconstructions_that_are_not_finite_are_refused(linear, measuring, normal):
    with pytest.raises(MetricRefused, match="not finite"):
        measure(measuring(linear(bias=float("inf")), normal(5, 6), normal(5, 6)))


def test_the_variance_is_taken_over_all_batches_about_one_mean(normal):
    examples = normal(57, 2, 3) * 0.01 + 1000.0
    expected = examples.double().var(dim=0, correction=0).mean().item()
    assert variance_per_value(examples.split(10)) == pytest.approx(expected, rel=1e-9)


def test_the_unexplained_variance_is_the_error_over_the_variance(linear, measuring):
    test = torch.cat([torch.zeros(1000, 2), torch.full((10, 2), 3.0)])
    model = linear(weight=torch.zeros(2, 1), encoder=torch.zeros(1, 2))
    expected = (90 / 1010) / np.var([0] * 1000 + [3] * 10)
    found = measure_unexplained(measuring(model, test, test))
    assert found.value == pytest.approx(expected)
    assert found.spread == pytest.approx(np.std([0] * 1000 + [9] * 10, ddof=1) / np.sqrt(1010) * expected / (90 / 1010))
    with pytest.raises(MetricRefused, match="no variance"):
        measure_unexplained(measuring(model, test, torch.ones(4, 2)))
