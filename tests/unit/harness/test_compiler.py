"""A process that compiles nothing does without torch's compiler, and one that does has it."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import sys, torch
from latentdim.harness.compiler import defer_compiler
{before}
torch.manual_seed(0)
layer = torch.nn.Linear(3, 2)
for kind in (torch.optim.Adam, torch.optim.SGD, torch.optim.RMSprop):
    optimizer = kind(layer.parameters(), lr=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        layer(torch.ones(4, 3)).square().sum().backward()
        optimizer.step()
print(layer.weight.tolist())
print("torch._dynamo.symbolic_convert" in sys.modules)
from torch._dynamo import config
import torch._dynamo.eval_frame
print(torch._dynamo.config is config, torch._dynamo is sys.modules["torch._dynamo"])
print(torch.compile(lambda x: x + 1, backend="eager")(torch.ones(2)).tolist())
optimizer.step()
"""


def printed(before: str) -> list[str]:
    command = [sys.executable, "-c", SCRIPT.format(before=before)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


def test_optimisers_do_without_the_compiler_to_the_same_numbers_and_what_is_compiled_brings_it() -> None:
    weights, imported, whole, compiled = printed("defer_compiler()")
    assert imported == "False"
    assert (whole, compiled) == ("True True", "[2.0, 2.0]")
    assert printed("import torch._dynamo; defer_compiler()") == [weights, "True", whole, compiled]
