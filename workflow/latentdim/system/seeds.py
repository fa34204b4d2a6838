"""Randomness by name: every stream is fixed by what it is for, never by the order of draws elsewhere."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch


def seed_of(*names: str | int) -> int:
    """A 63-bit seed fixed by the names alone, for example ``seed_of("mnist", "vae", 16, 0, "noise")``."""
    digest = hashlib.sha256("/".join(map(str, names)).encode()).digest()
    return int.from_bytes(digest[:8], "little") >> 1


def stream(*names: str | int) -> np.random.Generator:
    """An independent numpy generator for one purpose."""
    digest = hashlib.sha256("/".join(map(str, names)).encode()).digest()
    return np.random.default_rng(np.frombuffer(digest, dtype=np.uint32).tolist())


def torch_stream(*names: str | int, device: torch.device | str = "cpu") -> torch.Generator:
    """An independent torch generator for one purpose, on one device."""
    import torch

    return torch.Generator(device=device).manual_seed(seed_of(*names))
