"""A runner, model or metric written against an earlier contract gets its line named and what to write there."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from latentdim.conformance.methods import TINY
from latentdim.conformance.models import measuring
from latentdim.conformance.tiny import tiny_data
from latentdim.harness.contract import contract_change
from latentdim.nets import GaussianVAE
from latentdim.system.seeds import torch_stream
from latentdim.training import Task

RUNNER = '''"""A β-VAE as it was written before."""
import torch
from latentdim.nets import GaussianVAE, reconstruction
from latentdim.training import train

def fit(task, config):
    model = GaussianVAE.build(task.protocol, dim=task.dim, shape=task.shape, generator=task.initialisation)
    noise = {noise}

    def loss(batch):
        {loss}
        return {{"reconstruction": reconstruction(model, z, batch, task.protocol)}}

    return train(model, loss, task)
'''
NOW = 'task.draws("noise")'
TODAY = "posterior = model.posterior(batch); z = posterior.draw(noise)"
CASES = {  # noise, loss, the line, what is told
    "stream": ('task.stream("noise")', TODAY, 8, "task.stream('noise') is now task.draws('noise')"),
    "stream_at": ('task.stream_at("noise", 1)', TODAY, 8, "is now task.draws_at(name, index)"),
    "randn": (NOW, "z = torch.randn(len(batch), 3, generator=noise)", 11, "draws.normal(shape)"),
    "randint": (NOW, "z = torch.randint(9, (len(batch), 3), generator=noise)", 11, "draws.integers(high, shape)"),
    "normal_": (NOW, "z = torch.zeros(len(batch), 3).normal_(generator=noise)", 11, "draws.normal(shape)"),
    "pair": (NOW, "mean, log_var = model.posterior(batch)", 11, "posterior.draw(draws)"),
    "draw": (NOW, "z = model.draw(batch, batch, noise)", 11, "model.posterior(x).draw(draws)"),
    "rest": (NOW, "z = model.rest.expand(len(batch), 3)", 11, "is now model.inactive_value"),
    "hold": (NOW, f"{TODAY}; z = model.hold(z, None)", 11, "is now model.mask_axes(z, axes)"),
    "prior": (NOW, "z = model.prior(len(batch), noise)", 11, "is now model.prior.sample(n, draws)"),
    "sample": (NOW, "z = model.sample(len(batch), generator=noise)", 11, "model.sample(n, draws)"),
}


def module(path: Path, text: str) -> ModuleType:
    path.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def told_of(path: Path, text: str) -> str | None:
    """What is told when a runner of this text trains; None where it trains to its end."""
    task = Task(dim=3, data=tiny_data(), protocol=TINY, names=("tiny", "old", 3, 0))
    try:
        module(path, text).fit(task, None)
    except Exception as error:
        return contract_change(error) or f"{type(error).__name__}: {error}"
    return None


def test_the_runner_trains_as_it_is_written_today(tmp_path: Path) -> None:
    assert told_of(tmp_path / "runner.py", RUNNER.format(noise=NOW, loss=TODAY)) is None


@pytest.mark.parametrize("case", CASES)
def test_an_earlier_line_is_named_with_what_to_write_instead(case: str, tmp_path: Path) -> None:
    noise, loss, line, told = CASES[case]
    text = RUNNER.format(noise=noise, loss=loss)
    found = told_of(tmp_path / "runner.py", text)
    assert found is not None
    start = f"{tmp_path / 'runner.py'}, line {line}, `{text.splitlines()[line - 1].strip()}`: "
    assert found.startswith(start), found
    assert told in found


def test_an_earlier_import_is_named(tmp_path: Path) -> None:
    for line, told in (
        ("from latentdim.nets import gaussian_kl", r"model.posterior(x).kl(model.prior)"),
        ("from latentdim.nets.losses import reconstruction", "latentdim.nets has reconstruction"),
    ):
        found = told_of(tmp_path / "runner.py", f"{line}\n")
        assert found is not None
        assert found.startswith(f"{tmp_path / 'runner.py'}, line 1, `{line}`: ")
        assert told in found


MODEL = """
from latentdim.nets import Autoencoder

class Old(Autoencoder):
    {definition}
"""


@pytest.mark.parametrize(
    ("definition", "told"),
    [
        ("def prior(self, n, *, generator): ...", "Old.prior: a model hands its prior over"),
        ("def hold(self, z, axes): ...", "Old.hold: it is mask_axes(z, axes) now"),
        ("def prior_variances(self): ...", "Old.prior_variances: the property objective_prior"),
        ("def refreshed_prior(self, examples, *, generator): ...", r"Old.refreshed_prior: a prior that is estimated"),
        ("variance_about_zero = True", "Old.variance_about_zero: the objective's prior"),
    ],
)
def test_what_an_earlier_model_defined_is_named(definition: str, told: str, tmp_path: Path) -> None:
    found = told_of(tmp_path / "model.py", MODEL.format(definition=definition))
    assert found is not None
    assert found.startswith(f"{tmp_path / 'model.py'}, line 4, `class Old(Autoencoder):`: {told}")


def test_an_earlier_metric_is_told_too(tmp_path: Path) -> None:
    metric = module(tmp_path / "metric.py", 'def measure(context):\n    return context.stream("mine")\n')
    model = GaussianVAE.build(TINY, dim=3, shape=(12,), generator=torch_stream("old"))
    with pytest.raises(AttributeError) as caught:
        metric.measure(measuring(model))
    found = contract_change(caught.value)
    assert found is not None
    assert found.startswith(f'{tmp_path / "metric.py"}, line 2, `return context.stream("mine")`: context.stream(name)')


def test_other_errors_are_none_of_it() -> None:
    for error in (ValueError("generator=Draws"), TypeError("unsupported operand"), AttributeError("no attribute 'x'")):
        assert contract_change(error) is None


def test_a_metric_that_imports_the_former_word_is_told_the_present_one(tmp_path: Path) -> None:
    with pytest.raises(ImportError) as caught:
        module(tmp_path / "metric.py", "from latentdim.metrics import Measuring\n")
    found = contract_change(caught.value)
    assert found is not None
    assert found.startswith(f"{tmp_path / 'metric.py'}, line 1, `from latentdim.metrics import Measuring`: ")
    assert "MetricContext" in found
