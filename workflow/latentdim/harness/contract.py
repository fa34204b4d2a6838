"""What someone gets whose code was written for an earlier contract: the line to change, and what to write there."""

from __future__ import annotations

import re
from traceback import FrameSummary

from latentdim.system.problems import CodeBroken, ContractBroken, ContractChanged, NotWritten
from latentdim.system.tracebacks import described, frames_of_user, shortened

# What torch or Python say where an earlier spelling is used → what to write instead.
SYMPTOMS = {
    r"[Gg]enerator.*\bDraws\b": "draws go into no function of torch, they are asked for numbers: draws.normal(shape), "
    "draws.uniform(shape), draws.integers(high, shape) or draws.permutation(n)",
    r"unexpected keyword argument 'generator'": "models draw from what task.draws(name) or context.draws(name) gives: "
    "model.sample(n, draws), model.prior.sample(n, draws), model.encode(x, sample=draws)",
    r"'Task' object has no attribute 'stream_at'": "task.stream_at(name, index) is now task.draws_at(name, index)",
    r"'MetricContext' object has no attribute 'stream'": "context.stream(name) is now context.draws(name), which is "
    "asked for numbers: draws.normal(shape)",
    r"cannot import name 'Measuring'": "latentdim.metrics.Measuring is now latentdim.metrics.MetricContext",
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
    change: str | None = None
    if isinstance(error, ContractChanged):
        change = str(error)
    elif isinstance(error, AttributeError | ImportError | NotImplementedError | TypeError):
        change = next((text for pattern, text in SYMPTOMS.items() if re.search(pattern, str(error))), None)
    if change is None:
        return None
    origin = error.__cause__ if isinstance(error, CodeBroken) and error.__cause__ else error
    frames = frames_of_user(origin)
    return f"{_place(frames[-1])}: {change}" if frames else change


def reason_of(error: BaseException) -> str:
    """Why a run or a metric failed, in a sentence or with the line that raised the error."""
    if change := contract_change(error):
        return change
    sentence = isinstance(error, CodeBroken | ContractBroken | NotWritten)
    return " ".join(str(error).split()) if sentence else described(error)


def _place(frame: FrameSummary) -> str:
    place = f"{shortened(frame.filename)}, line {frame.lineno}"
    return f"{place}, `{frame.line}`" if frame.line else place
