"""Active dimensions of a linear model, where weight × variance is known in closed form."""

from __future__ import annotations

import pytest
import torch

from latentdim.metrics import MetricRefused
from latentdim.metrics.active.measure import chosen_axes, jacobian_axes, jacobian_count, own_count, relevance_of
from latentdim.metrics.relevance import relevance_weights


def identity_of(dim: int) -> torch.Tensor:
    return torch.eye(dim)


def test_the_method_s_own_count_is_that_of_its_rule(linear, measuring, normal):
    model = linear()
    model.active = lambda: torch.tensor([True, False, True])
    found = own_count(measuring(model, normal(10, 6), normal(10, 6)))
    assert (found.value, found.n, found.detail) == (2.0, 0, {"axes": [0, 2], "dim": 3})


@pytest.mark.parametrize("about_zero", [False, True])
def test_relevance_of_a_linear_decoder_is_variance_times_squared_column_norm(linear, measuring, normal, about_zero):
    train = normal(500, 6) * 2 + 3
    model = linear(about_zero=about_zero)
    context = measuring(model, train, train[:2])
    codes = (train[:100] @ model.encoder.T).double()  # a fifth of 500
    variances = codes.square().mean(dim=0) if about_zero else codes.var(dim=0, correction=0)
    scores = variances * model.weight.double().square().sum(dim=0)
    found = jacobian_count(context)
    assert found.n == 100
    assert found.detail["scores"] == pytest.approx(scores.tolist(), rel=1e-5)
    assert found.detail["variances"] == pytest.approx(variances.tolist(), rel=1e-5)
    assert found.detail["counts"] == {"mean_of_squares": found.value, "square_of_mean": found.value}
    assert jacobian_axes(context).nonzero().flatten().tolist() == found.detail["axes"]


def test_the_own_count_keeps_the_numbers_that_its_rule_cuts(linear, measuring, normal, monkeypatch):
    train, model = normal(20, 6), linear()
    assert "scores" not in own_count(measuring(model, train, train)).detail
    monkeypatch.setattr(type(model), "active_scores", lambda self: torch.tensor([0.5, 0.25, 0.0]))
    monkeypatch.setattr(type(model), "active", lambda self: torch.tensor([True, True, False]))
    assert own_count(measuring(model, train, train)).detail == {"axes": [0, 1], "dim": 3, "scores": [0.5, 0.25, 0.0]}


def test_the_variance_is_that_of_draws_from_the_posterior(linear, measuring, normal):
    train = torch.zeros(20_000, 6)
    found = relevance_of(measuring(linear(noise=0.5), train, train))
    assert found.variances.tolist() == pytest.approx([0.25] * 3, rel=0.1)
    assert found.n == 4000


@pytest.mark.parametrize(
    ("n_train", "n_relevance", "expected"), [(500, 10_000, 100), (500, 30, 30), (9, 10_000, 2), (60, 12, 12)]
)
def test_at_most_a_fifth_of_the_training_set_is_used(linear, measuring, normal, n_train, n_relevance, expected):
    train = normal(n_train, 6)
    found = relevance_of(measuring(linear(), train, train, n_relevance=n_relevance))
    assert found.n == expected
    assert found.n_jacobian == min(100, expected)


@pytest.mark.parametrize("at", ["mean", "sample"])
def test_the_jacobian_is_taken_at_the_first_codes(linear, measuring, normal, at):
    train, model = normal(500, 6), linear(noise=0.7)
    model.decode = lambda z: torch.tanh(z @ model.weight.T)
    context = measuring(model, train, train, n_jacobian=7, jacobian_at=at)
    drawn = model.encode(train[:100], sample=context.draws("relevance"))[:7]
    codes = drawn if at == "sample" else train[:7] @ model.encoder.T
    found = relevance_of(context)
    for reduction, weights in found.weights.items():
        torch.testing.assert_close(weights, relevance_weights(model.decode, codes, reduction=reduction))


