"""One update moves the optimiser's parameters by their gradients, however these lie in memory."""

import pytest
import torch
from torch import Tensor, nn

from latentdim.conformance.tiny import tiny_data
from latentdim.study.protocol import Optimizer, Training
from latentdim.training import Task, descend
from latentdim.training.optimizers import optimizer_of

RATE = 0.125


def task() -> Task:
    return Task(dim=2, data=tiny_data(), protocol=Training(batch_size=16, steps=1), names=("tiny", "test", 2, 0))


@pytest.mark.parametrize("name", ["adam", "sgd"])
def test_a_constant_gradient_moves_every_value_alike(name: str) -> None:
    """The gradient of a sum is one number spread over the weight; a fused optimiser would read beyond it."""
    weight = nn.Parameter(torch.zeros(1000))
    optimizer = optimizer_of(Optimizer(name=name, learning_rate=RATE), [weight])
    descend(lambda: {"sum": weight.sum()}, optimizer, task())
    # Adam's first step is the rate, against the gradient's sign; gradient descent's is rate times gradient.
    assert torch.allclose(weight, torch.full((1000,), -RATE), atol=1e-6)


def test_a_gradient_in_another_order_than_its_weight_moves_the_right_values() -> None:
    weight = nn.Parameter(torch.zeros(5, 7))
    target = torch.randn(7, 5, generator=torch.Generator().manual_seed(0))
    optimizer = optimizer_of(Optimizer(name="adam", learning_rate=RATE), [weight])
    descend(lambda: {"product": (weight.T * target).sum()}, optimizer, task())
    assert torch.allclose(weight, -RATE * target.T.sign(), atol=1e-5)


def test_parameters_of_no_optimiser_stay_and_keep_their_gradients() -> None:
    moved, other, unused = (nn.Parameter(torch.ones(3)) for _ in range(3))
    other.grad = torch.full((3,), 5.0)
    optimizer = optimizer_of(Optimizer(name="sgd", learning_rate=RATE), [moved, unused])

    def loss() -> dict[str, Tensor]:
        return {"one": (moved * other).sum(), "two": 2.0 * moved.sum()}

    for updates in (1, 2):  # gradients don't add up from one update to the next
        terms = descend(loss, optimizer, task())
        assert torch.allclose(moved, torch.full((3,), 1.0 - RATE * 3.0 * updates))
    assert terms["two"].item() == pytest.approx(2 * 3 * (1.0 - RATE * 3.0))
    assert torch.equal(other, torch.ones(3))
    assert torch.equal(unused, torch.ones(3))
    assert other.grad.tolist() == [5.0] * 3
