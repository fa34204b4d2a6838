"""What someone gets whose code was written for an earlier contract: the line to change, and what to write there."""

from __future__ import annotations

import re
import sys
import sysconfig
from pathlib import Path
from traceback import FrameSummary, extract_tb

import latentdim
from latentdim.system.problems import ContractChanged

# What torch or Python say where an earlier spelling is used → what to write instead.
SYMPTOMS = {
    r"[Gg]enerator.*\bDraws\b": "draws go into no function of torch, they are asked for numbers: draws.normal(shape), "
    "draws.uniform(shape), draws.integers(high, shape) or draws.permutation(n)",
    r"unexpected keyword argument 'generator'": "models draw from what task.draws(name) or context.draws(name) gives: "
    "model.sample(n, draws), model.prior.sample(n, draws), model.encode(x, sample=draws)",
    r"'Task' object has no attribute 'stream_at'": "task.stream_at(name, index) is now task.draws_at(name, index)",
    r"'Measuring' object has no attribute 'stream'": "context.stream(name) is now context.draws(name), which is asked "
    "for numbers: draws.normal(shape)",
    r"has no attribute 'rest'": "model.rest is now model.inactive_value",
    r"has no attribute 'hold'": "model.hold(z, axes) is now model.mask_axes(z, axes)",
    r"has no attribute 'draw'": "model.draw(mean, log_var, noise) is now model.posterior(x).draw(draws); a model's "
    "posterior(x) returns a latentdim.nets.GaussianPosterior(mean, log_var)",
    r"'tuple' object has no attribute '(mean|kl)'": "a model's posterior(x) returns a "
    "latentdim.nets.GaussianPosterior(mean, log_var), no pair",
    r"'(method|function)' object (is not callable|has no attribute 'sample')": "a model hands its prior over, "
    "super().__init__(dim=…, shape=…, prior=…), and defines no method prior",
    r"Module \[\w+\] is missing the required \"forward\"": "model.prior(n, …) is now model.prior.sample(n, draws)",
    r"cannot import name 'gaussian_kl'": "gaussian_kl(mean, log_var) is now model.posterior(x).kl(model.prior)",
    r"No module named 'latentdim\.nets\.losses'": "latentdim.nets has reconstruction; gaussian_kl(mean, log_var) is "
    "now model.posterior(x).kl(model.prior)",
}


def contract_change(error: BaseException) -> str | None:
    """Where an error comes from an earlier contract: file, line, and what to write instead, in a sentence.

    None for all other errors.
    """
    told: str | None = None
    if isinstance(error, ContractChanged):
        told = str(error)
    elif isinstance(error, AttributeError | ImportError | NotImplementedError | TypeError):
        told = next((text for pattern, text in SYMPTOMS.items() if re.search(pattern, str(error))), None)
    if told is None:
        return None
    frames = [frame for frame in extract_tb(error.__traceback__) if _is_of_a_user(frame)]
    return f"{_place(frames[-1])}: {told}" if frames else told


def _is_of_a_user(frame: FrameSummary) -> bool:
    path, others = Path(frame.filename), (Path(latentdim.__file__).parent, sysconfig.get_path("stdlib"), sys.prefix)
    return path.suffix == ".py" and not any(path.is_relative_to(folder) for folder in others)


def _place(frame: FrameSummary) -> str:
    path = Path(frame.filename)
    shown = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
    return f"{shown}, line {frame.lineno}, `{frame.line}`" if frame.line else f"{shown}, line {frame.lineno}"
