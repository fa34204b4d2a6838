"""Deterministic methods with linear networks: none reconstructs its training set better than principal components."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from latentdim import registry
from latentdim.registry.declarations import resolve

SETTINGS: list[tuple[str, dict[str, Any]]] = [
    ("rae", {"regulariser": "none", "latent_weight": 0.0}),
    ("rae", {"regulariser": "gradient_penalty"}),
    ("wae_mmd", {"mmd_weight": 0.0}),
    ("wae_mmd", {"kernel": "rbf"}),
    ("wae_gan", {"adversarial_weight": 1.0, "critic_hidden": (8,)}),
]


@pytest.mark.parametrize(("name", "settings"), SETTINGS, ids=str)
def test_none_beats_principal_components(name: str, settings: dict[str, Any], gaussian_toy: Callable[..., Any]) -> None:
    toy = gaussian_toy(1.6, 1.0, 0.5, 0.4, dim=2, steps=500)
    method = registry.methods().get(name)
    model = resolve(method.runner)(toy.task, method.config(**settings))
    x = torch.from_numpy(toy.x).float()
    error = (model.reconstruct(x) - x).square().sum(dim=1).mean().item()
    least = toy.eigenvalues[2:].sum()
    assert least * (1 - 1e-5) < error < toy.eigenvalues.sum()  # what no model at all would leave
    if settings.get("latent_weight") == 0.0:
        assert error < 1.05 * least
