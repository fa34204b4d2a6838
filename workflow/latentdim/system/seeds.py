"""Randomness by name: every stream is fixed by what it is for, never by the order of draws elsewhere.

All 256 bits of a hash of the names count. numpy's generators mix them into a pool of 128 bits; torch's CPU generator,
whose own seeding looks at 32 bits of a seed, has its whole state filled from them; torch's CUDA generator has a key of
64 bits, of which 63 are used. The chance that any two of a million streams are one and the same is below 1e-26 in numpy
and on the CPU, and 5e-8 on a GPU.
"""

from __future__ import annotations

import hashlib
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

# The state of torch's CPU generator, a Mersenne twister: the seed in 8 bytes, 16 bytes of counters, then 624 words of
# 32 bits in 8 bytes each.
WORDS = slice(24, 24 + 624 * 8)


def seed_of(*names: str | int) -> int:
    """A 63-bit seed fixed by the names alone, for example ``seed_of("mnist", "vae", 16, 0, "noise")``."""
    return int.from_bytes(_digest(names)[:8], "little") >> 1


def stream(*names: str | int) -> np.random.Generator:
    """An independent numpy generator for one purpose."""
    return np.random.default_rng(key_of(*names).tolist())


def torch_stream(*names: str | int, device: torch.device | str = "cpu") -> torch.Generator:
    """An independent torch generator for one purpose, on one device.

    Raises:
        RuntimeError: if this version of torch lays its CPU generator's state out otherwise than is known here.
    """
    import torch

    if torch.device(device).type != "cpu":
        return torch.Generator(device=device).manual_seed(seed_of(*names))
    state = _seeded_with_zero().copy()
    state[:8].view(np.uint64)[:] = seed_of(*names)
    state[WORDS].view(np.uint64)[:] = twister(key_of(*names))
    generator = torch.Generator()
    generator.set_state(torch.from_numpy(state))
    return generator


def key_of(*names: str | int) -> NDArray[np.uint32]:
    """What a CPU stream is made from: the hash of its names in eight words of 32 bits."""
    return np.frombuffer(_digest(names), dtype="<u4")


def twister(key: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """A Mersenne twister's 624 words from a key of any length (Matsumoto & Nishimura's ``init_by_array``)."""
    words: NDArray[np.uint32] = np.random.RandomState(key).get_state(legacy=False)["state"]["key"]
    return words


def _digest(names: tuple[str | int, ...]) -> bytes:
    return hashlib.sha256("/".join(map(str, names)).encode()).digest()


@cache
def _seeded_with_zero() -> NDArray[np.uint8]:
    """The state of torch's CPU generator right after seeding it with 0, once it is sure where its words lie."""
    import torch

    state: NDArray[np.uint8] = torch.Generator().manual_seed(0).get_state().numpy()
    known = np.random.RandomState(0).get_state(legacy=False)["state"]["key"]  # numpy seeds its twister alike
    if state.nbytes < WORDS.stop or not np.array_equal(state[WORDS].view(np.uint64), known):
        raise RuntimeError(
            f"torch {torch.__version__} lays the state of its CPU generator out otherwise than earlier versions did "
            "(624 words of 8 bytes from byte 24), so random streams can't be set up; use a version of torch that this "
            "package allows"
        )
    return state
