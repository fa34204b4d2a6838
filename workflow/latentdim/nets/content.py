"""Numbers fixed by what an example holds, and by nothing else: neither its place in a batch nor the batch's size."""

from __future__ import annotations

import math

import torch
from torch import Tensor

# Multipliers of the 64-bit finaliser of Steele, Lea and Flood (2014, "SplitMix"), and the golden ratio, as signed
# integers: products wrap around, which is what makes them exact and independent of any order of summation.
FIRST, SECOND, GOLDEN = 0xBF58476D1CE4E5B9 - 2**64, 0x94D049BB133111EB - 2**64, 0x9E3779B97F4A7C15 - 2**64


def content_keys(x: Tensor) -> Tensor:
    """A 64-bit key for each example, shape ``(B,)`` int64: equal for equal values, and otherwise different.

    Two of a million examples share a key by chance with a probability below 1e-7.

    Args:
        x: examples, ``(B, *shape)`` float32; −0 counts as 0.
    """
    bits = (x.flatten(1) + 0.0).contiguous().view(torch.int32).to(torch.int64)
    places = torch.arange(bits.shape[1], device=x.device) * GOLDEN
    return mixed(mixed(bits + places).sum(dim=1))


def content_normals(x: Tensor, dim: int, *, salt: Tensor) -> Tensor:
    """Standard normal numbers ``(B, dim)`` float32 that are a fixed function of each example, yet tell nothing of it.

    Args:
        x: examples, ``(B, *shape)`` float32.
        salt: an int64 scalar; another one gives other numbers.
    """
    axes = torch.arange(1, dim + 1, device=x.device) * GOLDEN
    hashed = mixed(mixed(content_keys(x) + salt).unsqueeze(1) + axes)
    uniform = (_shifted(hashed, 11).to(torch.float64) + 0.5) * math.ldexp(1.0, -53)
    return torch.special.ndtri(uniform).to(torch.float32)


def mixed(value: Tensor) -> Tensor:
    """A bijection of int64 in which every input bit moves half of the output's."""
    value = (value ^ _shifted(value, 30)) * FIRST
    value = (value ^ _shifted(value, 27)) * SECOND
    return value ^ _shifted(value, 31)


def _shifted(value: Tensor, places: int) -> Tensor:
    """A shift to the right that fills with zeros, where torch's copies the sign."""
    return (value >> places) & ((1 << (64 - places)) - 1)
