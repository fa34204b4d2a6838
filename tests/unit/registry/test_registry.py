"""Declarations are found by name without importing those that nobody names."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from latentdim import registry
from latentdim.datasets.mnist import MnistOptions
from latentdim.registry.declarations import Dataset

PLANNED = """
import sys
from latentdim import registry
{code}
print(*sorted(one for one in sys.modules if one.startswith(({prefixes}))))
"""


def imported(code: str, *prefixes: str) -> list[str]:
    """Modules with such names that are imported once some code has run."""
    script = PLANNED.format(code=code, prefixes=", ".join(map(repr, prefixes)))
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()


def test_a_name_imports_the_module_that_is_called_like_it_and_no_other() -> None:
    code = "registry.methods().get('vae'); registry.networks().get('mlp'); registry.stored_tensors().get('examples')"
    found = imported(code, "methods.", "latentdim.nets.architectures.", "latentdim.harness.stored.")
    assert found == ["latentdim.harness.stored.examples", "latentdim.nets.architectures.mlp", "methods.vae"]


@pytest.mark.parametrize("name", [*registry.dataset_names(), "mnist_32", "own_data"])
def test_the_kind_behind_a_bare_name_is_found_among_those_that_begin_so(name: str) -> None:
    """Each family's module is called like its kind, so that this tells the same as looking through all of them."""
    everywhere = [one for one in registry.datasets() if one.pattern and re.fullmatch(one.pattern, name)]
    registry.datasets.cache_clear()
    found = registry.family_of(name)
    assert [found] == (everywhere or [None])
    assert "celeba" not in registry.datasets()._known or name == "celeba"


def test_a_family_s_names_begin_with_the_kind_s() -> None:
    with pytest.raises(ValueError, match="must begin with the name 'mine'"):
        Dataset(name="mine", pattern=r"x_\d", options=MnistOptions, inspect="", prepare="", source="", licence="")


def test_a_name_in_another_module_and_one_that_nobody_has_are_looked_for_everywhere() -> None:
    code = "registry.datasets().get('npz'); assert 'nosuch' not in registry.methods()"
    found = imported(code, "latentdim.datasets.celeba", "methods.wae_gan")
    assert found == ["latentdim.datasets.celeba", "methods.wae_gan"]


def test_help_imports_nothing_of_what_declarations_are_made_of() -> None:
    script = "import sys, latentdim.cli.main as main; sys.argv = ['latentdim', 'status', '--help']; main.main()"
    command = [sys.executable, "-X", "importtime", "-c", script]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    imported_ones = {line.split("|")[-1].strip() for line in told.splitlines()}
    assert "latentdim.cli.main" in imported_ones
    assert not imported_ones & {"pydantic", "numpy", "yaml", "latentdim.registry"}
