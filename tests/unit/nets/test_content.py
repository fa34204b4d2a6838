"""Keys and numbers fixed by an example's content."""

import struct

import pytest
import torch
from scipy.special import ndtri
from scipy.stats import kstest

from latentdim.nets.content import content_keys, content_normals
from latentdim.system.seeds import torch_stream

WORD = 2**64
GOLDEN = 0x9E3779B97F4A7C15


def finalised(value: int) -> int:
    """The finaliser of SplitMix64 as published, on Python's whole numbers modulo 2⁶⁴."""
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9 % WORD
    value = (value ^ (value >> 27)) * 0x94D049BB133111EB % WORD
    return value ^ (value >> 31)


def key_of(values: list[float]) -> int:
    bits = [struct.unpack("<i", struct.pack("<f", value))[0] for value in values]
    return finalised(sum(finalised((bit + place * GOLDEN) % WORD) for place, bit in enumerate(bits)) % WORD)


def test_keys_and_normals_are_those_of_whole_numbers_of_64_bits() -> None:
    x = torch.randn(6, 2, 3, generator=torch_stream("content")) * 100
    keys, normals = content_keys(x), content_normals(x, 4, salt=torch.tensor(-17))
    for example, key, row in zip(x.flatten(1).tolist(), keys.tolist(), normals.tolist(), strict=True):
        assert key % WORD == key_of(example)
        salted = finalised((key_of(example) - 17) % WORD)
        hashed = [finalised((salted + axis * GOLDEN) % WORD) for axis in range(1, 5)]
        assert row == pytest.approx([ndtri(((number >> 11) + 0.5) / 2**53) for number in hashed], rel=1e-6)


def test_equal_examples_have_equal_keys_wherever_they_stand() -> None:
    x = torch.randn(50, 3, 4, generator=torch_stream("x"))
    keys = content_keys(x)
    assert torch.equal(content_keys(x[20:21]), keys[20:21])
    assert torch.equal(content_keys(x.flip(0)), keys.flip(0))
    assert torch.equal(content_keys(torch.zeros(1, 2)), content_keys(-torch.zeros(1, 2)))


def test_different_examples_have_different_keys() -> None:
    binary = (torch.arange(2**16).unsqueeze(1) >> torch.arange(16)) & 1  # every binary image of 16 pixels
    assert len(content_keys(binary.float()).unique()) == 2**16
    x = torch.randn(1, 8, generator=torch_stream("x"))
    swapped = x[:, [1, 0, 2, 3, 4, 5, 6, 7]]
    nudged = x.clone()
    nudged[0, 7] = torch.nextafter(nudged[0, 7], torch.tensor(10.0))
    assert len(content_keys(torch.cat([x, swapped, nudged, x * 2.0])).unique()) == 4


def test_normals_are_standard_independent_and_change_with_the_salt() -> None:
    x = torch.arange(5000.0).unsqueeze(1)
    one, two = (content_normals(x, 4, salt=torch.tensor(salt)) for salt in (1, 2))
    assert one.dtype == torch.float32
    for values in (*one.T, *two.T):
        assert kstest(values.numpy(), "norm").pvalue > 1e-3
    together = torch.corrcoef(torch.cat([one, two, x], dim=1).T) - torch.eye(9)
    assert together.abs().max() < 4.5 / 5000**0.5
