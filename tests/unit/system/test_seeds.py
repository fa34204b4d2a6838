"""Streams are fixed by their names alone, and no two of a million are one."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from latentdim.system import seeds
from latentdim.system.seeds import key_of, seed_of, stream, torch_stream, twister

MILLION = 1_000_000


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


def test_what_reaches_the_generators_differs_for_a_million_names() -> None:
    keys, short = set(), set()
    for index in range(MILLION):
        key = key_of("run", index)
        keys.add(key.tobytes())
        short.add(key.tobytes()[:8])
    assert len(keys) == MILLION
    assert len(short) == MILLION  # the 64 bits that a GPU's seed is cut from
    # What torch's own seeding of a CPU generator looks at would not do.
    assert len({int.from_bytes(key[:4], "little") for key in keys}) < MILLION


def test_seeds_are_non_negative_and_fit_63_bits() -> None:
    found = {seed_of("run", index) for index in range(1000)}
    assert len(found) == 1000
    assert all(0 <= seed < 2**63 for seed in found)
    assert max(found) > 2**62


def test_names_whose_seeds_share_the_bits_that_torch_looks_at_draw_differently() -> None:
    seen: dict[int, int] = {}
    for index in range(MILLION):
        bits = seed_of("pair", index) % 2**32
        if bits in seen:
            break
        seen[bits] = index
    first, second = seen[bits], index
    by_seed = [torch.Generator().manual_seed(seed_of("pair", number)) for number in (first, second)]
    assert torch.equal(*(torch.randn(8, generator=generator) for generator in by_seed))
    by_name = [torch_stream("pair", number) for number in (first, second)]
    one, two = (torch.randn(8, generator=generator) for generator in by_name)
    assert (one != two).all()


def test_a_cpu_generator_draws_what_numpys_twister_draws_from_the_same_key() -> None:
    names = ("mnist", "vae", 8, 0, "noise")
    raw = np.random.MT19937()
    raw.state = {"bit_generator": "MT19937", "state": {"key": twister(key_of(*names)), "pos": 624}}
    drawn = torch.randint(2**16, (2000,), generator=torch_stream(*names))
    assert drawn.tolist() == (raw.random_raw(2000) % 2**16).tolist()


def test_the_key_fills_the_whole_state() -> None:
    states = np.stack([twister(key_of("state", index)) for index in range(400)])[:, 1:]  # the first word is a constant
    bits = np.unpackbits(states.view(np.uint8), axis=1).mean(axis=0)
    assert np.abs(bits - 0.5).max() < 6 * 0.5 / 400**0.5  # each of 19,936 bits is a fair coin
    assert len(np.unique(states, axis=0)) == 400


def test_a_state_laid_out_otherwise_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    class Shifted(torch.Generator):
        def manual_seed(self, seed: int) -> torch.Generator:
            return self

        def get_state(self) -> torch.Tensor:
            return super().get_state().roll(8)

    seeds._seeded_with_zero.cache_clear()
    monkeypatch.setattr(torch, "Generator", Shifted)
    with pytest.raises(RuntimeError, match=r"torch .* lays the state of its CPU generator out otherwise"):
        torch_stream("any")
    seeds._seeded_with_zero.cache_clear()
