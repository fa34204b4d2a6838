"""The folder of a new method: a small working autoencoder that passes the conformance suite as written."""

from __future__ import annotations

import builtins
import keyword
import re
from pathlib import Path

from latentdim import registry
from latentdim.system.files import write_text
from latentdim.system.problems import InputError

DECLARATION = '''"""{title}, declared. This file must stay importable without torch."""

from latentdim import Method, MethodConfig
from pydantic import Field


class Config(MethodConfig):
    """The method's own settings; everything else is the protocol's."""

    code_weight: float = Field(1e-2, gt=0, description="weight of the codes' squared length")


METHOD = Method(
    name="{name}",
    title="{title}",
    config=Config,
    runner="methods.{name}.runner:fit",
    source="say which paper and equation",
    version=1,  # raise it when numbers may change
)
'''

RUNNER = '''"""{title}: reconstruction + weight · |z|²."""

from latentdim.nets import Autoencoder, reconstruction
from latentdim.training import Task, train
from torch import Tensor

from methods.{name} import Config


def fit(task: Task, config: Config) -> Autoencoder:
    """Train one model with ``task.dim`` latent dimensions and return it."""
    model = Autoencoder.build(task.protocol, dim=task.dim, shape=task.shape, generator=task.initialisation)
    model.to(task.device)

    def loss(batch: Tensor) -> dict[str, Tensor]:  # named terms: recorded one by one, summed by train()
        z = model.encode(batch)
        return {{
            "reconstruction": reconstruction(model, z, batch, task.protocol),
            "code": config.code_weight * z.square().sum(dim=1).mean(),
        }}

    return train(model, loss, task)
'''


def write_method(name: str, into: Path) -> list[Path]:
    """Write ``<into>/<name>/__init__.py`` and ``runner.py`` and return their paths.

    Raises:
        InputError: if the name can't be a Python package's, or is taken.
    """
    if keyword.iskeyword(name) or keyword.issoftkeyword(name) or hasattr(builtins, name):
        raise InputError("the command line", [f"'{name}': is a word of Python's own; choose another name"])
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise InputError("the command line", [f"'{name}': a method's name is lower-case letters, digits and '_'"])
    if name in registry.methods() or (into / name).exists():
        raise InputError("the command line", [f"'{name}': there is a method of that name already"])
    if not into.is_dir():
        raise InputError(
            "the command line", [f"--into {into}: there is no such folder; run this at the repository's root"]
        )
    title = name.replace("_", " ").capitalize()
    files = {"__init__.py": DECLARATION, "runner.py": RUNNER}
    for file, text in files.items():
        write_text(into / name / file, text.format(name=name, title=title))
    return [into / name / file for file in files]
