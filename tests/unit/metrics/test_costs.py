"""Costs come from the record of a run that had its device to itself, and are refused with the reason elsewhere."""

from __future__ import annotations

import copy
import time
from dataclasses import replace

import pytest
import torch

from latentdim.conformance.methods import TINY
from latentdim.conformance.metrics import RECORD
from latentdim.conformance.tiny import tiny_data
from latentdim.metrics import MetricContext, MetricRefused
from latentdim.metrics.context import DeviceShared
from latentdim.metrics.costs import measure as costs
from latentdim.nets import GaussianVAE
from latentdim.nets.draws import Draws
from latentdim.study.evaluation import Evaluation
from latentdim.system.occupancy import occupying
from latentdim.system.seeds import torch_stream
from latentdim.training import Task
from methods.ard_vae import Config
from methods.ard_vae.model import ArdVAE
from methods.ard_vae.runner import fit

TIMED = [costs.train_seconds, costs.examples_per_second, costs.energy]


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    """Other runs of this machine aren't this test's business."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


@pytest.fixture
def context(linear, measuring, normal):
    """A measuring context with a run's record, changed at some ``place__field``."""

    def build(**changes: object):
        record = copy.deepcopy(RECORD)
        for path, value in changes.items():
            place, _, name = path.partition("__")
            record[place][name] = value
        return replace(measuring(linear(), normal(30, 6), normal(30, 6)), record=record)

    return build


def test_each_cost_is_the_record_s_own_number(context):
    made = context()
    found = [measure(made) for measure in (*TIMED, costs.peak_memory)]
    assert [one.value for one in found] == [2.0, 640.0, 80.0, 300.0]
    assert all(one.n == 1 and one.spread is None for one in found)
    assert found[0].detail == {"device": "a processor", "threads": 1, "shared_by": 1, "steps": 20}
    assert found[3].detail["before_mb"] == 250.0


@pytest.mark.parametrize("measure", TIMED, ids=lambda measure: measure.__name__)
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"usage__shared_by": 3}, "3 runs shared the device"),
        ({"timing__resumed_steps": 7}, "interrupted"),
        ({"timing__train_seconds": 0.0, "timing__examples_per_second": None}, "closed form"),
    ],
)
def test_timings_that_would_mislead_are_refused(context, measure, change, reason):
    with pytest.raises(MetricRefused, match=reason):
        measure(context(**change))


def test_memory_needs_no_solitude_but_a_peak_of_the_training_s_own(context):
    assert costs.peak_memory(context(usage__shared_by=3, timing__resumed_steps=7)).value == 300.0
    with pytest.raises(MetricRefused, match="earlier run"):
        costs.peak_memory(context(usage__memory_since="process"))
    with pytest.raises(MetricRefused, match="tells no peak"):
        costs.peak_memory(context(usage__peak_memory_mb=None))


def test_a_device_without_a_counter_has_no_energy(context):
    with pytest.raises(MetricRefused, match="reports no energy"):
        costs.energy(context(usage__energy_joules=None))


@pytest.mark.parametrize("measure", [*TIMED, costs.peak_memory], ids=lambda measure: measure.__name__)
@pytest.mark.parametrize("usage", [None, {}], ids=["older", "restored"])
def test_records_that_do_not_tell_what_was_used_are_refused(context, measure, usage):
    made = context()
    record = {name: value for name, value in made.record.items() if name != "usage"}
    with pytest.raises(MetricRefused, match="doesn't tell"):
        measure(replace(made, record=record if usage is None else record | {"usage": usage}))


def test_parameters_are_those_that_training_moves():
    model = GaussianVAE.build(TINY, dim=3, shape=(12,), generator=torch_stream("costs")).eval()
    expected = sum(weights.numel() for weights in model.state_dict().values()) - 3  # the inactive values
    assert costs.parameters(as_context(model)).value == expected
    frozen = next(model.parameters()).requires_grad_(False)
    assert costs.parameters(as_context(model)).value == expected - frozen.numel()


