"""What a run is expected to cost: the estimate follows what its training and its metrics work out."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

from latentdim import registry
from latentdim.metrics.context import BATCH
from latentdim.nets.architectures.maskaae_conv import MaskaaeResidual
from latentdim.nets.architectures.two_stage import SecondStage
from latentdim.nets.count import counts
from latentdim.nets.flow import CouplingFlow
from latentdim.plan import cost
from latentdim.plan.expand import plan_study
from latentdim.plan.run import Run
from latentdim.study.evaluation import Evaluation
from latentdim.study.requested_metrics import RequestedMetric

Planned = Callable[..., Run]


@pytest.fixture
def planned(tmp_path: Path) -> Planned:
    """The single run of a study on a grid of 3 × 6 × 4 × 2 × 2 images, or on what is named."""

    def run(metrics: list[Any], dataset: str = "squares", method: str = "vae", **evaluation: Any) -> Run:
        file = tmp_path / "study.yaml"
        levels = {"orientation": 4, "position_x": 2, "position_y": 2}
        study = {
            "title": "A study",
            "datasets": {"squares": {"kind": "dsprites_rendered", "levels": levels}},
            "protocol": {"training": {"steps": 10, "batch_size": 16}, "evaluation": evaluation},
            "metrics": ["mse_per_pixel", *metrics],
            "grid": [{"datasets": [dataset], "methods": {method: {}}, "dims": [2], "seeds": 1}],
        }
        file.write_text(yaml.safe_dump(study))
        (found,) = plan_study(str(file), results=tmp_path / "results").runs
        return found

    return run


PAIR = ("fid", "fid_reconstruction")


def passes(run: Run) -> tuple[int, int]:
    cell = run.cell
    return cost.passes_of(cell.metrics, cell.protocol.evaluation, cell.dataset.info)


def test_memory_holds_what_passes_through_the_network(planned: Planned) -> None:
    """Of MaskAAE's CelebA network at a batch of 64, more than what torch keeps; of a small one next to nothing."""
    small = planned([], "mnist").cell
    training = small.protocol.training.model_copy(update={"batch_size": 64})
    wide = training.model_copy(update={"network": MaskaaeResidual()})
    info = replace(small.dataset.info, shape=(3, 64, 64), n_train=1)
    memory = {
        name: cost.memory_mb_of(small.method, one, info, dim=64) for name, one in (("mlp", training), ("wide", wide))
    }
    # The last block alone gives nine maps of 512×64×64 numbers for each example, and as many for their gradients.
    assert memory["wide"] > 2 * 9 * 512 * 64 * 64 * 64 * 4 / 1e6
    assert memory["mlp"] < 2500
    assert cost.EVALUATED == BATCH


def test_a_fid_of_20_000_images_takes_most_of_an_hour_on_one_core(planned: Planned) -> None:
    plain, fid = planned([], "mnist"), planned(["fid"], "mnist")
    assert passes(plain) == (0, 0)
    assert passes(fid) == (20_000, 0)
    added = fid.cell.minutes(2) - plain.cell.minutes(2)
    assert added == pytest.approx(20_000 / 7 / 60)  # 14 images a second were measured on two cores


def test_what_a_method_measures_after_each_epoch_counts(planned: Planned) -> None:
    """Two FIDs of 1,000 images an epoch, each with as many real ones; over 50 epochs."""
    run = planned([], "mnist")
    cell, images = run.cell, 2 * 2 * 1000
    evaluation = Evaluation(n_generated=1000, n_reference=1000)
    asked = {RequestedMetric.of(metric, evaluation, None): evaluation for metric in map(registry.metrics().get, PAIR)}
    training = cell.protocol.training.model_copy(update={"steps": None, "epochs": 50})
    protocol = cell.protocol.model_copy(update={"training": training})
    plain, measuring = (
        cost.minutes_of(cell.method, protocol, cell.dataset.info, cell.metrics, dim=2, measured=measured)
        for measured in ({}, asked)
    )
    assert measuring - plain == pytest.approx(50 * (images / 7 + 2 * 0.3) / 60)


