"""The locks: complete, without addresses, and one of them without torch."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TORCH = re.compile(r"torch|torchvision|triton|nvidia-(?!ml-py).*|cuda-.*")


def packages(name: str) -> dict[str, str]:
    """Pinned lines of a lock by package name; where Python versions need different ones, the last."""
    lines = (ROOT / "envs" / name).read_text().splitlines()
    return {line.partition("==")[0]: line for line in lines if line and line[0].isalnum()}


@pytest.mark.parametrize(
    "name", ["lock.txt", "lock-own-torch.txt", "setup", "lock", "environment.yaml", "Dockerfile", "apptainer.def"]
)
def test_no_registry_is_named(name):
    text = (ROOT / "envs" / name).read_text()
    assert not re.search(r"https?:|index-url|find-links| @ |git\+", text)


def test_the_images_start_from_one_python_and_take_what_is_there():
    recipe, image = ((ROOT / "envs" / name).read_text() for name in ("apptainer.def", "Dockerfile"))
    base = re.findall(r"^From: (.*)$", recipe, re.MULTILINE)
    assert base == re.findall(r"^FROM (.*)$", image, re.MULTILINE)
    taken = re.findall(r"^    (\S+) /latentdim/(\S+)$", recipe, re.MULTILINE)
    assert {source for source, _ in taken} >= {"envs", "methods", "workflow", "pyproject.toml"}
    assert all(source == target and (ROOT / source).exists() for source, target in taken)


@pytest.mark.parametrize("name", ["lock.txt", "lock-own-torch.txt"])
def test_everything_is_pinned(name):
    assert all(re.match(r"[a-z0-9._-]+==[0-9]", line) for line in packages(name).values())


def test_the_second_lock_is_the_first_without_torch_and_cuda():
    whole, without = packages("lock.txt"), packages("lock-own-torch.txt")
    assert {name for name in whole if TORCH.fullmatch(name)} == set(whole) - set(without)
    assert {"torch", "torchvision", "triton"} <= set(whole) - set(without)
    assert without.items() <= whole.items()


def test_the_lock_has_every_declared_dependency():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    declared = project["dependencies"] + extras["dev"] + extras["recommend"]
    names = {re.split(r"[<>=\[ ]", line)[0].lower() for line in declared}
    assert names <= set(packages("lock.txt"))
