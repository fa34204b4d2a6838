"""Collapse is told by what comes out of the decoder."""

from __future__ import annotations

import re

import pytest
import torch

from latentdim.metrics.collapse import collapse_reason


def perfect(linear, dim: int = 4, gain: float = 1.0):
    return linear(weight=gain * torch.eye(dim), encoder=torch.eye(dim) / gain)


def test_a_model_that_reconstructs_and_generates_has_not_collapsed(linear, measuring, normal):
    data = normal(500, 4)
    assert collapse_reason(measuring(perfect(linear), data, data), active=4) is None


def test_no_active_dimension_is_a_collapse(linear, measuring, normal):
    data = normal(500, 4)
    assert collapse_reason(measuring(perfect(linear), data, data), active=0) == "the method counts no active dimension"


def test_a_constant_model_has_collapsed_in_both_ways(linear, measuring, normal):
    train, test = normal(500, 4), normal(300, 4, name="test data")
    constant = linear(weight=torch.zeros(4, 2), encoder=torch.zeros(2, 4), bias=float(train.mean()))
    reason = collapse_reason(measuring(constant, train, test), active=2)
    assert "reconstructions explain -" in reason
    assert "of the variance of 300 held-out examples" in reason
    assert "the variance of samples, 0, is 0.00% of the data's" in reason


@pytest.mark.parametrize(("kept", "collapsed"), [(0.003, True), (0.007, False)])
def test_reconstructions_must_explain_a_hundredth_of_the_variance(linear, measuring, normal, kept, collapsed):
    # x̂ = kept · x explains 1 − (1 − kept)² ≈ 2 · kept: .6 % and 1.4 %.
    data = normal(2000, 4) - normal(2000, 4).mean(dim=0)
    model = linear(weight=torch.eye(4), encoder=kept * torch.eye(4))
    reason = collapse_reason(measuring(model, data, data), active=4)
    assert ("reconstructions explain 0.6" in reason) if collapsed else (reason is None)


@pytest.mark.parametrize(("gain", "collapsed"), [(0.09, True), (0.11, False)])
def test_samples_must_vary_a_hundredth_as_much_as_the_data(linear, measuring, normal, gain, collapsed):
    data = 3 * normal(2000, 4) / normal(2000, 4).std()
    reason = collapse_reason(measuring(perfect(linear, gain=3 * gain), data, data), active=4)
    assert ("the variance of samples, 0.07" in reason) if collapsed else (reason is None)
    assert not collapsed or re.search(r"samples, 0\.07\d*, is 0\.8\d% of the data's 9 \(", reason)  # .09² is .81 %


def test_of_equal_training_examples_no_model_is_sound(linear, measuring, normal):
    data = torch.full((50, 4), 2.0)
    reason = "all 50 training examples are equal, so nothing can be learned from them"
    assert collapse_reason(measuring(perfect(linear), data, data), active=4) == reason
    assert collapse_reason(measuring(perfect(linear), data, normal(50, 4)), active=4) == reason
    data[-1, -1] = 2.5
    assert collapse_reason(measuring(perfect(linear), data, data), active=4) is None


def test_outputs_that_are_not_finite_are_told_as_such(linear, measuring, normal):
    data = normal(50, 4)
    model = linear(weight=torch.eye(4), encoder=torch.eye(4), bias=float("nan"))
    assert "not finite" in collapse_reason(measuring(model, data, data), active=4)
