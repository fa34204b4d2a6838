#!/usr/bin/env bash
# torch's CPU generator looks at 32 bits of a 64-bit seed, so streams with different seeds can be one stream.
#
# torch 2.13.0: Generator.manual_seed takes any 64-bit integer, and initial_seed() gives all of it back, but the Mersenne
# twister behind CPU tensors is filled from the low 32 bits alone: seeds that differ by 2**32 draw the same numbers. Who
# makes seeds by hashing names therefore has 32 bits and not 64: of 100,000 names about one pair shares its stream, of a
# million about 116. (The Philox generator of CUDA tensors uses all 64.)
# What to do: fill the state with set_state, or keep a table of the seeds given out.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check torch==2.13.0 numpy==2.2.6
"$folder/venv/bin/python" - <<'PYTHON'
import torch

print("torch", torch.__version__)
low = 0x1234_5678
draws = {}
for high in (0, 1, 0x7FFF_FFFF):
    generator = torch.Generator().manual_seed(high * 2**32 + low)
    draws[high] = torch.randn(5, generator=generator)
    print(f"seed {generator.initial_seed():#018x}: {draws[high].tolist()}")
assert torch.equal(draws[0], draws[1]) and torch.equal(draws[0], draws[0x7FFF_FFFF]), "now the high bits count"
other = torch.randn(5, generator=torch.Generator().manual_seed(low + 1))
assert not torch.equal(draws[0], other), "the low bits do"
PYTHON