def as_context(model, **changes: object):
    draws = lambda name: Draws.named("costs", name)  # noqa: E731
    return replace(MetricContext(model, tiny_data(), Evaluation(), None, draws, {}, RECORD), **changes)


@pytest.fixture(scope="module")
def ard_vae() -> ArdVAE:
    model = fit(Task(dim=3, data=tiny_data(), protocol=TINY, names=("tiny", "ard_vae", 3, 0)), Config())
    model.eval()
    return model


def test_a_refresh_is_what_training_does_to_the_prior_and_leaves_the_model(ard_vae):
    before = {name: value.clone() for name, value in ard_vae.state_dict().items()}
    examples = tiny_data().train.values
    draws = Draws.named("b")
    variances = ard_vae.objective_prior.estimate(ard_vae.codes([examples[:70], examples[70:]], draws))
    with torch.no_grad():
        draws = Draws.named("b")
        z = torch.cat([ard_vae.encode(part, sample=draws) for part in (examples[:70], examples[70:])])
    torch.testing.assert_close(variances, z.square().mean(dim=0))
    assert all(torch.equal(value, ard_vae.state_dict()[name]) for name, value in before.items())
    assert not torch.equal(ard_vae.objective_prior.variance, variances)


def test_the_refresh_is_timed_ten_times_after_a_warm_up_and_the_median_counts(ard_vae, monkeypatch):
    calls = []

    def slow_first(codes):
        calls.append(sum(len(batch) for batch in codes))
        time.sleep(0.2 if len(calls) <= 3 else 0.01)
        return torch.ones(3)

    monkeypatch.setattr(ard_vae.estimated, "estimate", slow_first)
    found = costs.prior_refresh_seconds(as_context(ard_vae))
    assert calls == [120] * 11
    assert found.n == 120
    assert found.value == sorted(found.detail["repeats"])[4] / 2 + sorted(found.detail["repeats"])[5] / 2
    assert 0.01 <= found.value < 0.2 <= max(found.detail["repeats"])
    assert len(found.detail["repeats"]) == 10
    assert found.detail["device"] == "a processor"
    assert found.detail["threads"] == torch.get_num_threads()


def test_a_refresh_takes_ten_thousand_examples_at_most(ard_vae, monkeypatch):
    monkeypatch.setattr(costs, "N_ALPHA", 50)
    assert costs.prior_refresh_seconds(as_context(ard_vae)).n == 50


def test_models_without_an_estimated_prior_refuse_to_time_it_and_crowded_devices_put_it_off(context, ard_vae):
    with pytest.raises(MetricRefused, match="isn't estimated"):
        costs.prior_refresh_seconds(context())
    with occupying("cpu"), occupying("cpu"), pytest.raises(DeviceShared, match="2 runs"):
        costs.prior_refresh_seconds(as_context(ard_vae))
    with occupying("cpu"):
        assert costs.prior_refresh_seconds(as_context(ard_vae)).value > 0.0


def test_a_plain_vae_s_prior_is_standard_and_never_refreshed():
    model = GaussianVAE.build(TINY, dim=3, shape=(12,), generator=torch_stream("costs"))
    assert model.objective_prior is model.prior
    assert model.prior.variance.tolist() == [1.0] * 3
    assert model.prior.estimate(iter([])) is None


@pytest.mark.parametrize(("fell", "warned"), [(-0.3, False), (0.01, False), (0.0125, True)])
def test_a_training_that_still_improved_by_more_than_a_hundredth_is_told_as_not_converged(context, fell, warned):
    measuring = replace(context(), record=RECORD | {"late_improvement": fell})
    found = costs.late_improvement(measuring)
    assert found.value == fell
    warning = "not converged: its reconstruction term fell by 1.2% over the last tenth of the training"
    assert found.detail.get("warning") == (warning if warned else None)


def test_without_a_history_nothing_tells_whether_a_training_had_converged(context):
    with pytest.raises(MetricRefused, match="too short to tell, or has no reconstruction term"):
        costs.late_improvement(replace(context(), record=RECORD | {"late_improvement": None}))