def test_metrics_share_images_and_each_choice_of_axes_generates_its_own(planned: Planned) -> None:
    sizes = {"n_generated": 100, "n_reference": 30}
    for metrics, images in (
        (["fid", "prd_precision", "improved_recall"], 100 + 30),
        (["fid", {"name": "fid", "axes": "jacobian"}], 2 * 100 + 30),
        (["fid_reconstruction"], 30 + 30),
        (["fid", "fid_reconstruction"], 100 + 30 + 30),
    ):
        assert passes(planned(metrics, **sizes)) == (images, 0), metrics


def test_only_what_goes_through_inception_counts_as_such(planned: Planned) -> None:
    for features in ("raw", "classifier"):
        assert passes(planned(["prd_precision"], distribution={"features": features})) == (0, 0)
    assert passes(planned(["prd_precision"], "synthetic_4")) == (0, 0)
    assert passes(planned(["frechet_classifier"])) == (0, 0)
    assert passes(planned(["fid"], distribution={"features": "raw"})) != (0, 0)  # the FID is Inception's all the same


def test_fewer_real_images_than_asked_for_are_no_more_than_there_are(planned: Planned) -> None:
    run = planned(["fid"], n_generated=50)
    assert passes(run) == (50 + run.cell.dataset.info.n_train, 0)


def test_no_combination_of_factors_is_encoded_twice_for_a_metric(planned: Planned) -> None:
    combinations = 3 * 6 * 4 * 2 * 2
    few = {"batch": 4, "n_train": 10, "n_evaluation": 5, "n_variance": 20}
    assert passes(planned(["factor_vae"], factor_vae=few)) == (0, 15 * 4 + 20)
    assert passes(planned(["factor_vae", "mig"], factor_vae=few)) == (0, 15 * 4 + 20 + combinations)
    assert passes(planned(["factor_vae"])) == (0, combinations)
    assert passes(planned(["mig", {"name": "mig", "axes": "jacobian"}], mig={"n": 50})) == (0, 50)


def test_encoding_costs_a_forward_pass_of_half_the_network(planned: Planned) -> None:
    sizes = {"mig": {"n": 200}}
    added = planned(["mig"], **sizes).cell.minutes(2) - planned([], **sizes).cell.minutes(2)
    flops = 2 * (64 * 64 * 1000 + 1000 * 2)  # of the encoder; the decoder has as many
    assert 60 * added == pytest.approx(200 * (flops / cost.CORE.flops_per_second + cost.RENDERING_SECONDS))
    linear = planned(["mig"], method="pca", **sizes).cell.minutes(2) - planned([], method="pca", **sizes).cell.minutes(
        2
    )
    assert linear < added  # it has no network of the protocol's


@pytest.mark.parametrize("name", ["flow", "second_stage"])
def test_the_training_of_a_sampler_counts_where_a_metric_draws_from_it(name: str, planned: Planned) -> None:
    def seconds(metrics: list[Any], **evaluation: Any) -> float:
        return 60.0 * planned(metrics, "digits", **evaluation).cell.minutes(2)

    sampler = {"sampler": {"name": name, "steps": 1000, "width": 64}}
    assert seconds([], **sampler) == seconds([])
    extra = seconds(["frechet_classifier"], **sampler) - seconds(["frechet_classifier"])
    if name == "second_stage":
        weights = counts(SecondStage(width=64), shape=(2,), dim=2, outputs=4).parameters
    else:
        weights = sum(p.numel() for p in CouplingFlow(2, layers=8, width=64, generator=torch.Generator()).parameters())
    work = 6.0 * weights * 256 / cost.CORE.flops_per_second
    assert extra == pytest.approx(1000 * (work + cost.CORE.seconds_per_step), rel=0.1)
