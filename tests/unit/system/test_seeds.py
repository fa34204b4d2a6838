"""Streams are fixed by their names alone."""

import torch

from latentdim.system.seeds import seed_of, stream, torch_stream


def test_the_same_names_give_the_same_draws_and_other_names_others() -> None:
    first, again = stream("mnist", "vae", 8, 0, "noise"), stream("mnist", "vae", 8, 0, "noise")
    other = stream("mnist", "vae", 8, 0, "order")
    draws = first.normal(size=8)
    assert (draws == again.normal(size=8)).all()
    assert (draws != other.normal(size=8)).all()


def test_a_draw_from_one_stream_leaves_another_unchanged() -> None:
    alone = torch.randn(4, generator=torch_stream("a"))
    torch.randn(1000, generator=torch_stream("b"))
    torch.randn(1000)
    assert torch.equal(alone, torch.randn(4, generator=torch_stream("a")))


def test_seeds_fit_torch_and_are_spread_out() -> None:
    seeds = {seed_of("run", index) for index in range(1000)}
    assert len(seeds) == 1000
    assert all(0 <= seed < 2**63 for seed in seeds)
