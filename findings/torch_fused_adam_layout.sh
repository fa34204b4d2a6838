#!/usr/bin/env bash
# Fused Adam on the CPU pairs weights and moments by their order in memory, so a resumed channels-last model goes wrong.
#
# torch 2.13.0, CPU: torch.optim.Adam(fused=True) walks along a parameter, its gradient and its moments as they lie in
# memory. A convolution in channels-last format whose optimiser state was stored row by row (safetensors stores nothing
# else, and load_state_dict keeps the layout that it is given) is moved by other weights' moments from then on: no error,
# no warning, and a loss that still falls. The plain Adam goes by position and is right. What to do: after loading, lay
# each moment out as its parameter, torch.empty_like(parameter).copy_(moment).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check torch==2.13.0 numpy==2.2.6 safetensors==0.6.2 packaging==25.0
"$folder/venv/bin/python" - "$folder/state.safetensors" <<'PYTHON'
import sys

import torch
from safetensors.torch import load_file, save_file


def trained(*, fused: bool, resumed: bool, laid_out: bool = False) -> torch.Tensor:
    """A 3 x 3 convolution's weights after four steps; resumed: the moments go through a file after two."""
    torch.manual_seed(0)
    weight = torch.nn.Parameter(torch.randn(6, 5, 3, 3).to(memory_format=torch.channels_last))
    optimizer = torch.optim.Adam([weight], lr=0.1, fused=fused)
    for number, gradient in enumerate(torch.randn(4, 6, 5, 3, 3)):
        if number == 2 and resumed:
            state = optimizer.state_dict()
            save_file({name: value.contiguous() for name, value in state["state"][0].items()}, sys.argv[1])
            state["state"][0] = load_file(sys.argv[1])
            optimizer.load_state_dict(state)
            if laid_out:
                for name, value in optimizer.state[weight].items():
                    if value.shape == weight.shape:
                        optimizer.state[weight][name] = torch.empty_like(weight).copy_(value).detach()
        weight.grad = gradient.to(memory_format=torch.channels_last)
        optimizer.step()
    return weight.detach()


def apart(first: torch.Tensor, second: torch.Tensor) -> float:
    return float((first - second).abs().max())


print("torch", torch.__version__)
whole = trained(fused=False, resumed=False)
plain, fused = trained(fused=False, resumed=True), trained(fused=True, resumed=True)
mended = trained(fused=True, resumed=True, laid_out=True)
print("largest difference to the training that was never interrupted, after steps of 0.1:")
print(f"plain Adam {apart(plain, whole):.1e}, fused {apart(fused, whole):.1e}, moments laid out anew {apart(mended, whole):.1e}")
assert apart(plain, whole) == 0
assert apart(fused, whole) > 0.05
assert apart(mended, whole) < 1e-5
PYTHON
