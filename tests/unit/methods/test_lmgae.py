"""LMGAE is MaskAAE with the preprint's order of sub-steps."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from latentdim.training import Task
from methods import lmgae, maskaae
from methods.lmgae import runner
from methods.maskaae.runner import fit


def test_its_settings_are_maskaaes_but_for_the_order() -> None:
    own, other = lmgae.Config().model_dump(), maskaae.Config().model_dump()
    assert own.pop("order") == "generator_first"
    assert other.pop("order") == "critic_first"
    assert own == other


def test_it_trains_as_maskaae_does_in_that_order(make_task: Callable[..., Task]) -> None:
    own = runner.fit(make_task(), lmgae.Config())
    same = fit(make_task(), maskaae.Config(order="generator_first"))
    other = fit(make_task(), maskaae.Config())
    assert all(torch.equal(value, same.state_dict()[name]) for name, value in own.state_dict().items())
    assert not torch.equal(own.reconstruct(torch.ones(2, 6)), other.reconstruct(torch.ones(2, 6)))


def test_cross_entropy_needs_a_sigmoid_output_here_too(make_task: Callable[..., Task]) -> None:
    config = lmgae.Config(reconstruction="bce")
    (sentence,) = maskaae.compatibility(config, make_task().protocol, 120)
    assert sentence == ".reconstruction = 'bce': needs protocol.training.network.output 'sigmoid'"
    with pytest.raises(ValueError, match="'bce' needs"):
        runner.fit(make_task(), config)
