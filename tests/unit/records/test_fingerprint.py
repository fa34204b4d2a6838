"""The fingerprint of a method's code is the same wherever it is taken."""

import ast
import hashlib
import importlib
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from latentdim import registry
from latentdim.records.fingerprint import NUMERICAL, _reach, fingerprint
from latentdim.records.source_code import _dump

BLOCKED = """
import json, sys
for name in ("torch", "torchvision", "sklearn"):
    sys.modules[name] = None
from latentdim import registry
from latentdim.records.fingerprint import fingerprint
networks = [*registry.networks(), None]
print(json.dumps([fingerprint(method, network) for method in registry.methods() for network in networks]))
"""


def test_a_machine_without_torch_finds_the_same_fingerprints() -> None:
    printed = subprocess.run([sys.executable, "-c", BLOCKED], capture_output=True, text=True, check=True).stdout
    assert json.loads(printed) == of_all_pairs()


def of_all_pairs() -> list[str]:
    networks = [*registry.networks(), None]
    return [fingerprint(method, network) for method in registry.methods() for network in networks]


def test_every_method_with_every_module_of_networks_has_a_fingerprint_of_its_own() -> None:
    """Some networks stand in one module, and a runner may import one by itself."""
    prints: dict[tuple[str, str], set[str]] = {}
    for method in registry.methods():
        runner, imported = method.runner.partition(":")[0], set[str]()
        _reach(runner, imported, NUMERICAL)
        for network in [*registry.networks(), None]:
            module = network.layers.__module__ if network else ""
            code = runner, "" if module in imported else module
            prints.setdefault(code, set()).add(fingerprint(method, network))
    assert all(len(same) == 1 and all(same) for same in prints.values())
    assert len({one for same in prints.values() for one in same}) == len(prints)


def test_an_edited_network_changes_the_fingerprint_of_runs_with_it_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The network lies outside the package, where only its declaration leads to."""
    method, mlp = registry.methods().get("vae"), registry.networks().get("mlp")
    monkeypatch.syspath_prepend(str(tmp_path))
    prints = []
    for number in (1, 2):
        name = f"edited_network_{number}"
        (tmp_path / f"{name}.py").write_text(f"FILTERS = {number}\ndef layers(): ...\n")
        edited = replace(mlp, layers=importlib.import_module(name).layers)
        prints.append([fingerprint(method, network) for network in (edited, mlp, None)])
    assert prints[0][0] != prints[1][0]
    assert prints[0][1:] == prints[1][1:]


@pytest.mark.parametrize(
    "line", ["from mine{n}.blocks import width", "from .blocks import width", "from . import blocks"]
)
def test_edits_of_a_package_outside_count_however_they_are_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    method, prints = registry.methods().get("vae"), []
    for number in (1, 2):
        package = tmp_path / f"mine{number}"
        package.mkdir()
        (package / "__init__.py").write_text("")
        (package / "runner.py").write_text(line.format(n=number) + "\ndef fit(): ...\n")
        (package / "blocks.py").write_text(f"width = {number}\n")
        reached: set[str] = set()
        _reach(f"mine{number}.runner", reached, (f"mine{number}.",))
        prints.append(fingerprint(replace(method, runner=f"mine{number}.runner:fit"), None))
        assert f"mine{number}.blocks" in reached
    assert prints[0] != prints[1]


def test_a_runner_without_a_source_has_none() -> None:
    lost = replace(registry.methods().get("vae"), runner="nowhere.at.all:fit")
    assert fingerprint(lost, registry.networks().get("mlp")) == ""


@pytest.mark.parametrize("content", [b"def fit(:\n", b"\xff\xfe", b"x = '\x00'\n"])
def test_a_source_that_isnt_python_has_a_fingerprint_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    name = f"unparsed_{hashlib.sha256(content).hexdigest()[:8]}"
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / f"{name}.py").write_bytes(content)
    broken = replace(registry.methods().get("vae"), runner=f"{name}:fit")
    assert len(fingerprint(broken, None)) == 12


def test_the_fingerprint_of_a_source_is_the_same_on_every_python() -> None:
    source = (
        '"""Docs."""\nimport os\n\n\ndef f(x: int, *, y: float = 1.5) -> str:\n'
        '    """Docs."""\n    return f"{x + y}"  # why\n'
    )
    digest = hashlib.sha256(_dump(ast.parse(source)).encode()).hexdigest()[:12]
    assert digest == "55677bc496c3"
