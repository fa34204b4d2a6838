"""Draws: their laws, their prefixes, and that they go on where they were."""

from __future__ import annotations

import pytest
import torch
from scipy.stats import chisquare, kstest

from latentdim.nets.draws import ROWS, Draws

DEVICES = ["cpu", pytest.param("cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU"))]


@pytest.mark.parametrize("device", DEVICES)
def test_numbers_have_the_laws_that_they_are_said_to_have(device: str) -> None:
    draws = Draws.named("laws", device=device)
    normal, uniform = draws.normal((200, 100)), draws.uniform((200, 100))
    assert normal.shape == uniform.shape == (200, 100)
    assert normal.dtype == uniform.dtype == torch.float32
    assert normal.device.type == uniform.device.type == draws.device.type == device
    assert kstest(normal.flatten().cpu().numpy(), "norm").pvalue > 1e-3
    assert kstest(uniform.flatten().cpu().numpy(), "uniform").pvalue > 1e-3
    integers = draws.integers(7, (7000,))
    assert integers.dtype == torch.int64
    assert chisquare(integers.bincount(minlength=7).cpu().numpy()).pvalue > 1e-3
    assert draws.permutation(50).sort().values.tolist() == list(range(50))


def test_first_draws_of_many_names_are_normal_together() -> None:
    first = torch.cat([Draws.named("first", index).normal((1,)) for index in range(2000)])
    assert kstest(first.numpy(), "norm").pvalue > 1e-3
    assert torch.corrcoef(torch.stack([first[:-1], first[1:]]))[0, 1].abs() < 4 / 2000**0.5


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("width", [1, 3, 7, 16, 33])
def test_more_rows_keep_the_first_ones(width: int, device: str) -> None:
    most = Draws.named("rows", device=device).rows(2 * ROWS + 501, width)
    assert most.shape == (2 * ROWS + 501, width)
    for n in (0, 1, 2, 3, 5, 15, 16, 17, 100, ROWS - 1, ROWS, ROWS + 1, 2 * ROWS, 2 * ROWS + 500):
        fewer = Draws.named("rows", device=device).rows(n, width)
        assert fewer.shape == (n, width)
        assert torch.equal(fewer, most[:n]), n


def test_torch_s_own_normal_numbers_have_no_such_prefixes() -> None:
    """If this fails, torch has changed for the better, and the blocks may go."""
    more, fewer = (Draws.named("rows").normal((n, 7)) for n in (1001, 1000))
    assert not torch.equal(more[:1000], fewer)


def test_whole_blocks_follow_on_each_other() -> None:
    draws = Draws.named("rows")
    parts = torch.cat([draws.rows(ROWS, 5), draws.rows(2 * ROWS, 5), draws.rows(17, 5)])
    assert torch.equal(parts, Draws.named("rows").rows(3 * ROWS + 17, 5))


def test_rows_are_normal_and_of_different_blocks_independent() -> None:
    rows = Draws.named("blocks").rows(4 * ROWS, 5)
    assert kstest(rows.flatten().numpy(), "norm").pvalue > 1e-3
    one, two = rows[:ROWS].flatten(), rows[ROWS : 2 * ROWS].flatten()
    assert torch.corrcoef(torch.stack([one, two]))[0, 1].abs() < 4 / (5 * ROWS) ** 0.5


@pytest.mark.parametrize("device", DEVICES)
def test_they_go_on_from_a_state(device: str) -> None:
    draws, other = (Draws.named(name, device=device) for name in ("here", "there"))
    draws.normal((13,))
    state = draws.state()
    expected = [draws.normal((13,)), draws.uniform((5,)), draws.rows(3, 2)]
    other.restore(state)
    found = [other.normal((13,)), other.uniform((5,)), other.rows(3, 2)]
    assert all(torch.equal(one, two) for one, two in zip(expected, found, strict=True))
    assert state.dtype == torch.uint8


def test_equal_names_draw_equal_numbers_and_others_others() -> None:
    assert torch.equal(Draws.named("a", 1).normal((20,)), Draws.named("a", 1).normal((20,)))
    assert (Draws.named("a", 1).normal((20,)) != Draws.named("a", 2).normal((20,))).all()
