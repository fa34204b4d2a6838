"""MaskAAE's gradient penalty in closed form."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from methods.maskaae import Config
from methods.maskaae.objective import critic_loss


@pytest.mark.parametrize(("wrt", "factors"), [("unmasked", (0.5, 0.25)), ("masked", (1.0, 1.0))])
def test_the_penalty_of_a_linear_critic_is_known(wrt: str, factors: tuple[float, float]) -> None:
    """H(v) = 3 v₁ + 4 v₂ has the slope (3, 4) everywhere, and (3 μ₁, 4 μ₂) with respect to unmasked codes."""
    critic = nn.Linear(2, 1)
    critic.weight.data = torch.tensor([[3.0, 4.0]])
    config = Config.model_validate({"penalty_wrt": wrt, "beta_2": 10.0})
    z, codes, mask = torch.ones(4, 2), torch.full((4, 2), -2.0), torch.tensor([0.5, 0.25])
    terms = critic_loss(critic, z=z, codes=codes, mask=mask, mix=torch.full((4, 1), 0.3), config=config)
    expected = 10.0 * (math.hypot(3.0 * factors[0], 4.0 * factors[1]) - 1.0) ** 2
    assert terms["penalty"].item() == pytest.approx(expected, rel=1e-5)
    assert terms["critic"].item() == pytest.approx(-3.0 * (3.0 * 0.5 + 4.0 * 0.25), rel=1e-5)  # −w, z − code being 3