def test_the_protocol_chooses_the_reduction_and_both_counts_are_kept(linear, measuring):
    # Axis 0 has gain 10 on one code in ten and none elsewhere: mean of squares 10, square of the mean 1.
    model = linear(weight=identity_of(2), encoder=identity_of(2))
    model.decode = lambda z: torch.stack([5 * z[:, 0].relu().square(), 0.4 * z[:, 1]], dim=1)
    train = torch.tensor([[1.0, 1.0], *[[-1.0, (-1.0) ** i] for i in range(9)]]).repeat(5, 1)
    variances = train[:10].double().var(dim=0, correction=0)  # .36 and .96
    context = measuring(model, train, train, relevance_share=0.95)
    assert relevance_of(context).scores("mean_of_squares").tolist() == pytest.approx(
        (variances * torch.tensor([10, 0.16])).tolist()
    )
    assert relevance_of(context).scores("square_of_mean").tolist() == pytest.approx(
        (variances * torch.tensor([1, 0.16])).tolist()
    )
    found = jacobian_count(context)
    assert found.detail["counts"] == {"mean_of_squares": 1, "square_of_mean": 2}
    assert found.value == 1
    released = jacobian_count(measuring(model, train, train, relevance_share=0.95, jacobian_reduction="square_of_mean"))
    assert released.value == 2
    assert released.detail["axes"] == [0, 1]


def test_an_axis_without_decoder_gain_is_not_active_however_large_its_variance(linear, measuring, normal):
    weight = torch.tensor([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 0.0]])
    model = linear(weight=weight, encoder=torch.diag(torch.tensor([1.0, 1e6, 1.0])))
    train = normal(500, 3)
    assert jacobian_axes(measuring(model, train, train)).tolist() == [True, False, True]


def test_the_protocol_s_share_and_strictness_are_followed(linear, measuring):
    scale = torch.tensor([500.0, 300.0, 190.0, 6.0, 4.0]).sqrt()
    model = linear(weight=torch.diag(scale), encoder=identity_of(5))
    train = torch.tensor([[1.0], [-1.0]]).repeat(10, 5)
    assert jacobian_count(measuring(model, train, train)).value == 4
    assert jacobian_count(measuring(model, train, train, relevance_strict=False)).value == 3
    assert jacobian_count(measuring(model, train, train, relevance_share=0.75)).value == 2


def test_the_count_ignores_the_order_of_axes_and_examples(linear, measuring, normal):
    spreads = torch.tensor([9.0, 3.0, 1.0, 0.1, 0.01])
    train, model = normal(200, 6), linear(dim=5, encoder=spreads[:, None] * normal(5, 6, name="encoder"))
    expected = jacobian_count(measuring(model, train, train))
    order = torch.tensor([3, 1, 4, 0, 2])
    turned = linear(weight=model.weight[:, order], encoder=model.encoder[order])
    assert jacobian_count(measuring(turned, train, train)).value == expected.value
    shuffled = torch.cat([train[:40].flip(0), train[40:]])  # the same fifth
    assert jacobian_count(measuring(model, shuffled, train)).value == expected.value
    assert 0 < expected.value < 5


def test_each_word_for_axes_stands_for_its_rule(linear, measuring, normal):
    model, train = linear(noise=0.3), normal(100, 6)
    model.active = lambda: torch.tensor([False, True, True])
    context = measuring(model, train, train)
    given = (model, context.data, context.evaluation)
    assert chosen_axes(*given, "all", context.draws) is None
    assert chosen_axes(*given, "active", context.draws).tolist() == [False, True, True]
    assert chosen_axes(*given, "jacobian", context.draws).tolist() == jacobian_axes(context).tolist()


def test_metrics_of_one_run_work_the_relevance_out_once(linear, measuring, normal):
    model, train = linear(), normal(100, 6)
    context = measuring(model, train, train)
    jacobian_count(context)
    encoded = model.encoded
    chosen_axes(model, context.data, context.evaluation, "jacobian", context.draws, shared=context.shared)
    assert model.encoded == encoded == 40


def test_codes_that_are_not_finite_are_refused(linear, measuring, normal):
    model = linear(encoder=torch.full((3, 6), float("nan")))
    with pytest.raises(MetricRefused, match="not finite"):
        jacobian_count(measuring(model, normal(100, 6), normal(9, 6)))
