#!/usr/bin/env bash
# The first values of torch.randn(n) on the CPU depend on n: a longer draw from the same seed doesn't keep the shorter.
#
# torch 2.13.0, CPU, float32: draws of 16 values and more are made 16 at a time, and the last 16 are drawn again where n
# is no multiple of 16; draws of fewer than 16 come from another routine. So the same seed gives other values for n = 100
# than the first 100 of n = 112, in the last block, and for n = 15 than the first 15 of n = 16 altogether. Numpy's
# generators keep the prefix. Whoever wants 10,000 samples to begin with the 1,000 drawn yesterday can't rely on the seed.
# What to do: draw in blocks of one fixed size and cut the last.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check torch==2.13.0 numpy==2.2.6
"$folder/venv/bin/python" - <<'PYTHON'
import numpy as np
import torch


def torch_draw(n: int) -> torch.Tensor:
    return torch.randn(n, generator=torch.Generator().manual_seed(7))


def kept(n: int, of: int = 160) -> int:
    """How many of the first n values of a longer draw are those of a draw of n."""
    return int((torch_draw(n) == torch_draw(of)[:n]).sum())


print("torch", torch.__version__)
for n in (8, 15, 16, 32, 40, 100, 112, 159):
    print(f"n = {n:3}: {kept(n)} of {n} values are those of a draw of 160")
assert kept(16) == 16 and kept(32) == 32 and kept(112) == 112, "multiples of 16 are a prefix"
assert kept(15) < 15 and kept(8) < 8, "fewer than 16 are other numbers"
assert 24 <= kept(40) < 40 and 84 <= kept(100) < 100, "of others the last 16 values differ"
numpy_draws = [np.random.default_rng(7).standard_normal(n) for n in (100, 160)]
assert (numpy_draws[0] == numpy_draws[1][:100]).all(), "numpy keeps the prefix"
PYTHON
