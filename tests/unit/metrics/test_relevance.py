"""The decoder's Jacobian against closed forms and reverse mode, and the cumulative rule against its table."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from latentdim.metrics import active_by_relevance, relevance_weights
from latentdim.metrics.relevance import DIRECTIONS, EXAMPLES
from latentdim.nets.architectures.ard_conv import ArdConv
from latentdim.nets.architectures.mlp import Mlp
from latentdim.nets.build import decoder_of
from latentdim.study.protocol import Training

REDUCTIONS = ("mean_of_squares", "square_of_mean")


def brute_force(decode, z: Tensor, reduction: str) -> Tensor:
    """Reverse mode, one example at a time."""
    rows = [torch.autograd.functional.jacobian(lambda a: decode(a[None])[0].flatten(), code) for code in z]
    jacobian = torch.stack(rows).double()  # (N, D, L)
    if reduction == "mean_of_squares":
        return jacobian.square().mean(dim=0).sum(dim=0)
    return jacobian.abs().mean(dim=0).square().sum(dim=0)


def conv_decoder(dim: int) -> nn.Module:
    """Transposed convolutions, batch normalisation with lived-in statistics, ReLU and sigmoid; float64."""
    network = ArdConv(filters=(4, 8), decoder_filters=(6, 5), decoder_side=2)
    generator = torch.Generator().manual_seed(0)
    decoder = decoder_of(Training(network=network, epochs=1), shape=(1, 16, 16), dim=dim, generator=generator)
    decoder.train()
    for _ in range(20):
        decoder(3 * torch.randn(32, dim, generator=generator))
    return decoder.double().eval()


def test_weights_of_a_linear_decoder_are_the_squared_norms_of_its_columns(normal):
    weight = normal(7, 3)
    expected = weight.double().square().sum(dim=0)
    for reduction in REDUCTIONS:
        found = relevance_weights(lambda z: (z @ weight.T).reshape(-1, 7, 1, 1), normal(5, 3), reduction=reduction)
        assert found.dtype == torch.float64
        torch.testing.assert_close(found, expected, rtol=1e-6, atol=0)


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_weights_of_a_convolutional_decoder_equal_reverse_mode(normal, reduction):
    decoder, z = conv_decoder(dim=5), normal(11, 5).double()
    expected = brute_force(decoder, z, reduction)
    torch.testing.assert_close(relevance_weights(decoder, z, reduction=reduction), expected, rtol=1e-9, atol=0)
    single = relevance_weights(decoder.float(), z.float(), reduction=reduction)
    torch.testing.assert_close(single, expected, rtol=1e-4, atol=0)


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_more_codes_and_axes_than_one_pass_holds_change_nothing(normal, reduction):
    dim, n = 2 * DIRECTIONS + 3, 2 * EXAMPLES + 5
    network = Mlp(hidden=(9,), activation="tanh")
    decoder = decoder_of(
        Training(network=network, epochs=1), shape=(4,), dim=dim, generator=torch.Generator().manual_seed(1)
    ).double()
    z = normal(n, dim).double()
    expected = brute_force(decoder, z, reduction)
    torch.testing.assert_close(relevance_weights(decoder, z, reduction=reduction), expected, rtol=1e-9, atol=0)


def test_large_examples_are_passed_in_smaller_blocks(normal):
    weight = normal(300_000, 2)
    found = relevance_weights(lambda z: z @ weight.T, normal(3, 2))
    torch.testing.assert_close(found, weight.double().square().sum(dim=0), rtol=1e-5, atol=0)


def test_weights_equal_finite_differences(normal):
    decoder, z, step = conv_decoder(dim=3), normal(4, 3).double(), 1e-6
    found = relevance_weights(decoder, z)
    for axis in range(3):
        shift = step * torch.eye(3, dtype=torch.float64)[axis]
        slope = (decoder(z + shift) - decoder(z - shift)).detach() / (2 * step)
        assert found[axis].item() == pytest.approx(float(slope.square().sum() / len(z)), rel=1e-5)


def test_the_two_reductions_differ_where_the_gain_varies_over_examples():
    z = torch.tensor([[1.0], [-2.0], [3.0]])

    def decode(z: Tensor) -> Tensor:
        return torch.cat([z.square() / 2, 3 * z], dim=1)  # gains z and 3

    assert relevance_weights(decode, z).tolist() == pytest.approx([(1 + 4 + 9) / 3 + 9])
    assert relevance_weights(decode, z, reduction="square_of_mean").tolist() == pytest.approx(
        [((1 + 2 + 3) / 3) ** 2 + 9]
    )


def test_weights_need_no_gradient_and_leave_none_behind(normal):
    decoder = nn.Linear(2, 3)
    found = relevance_weights(decoder, normal(4, 2).requires_grad_())
    assert not found.requires_grad
    assert decoder.weight.grad is None


def test_a_decoder_that_ignores_its_code_gives_zero(normal):
    found = relevance_weights(lambda z: torch.ones(2, 2).expand(len(z), 2, 2), normal(4, 3))
    assert found.tolist() == [0, 0, 0]


def test_weights_refuse_what_is_not_a_matrix_of_codes():
    with pytest.raises(ValueError, match=r"shape \(3,\)"):
        relevance_weights(lambda z: z, torch.zeros(3))
    with pytest.raises(ValueError, match="known: mean_of_squares, square_of_mean"):
        relevance_weights(lambda z: z, torch.zeros(2, 3), reduction="median")


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.int64])
@pytest.mark.parametrize(
    ("scores", "strict", "reached"),
    [
        ([500, 300, 190, 6, 4], 4, 3),
        ([50, 49, 1], 3, 2),
        ([1] * 10, 10, 10),
        ([1] * 100, 100, 99),
        ([7], 1, 1),
        ([0, 0, 7, 0], 1, 1),
        ([0, 0, 0], 0, 0),
    ],
)
def test_active_count_follows_the_cumulative_share(scores, strict, reached, dtype):
    scores = torch.tensor(scores, dtype=dtype)
    assert int(active_by_relevance(scores).sum()) == strict
    assert int(active_by_relevance(scores, strict=False).sum()) == reached


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_share_at_the_rounding_edge_counts_as_on_it(dtype):
    scores = torch.tensor([5, 3, 1.9, 0.06, 0.04], dtype=dtype)
    for permuted in (scores, scores.flip(0), scores * 1e-3, scores * 7.7):
        assert int(active_by_relevance(permuted).sum()) == 4
        assert int(active_by_relevance(permuted, strict=False).sum()) == 3


def test_the_largest_scores_are_the_active_ones_wherever_they_stand(normal):
    scores = torch.tensor([0.001, 6.0, 0.0, 3.0, 0.5])
    assert active_by_relevance(scores).tolist() == [False, True, False, True, True]
    assert active_by_relevance(scores, share=0.5).tolist() == [False, True, False, False, False]
    order = torch.tensor([4, 2, 0, 1, 3])
    assert active_by_relevance(scores[order]).tolist() == active_by_relevance(scores)[order].tolist()


def test_a_share_next_to_one_never_counts_axes_without_any_relevance():
    assert active_by_relevance(torch.tensor([3.0, 2.0, 0.0]), share=1 - 1e-9).tolist() == [True, True, False]


@pytest.mark.parametrize("bad", [-1.0, float("nan"), float("inf")])
def test_scores_that_mean_nothing_are_refused(bad):
    with pytest.raises(ValueError, match="finite and not negative"):
        active_by_relevance(torch.tensor([1.0, bad]))


def test_weights_do_not_depend_on_the_order_of_examples_and_follow_that_of_axes(normal):
    first, second = normal(8, 4), normal(6, 8, name="second")
    z, order = normal(20, 4, name="codes"), torch.tensor([2, 0, 3, 1])
    found = relevance_weights(lambda z: torch.tanh(z @ first.T) @ second.T, z)
    shuffled = relevance_weights(lambda z: torch.tanh(z @ first.T) @ second.T, z.flip(0))
    permuted = relevance_weights(lambda z: torch.tanh(z @ first[:, order].T) @ second.T, z[:, order])
    torch.testing.assert_close(shuffled, found, rtol=1e-5, atol=0)
    torch.testing.assert_close(permuted, found[order], rtol=1e-5, atol=0)
