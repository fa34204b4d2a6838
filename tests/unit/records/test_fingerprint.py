"""The fingerprint of a method's code is the same wherever it is taken."""

import ast
import hashlib
import json
import subprocess
import sys

from latentdim import registry
from latentdim.records.fingerprint import _dump, fingerprint

BLOCKED = """
import json, sys
for name in ("torch", "torchvision", "sklearn"):
    sys.modules[name] = None
from latentdim import registry
from latentdim.records.fingerprint import fingerprint
print(json.dumps({method.name: fingerprint(method) for method in registry.methods()}))
"""


def test_a_machine_without_torch_finds_the_same_fingerprints() -> None:
    printed = subprocess.run([sys.executable, "-c", BLOCKED], capture_output=True, text=True, check=True).stdout
    assert json.loads(printed) == {method.name: fingerprint(method) for method in registry.methods()}


def test_every_method_has_a_fingerprint_of_its_own() -> None:
    found = [fingerprint(method) for method in registry.methods()]
    assert all(found)
    assert len(set(found)) == len(found)


def test_the_fingerprint_of_a_source_is_the_same_on_every_python() -> None:
    source = (
        '"""Docs."""\nimport os\n\n\ndef f(x: int, *, y: float = 1.5) -> str:\n'
        '    """Docs."""\n    return f"{x + y}"  # why\n'
    )
    digest = hashlib.sha256(_dump(ast.parse(source)).encode()).hexdigest()[:12]
    assert digest == "55677bc496c3"
