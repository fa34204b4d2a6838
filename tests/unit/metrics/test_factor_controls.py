"""The control methods rank on the factor metrics where theory says."""

from __future__ import annotations

from functools import cache

import pytest
import torch

from latentdim import registry
from latentdim.conformance.methods import TINY
from latentdim.conformance.tiny import tiny_pictures
from latentdim.metrics import Measured, MetricContext, MetricRefused
from latentdim.metrics.factor_vae import measure as factor_vae
from latentdim.metrics.mig import measure as mig
from latentdim.nets.draws import Draws
from latentdim.nets.latent import UnknownExamples
from latentdim.registry.declarations import resolve
from latentdim.study.evaluation import Evaluation
from latentdim.training import Task
from latentdim.training.data import Data

SETTINGS = {"factor_vae": {"n_train": 800, "n_evaluation": 600, "n_variance": 1000}, "mig": {"n": 4000}}


def context(name: str, data: Data) -> MetricContext:
    method = registry.methods().get(name)
    task = Task(dim=5, data=data, protocol=TINY, names=("tiny", name, 5, 0))
    with torch.no_grad():
        model = resolve(method.runner)(task, method.config()).eval()
    draws = lambda purpose: Draws.named("run", purpose)  # noqa: E731
    return MetricContext(model, data, Evaluation.model_validate(SETTINGS), None, draws, {})


@cache
def measured(name: str) -> tuple[Measured, Measured]:
    made = context(name, tiny_pictures())
    return mig.measure(made), factor_vae.measure(made)


def test_the_oracle_comes_first_and_noise_scores_what_chance_does():
    (oracle, pca, noise) = (measured(name) for name in ("oracle", "pca", "noise"))
    assert oracle[0].value > pca[0].value > noise[0].value
    assert oracle[1].value > pca[1].value > noise[1].value
    assert oracle[0].value > 0.9
    assert oracle[1].value > 0.97
    assert oracle[0].detail["constant_axes"] == oracle[0].detail["axes"][4:]  # padded with a zero
    # A fixed table of 160 codes beats chance a little: over 30 seeds 0.32 ± 0.04.
    assert noise[1].value == pytest.approx(0.32, abs=0.12)


@pytest.mark.parametrize("metric", [mig, factor_vae], ids=["mig", "factor_vae"])
def test_the_constant_control_is_refused(metric):
    with pytest.raises(MetricRefused, match="constant codes"):
        metric.measure(context("constant", tiny_pictures()))


@pytest.mark.parametrize("metric", [mig, factor_vae], ids=["mig", "factor_vae"])
def test_the_oracle_is_refused_where_the_factor_space_holds_more_than_was_prepared(metric):
    whole = tiny_pictures()
    some = Data(whole.train, whole.validation, whole.validation, whole.scaling, whole.factor_space)
    with pytest.raises((MetricRefused, UnknownExamples), match="aren't among the prepared ones"):  # recorded alike
        metric.measure(context("oracle", some))
