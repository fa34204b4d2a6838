"""The engine's Adam is torch's, bit for bit."""

import pytest
import torch
from torch import nn

from latentdim.study.protocol import Optimizer
from latentdim.training.optimizers import Adam, match_layout, optimizer_of


@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_adam_is_torchs_to_the_bit(decay: float) -> None:
    """Two groups with rates of their own that move, one parameter that gets no gradient, one that gets it late."""
    torch.manual_seed(0)
    start = [torch.randn(7, 5), torch.randn(7), torch.randn(3), torch.randn(2)]
    ours, theirs = ([nn.Parameter(value.clone()) for value in start] for _ in range(2))
    settings = {"lr": 1e-2, "betas": (0.8, 0.99), "eps": 1e-7, "weight_decay": decay, "fused": True}
    mine, other = (
        kind([{"params": p[:2]}, {"params": p[2:], "lr": 0.1}], **settings)
        for kind, p in ((Adam, ours), (torch.optim.Adam, theirs))
    )
    for step in range(6):
        gradients = [torch.randn_like(value) for value in start[:2]] + [None, torch.randn(2) if step > 2 else None]
        for optimizer, parameters in ((mine, ours), (other, theirs)):
            optimizer.param_groups[0]["lr"] = 1e-2 / (1 + step)
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter.grad = gradient
            optimizer.step()
    for value, expected in zip(ours, theirs, strict=True):
        assert torch.equal(value, expected)
    state, expected_state = mine.state_dict(), other.state_dict()
    assert state["param_groups"] == expected_state["param_groups"]
    for index, slots in expected_state["state"].items():
        assert all(torch.equal(state["state"][index][name], value) for name, value in slots.items())


def test_amsgrad_divides_by_the_largest_mean_square_so_far() -> None:
    """Reddi et al. (2018), algorithm 2, with Adam's corrections as torch has them, in float64."""
    torch.manual_seed(0)
    value = nn.Parameter(torch.randn(40, dtype=torch.float64))
    x, m, v, most = value.detach().clone(), *(torch.zeros(40, dtype=torch.float64) for _ in range(3))
    optimizer = optimizer_of(Optimizer(learning_rate=0.01, amsgrad=True), [value])
    for step in range(1, 9):
        gradient = torch.randn(40, dtype=torch.float64) * (10.0 if step < 3 else 0.1)
        value.grad = gradient.clone()
        optimizer.step()
        m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient.square()
        most = torch.maximum(most, v)
        x -= 0.01 * (m / (1 - 0.9**step)) / ((most / (1 - 0.999**step)).sqrt() + 1e-8)
        torch.testing.assert_close(value.detach(), x, rtol=1e-10, atol=1e-12)
    assert bool((most > v).any())


def test_the_state_lies_as_the_parameter_does() -> None:
    """The fused update goes along memory: in another order, each weight would move by another one's moments."""
    torch.manual_seed(0)
    start, gradients = torch.randn(6, 5, 3, 3), torch.randn(4, 6, 5, 3, 3)
    row_by_row, channels_last = (nn.Parameter(start.clone()) for _ in range(2))
    ours, theirs = (Adam([parameter], lr=1e-2, fused=True) for parameter in (channels_last, row_by_row))
    for step, gradient in enumerate(gradients):
        if step == 2:  # as a checkpoint's state comes to a model whose weights lie otherwise
            channels_last.data = channels_last.data.to(memory_format=torch.channels_last)
            match_layout(ours)
        row_by_row.grad, channels_last.grad = gradient, gradient.clone()
        if step >= 2:
            channels_last.grad = gradient.to(memory_format=torch.channels_last)
        ours.step()
        theirs.step()
    moments = ours.state[channels_last]["exp_avg"]
    assert moments.stride() == channels_last.stride() != row_by_row.stride()
    torch.testing.assert_close(channels_last, row_by_row, rtol=1e-6, atol=1e-7)
    torch.testing.assert_close(moments, theirs.state[row_by_row]["exp_avg"], rtol=1e-6, atol=1e-7)
