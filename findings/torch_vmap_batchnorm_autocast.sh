#!/usr/bin/env bash
# Under bfloat16 autocast, models vmapped together leave bfloat16 at their first batch normalisation; alone they don't.
#
# torch 2.13.0: a convolution and a batch normalisation in training mode under torch.autocast give bfloat16, as the
# kernel takes a bfloat16 input beside float32 weights and running statistics. The same modules stacked by
# torch.func.stack_module_state and run by torch.vmap give float32: batch normalisation is there put together from
# smaller operations, which promote. So an ensemble's layers between a normalisation and the next product work in
# float32, at twice the memory, and its numbers are not its members'. On a GPU (torch 2.11.0, CUDA 13.0, an H200) it
# isn't even that: "Expected running_mean to have type BFloat16 but got Float". What to do: train members of a
# batch-normalised ensemble one by one under autocast, or vmap them in float32 alone, where both agree.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check torch==2.13.0 numpy==2.2.6
"$folder/venv/bin/python" - <<'PYTHON'
import torch
from torch import nn
from torch.func import functional_call, stack_module_state

torch.manual_seed(0)
members = [nn.Sequential(nn.Conv2d(3, 3, 3), nn.BatchNorm2d(3)) for _ in range(4)]
images = torch.randn(4, 8, 3, 6, 6)
weights, statistics = stack_module_state(members)


def member(weights: dict, statistics: dict, images: torch.Tensor) -> torch.Tensor:
    return functional_call(members[0], (weights, statistics), (images,))


def both() -> tuple[torch.Tensor, torch.Tensor]:
    together = torch.vmap(member)(weights, statistics, images)
    return together, torch.stack([one(own) for one, own in zip(members, images)])


print("torch", torch.__version__)
together, alone = both()
apart = float((together - alone).detach().abs().max())
print(f"float32: together {together.dtype}, alone {alone.dtype}, {apart:.1e} apart")
assert together.dtype == alone.dtype == torch.float32
assert apart < 1e-5
with torch.autocast("cpu", dtype=torch.bfloat16):
    together, alone = both()
apart = float((together - alone.float()).detach().abs().max())
print(f"autocast: together {together.dtype}, alone {alone.dtype}, {apart:.1e} apart")
assert together.dtype == torch.float32
assert alone.dtype == torch.bfloat16
PYTHON
