"""ALD-VAE: its rule on series made by hand, and what a pruning does to network, optimiser and training."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from latentdim.conformance.methods import problems_of
from latentdim.harness.during import metric_of
from latentdim.metrics.context import Measured, MetricRefused
from latentdim.nets import StandardNormal
from latentdim.nets.architectures.mlp import Mlp
from latentdim.nets.draws import Draws
from latentdim.records.floor import Floor
from latentdim.records.folder import RunFolder
from latentdim.study.protocol import Optimizer
from latentdim.training import Interrupted, Task, descend
from latentdim.training.optimizers import optimizer_of
from methods.ald_vae import METHOD, SIGNALS, Config
from methods.ald_vae.model import AldVAE
from methods.ald_vae.rule import decrease_after, slope, slows_down, stops
from methods.ald_vae.runner import Pruning, fit

RELEASED = {
    "std_head": "softmax", "neurons": "last", "slowdown": "mean_difference", "stop_needs_slowdown": True,
    "drop_newest": True, "first_epoch": 0, "pruned_layers": "frozen", "n_silhouette": 1000, "n_frechet": 100,
    "frechet_split": "train",
}  # fmt: skip
UP, DOWN = [float(n) for n in range(20)], [-float(n) for n in range(20)]


def rows(**series: Sequence[float]) -> list[dict[str, float]]:
    """Rows of a history with these signals; those that aren't named rise."""
    whole = dict.fromkeys(SIGNALS, UP) | series
    count = min(map(len, whole.values()))
    return [{f"stop_{name}": values[-count:][row] for name, values in whole.items()} for row in range(count)]


@pytest.mark.parametrize("n", [2, 3, 10, 19, 20])
def test_the_slope_is_that_of_numpys_line(n: int) -> None:
    rng = np.random.default_rng(n)
    for _ in range(50):
        values = rng.normal(size=n) * 10 ** rng.uniform(-3, 3) + rng.normal()
        assert slope(values.tolist()) == pytest.approx(np.polyfit(np.arange(n), values, 1)[0], rel=1e-9, abs=1e-12)


def test_it_stops_where_all_four_slopes_are_positive_and_for_no_fewer() -> None:
    assert stops(rows(), Config())
    for signal in SIGNALS:
        assert not stops(rows(**{signal: DOWN}), Config())
        others = tuple(one for one in SIGNALS if one != signal)
        assert stops(rows(**{signal: DOWN}), Config(stop_signals=others))
    assert not stops(rows(), Config(stop_signals=()))  # Fig. 2


def test_it_stops_on_no_fewer_epochs_than_the_window_holds_and_looks_at_no_more() -> None:
    assert not stops(rows()[1:], Config())
    assert stops(rows()[-6:], Config(stop_window=6))
    assert stops([*rows(silhouette=DOWN), *rows()], Config())
    late = [*([0.0] * 19), 1.0]
    assert stops(rows(silhouette=late), Config())
    assert not stops(rows(silhouette=late), Config(drop_newest=True))  # the newest alone rises


def test_an_epoch_without_a_signal_keeps_it_from_stopping() -> None:
    epochs = rows()
    del epochs[7]["stop_silhouette"]
    assert not stops(epochs, Config())


def test_it_slows_down_where_the_silhouette_rises() -> None:
    rises_late = [*DOWN[:10], *[-9.0 + 0.1 * n for n in range(10)]]  # its last ten lie far below the ten before
    assert slows_down(rows(silhouette=rises_late), Config())
    assert not slows_down(rows(silhouette=rises_late), Config(slowdown="mean_difference"))
    falls_from_a_height = [*([0.0] * 10), *[20.0 - n for n in range(10)]]
    assert not slows_down(rows(silhouette=falls_from_a_height), Config())
    assert slows_down(rows(silhouette=falls_from_a_height), Config(slowdown="mean_difference"))
    assert not slows_down(rows()[:9], Config())
    assert not slows_down(rows()[:19], Config(slowdown="mean_difference"))


def test_the_decrease_falls_once_and_then_ends_for_good() -> None:
    only_silhouette = rows(reconstruction=DOWN)
    assert decrease_after(rows(silhouette=DOWN), 5, Config()) == 5
    assert decrease_after(only_silhouette, 5, Config()) == 1
    assert decrease_after(rows(silhouette=DOWN), 1, Config()) == 1
    assert decrease_after(rows(), 5, Config()) == 0
    assert decrease_after(rows(), 5, Config(stop_needs_slowdown=True)) == 1
    assert decrease_after(rows(), 1, Config(stop_needs_slowdown=True)) == 0
    assert decrease_after(rows(silhouette=DOWN), 0, Config()) == 0


def model_of(task: Task, **config: Any) -> AldVAE:
    return AldVAE.initial(
        task.protocol, Config(**config), dim=task.dim, shape=task.shape, generator=task.initialisation
    )


@pytest.mark.parametrize("std_head", ["log_variance", "softmax"])
def test_a_pruned_network_is_the_whole_one_with_those_axes_held(make_task: Callable[..., Task], std_head: str) -> None:
    task = make_task(dim=5)
    whole, pruned = (model_of(task, std_head=std_head).eval() for _ in range(2))
    pruned.keep(torch.tensor([0, 1, 3, 4]))
    pruned.keep(torch.tensor([0, 2, 3]))
    axes, x = torch.tensor([True, False, False, True, True]), task.data.train.values
    assert pruned.active().tolist() == axes.tolist()
    assert (pruned.present_dim, pruned.encoder[-1].weight.shape[0]) == (3, 6)
    with torch.no_grad():
        assert torch.allclose(pruned.reconstruct(x), whole.reconstruct(x, axes=axes), atol=1e-6)
        assert torch.allclose(pruned.encode(x), whole.mask_axes(whole.encode(x), axes), atol=1e-6)
        samples = [model.sample(9, Draws.named("samples"), axes=axes) for model in (pruned, whole)]
        assert torch.allclose(*samples, atol=1e-6)
        posterior = pruned.posterior(x)
        assert posterior.mean.shape == (len(x), 5)
        kl = pruned.present_posterior(x).kl(StandardNormal(3))
        assert torch.allclose(posterior.kl(pruned.prior), kl, atol=1e-5)  # the closed axes are at the prior
        if std_head == "log_variance":
            parts = whole.posterior(x)
            terms = 0.5 * (parts.mean.square() + parts.log_var.exp() - 1 - parts.log_var)
            assert torch.allclose(kl, terms[:, axes].sum(dim=1), atol=1e-5)


def test_the_softmax_heads_deviations_sum_to_one(make_task: Callable[..., Task]) -> None:
    task = make_task(dim=4)
    posterior = model_of(task, std_head="softmax").present_posterior(task.data.train.values)
    deviations = (0.5 * posterior.log_var).exp()
    assert torch.allclose(deviations.sum(dim=1), torch.full((120,), 1.0 + 4e-6))
    least = 4 * (math.log(4) - 0.5) + 1 / 8  # of KL at mean 0: all deviations equal to 1/4
    assert float(posterior.kl(StandardNormal(4)).detach().min()) >= least - 1e-3


@pytest.mark.parametrize("amsgrad", [False, True])
def test_what_the_optimiser_holds_for_kept_neurons_stays_to_the_bit(
    make_task: Callable[..., Task], amsgrad: bool
) -> None:
    task = make_task(dim=5)
    model = model_of(task)
    optimizer = optimizer_of(Optimizer(amsgrad=amsgrad), model.parameters())
    noise = task.draws("noise")

    def step() -> None:
        x = task.data.train.values[:30]

        def loss() -> dict[str, Tensor]:
            posterior = model.present_posterior(x)
            error = (model.decode(posterior.draw(noise)) - x).square().sum(dim=1).mean()
            return {"error": error, "kl": posterior.kl(model.prior).mean()}

        descend(loss, optimizer, task)

    for _ in range(3):
        step()
    slots = {name: {k: v.clone() for k, v in optimizer.state[p].items()} for name, p in model.named_parameters()}
    weights = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    kept = torch.tensor([1, 2, 4])
    model.keep(kept, optimizers=[optimizer])
    heads, entrance = (
        [f"encoder.{len(model.encoder) - 1}.{part}" for part in ("weight", "bias")],
        "decoder.layers.0.weight",
    )
    for name, parameter in model.named_parameters():
        for slot, value in (optimizer.state[parameter] | {"value": parameter.detach()}).items():
            before = weights[name] if slot == "value" else slots[name][slot]
            if slot != "step" and name in heads:
                before = before[[1, 2, 4, 6, 7, 9]]
            elif slot != "step" and name == entrance:
                before = before[:, kept]
            assert torch.equal(value, before), (name, slot)
    step()  # and it goes on
    assert all(not torch.equal(p, weights[n]) for n, p in model.named_parameters() if p.shape == weights[n].shape)


Script = Mapping[str, Callable[[int], float]]


def scripted(task: Task, **signals: Callable[[int], float]) -> None:
    """Have the task's metrics follow functions of the number of epochs that are over."""
    epochs = {"silhouette": 0, "frechet_pixels_pca": 0, "frechet_pixels_pca_reconstruction": 0}

    def measured(model: Any, name: str) -> Measured:
        epochs[name] += 1
        return Measured(signals.get(name, float)(epochs[name]), 1, floor=Floor(0.25, "nothing"))

    task.metric_of = measured


def sizes(task: Task) -> list[tuple[int, int]]:
    """Epoch and size wherever the size is another than before."""
    found = [(int(row["epoch"]), int(row["present_dim"])) for row in task.history if "present_dim" in row]
    return [one for one, before in zip(found, [(0, 0), *found], strict=False) if one[1] != before[1]]


SHORT = {"stop_features": "pixels_pca", "clusters": 3}


def test_five_go_every_five_epochs_until_the_silhouette_rises_and_then_one(make_task: Callable[..., Task]) -> None:
    task = make_task(dim=18, epochs=32, steps=None, n_validation=20)
    scripted(task, silhouette=lambda epoch: abs(epoch - 4.5), frechet_pixels_pca=lambda epoch: -float(epoch))
    model = fit(task, Config(**SHORT))
    # After epoch 10 the ten silhouettes rise on the whole (4.5 is their lowest), so from then on one goes.
    assert sizes(task) == [(1, 18), (6, 13), (11, 12), (16, 11), (21, 10), (26, 9), (31, 8)]
    assert [int(row["decrease"]) for row in task.history if "decrease" in row] == [5] * 9 + [1] * 23
    assert (int(model.stopped_epoch), model.present_dim) == (0, 8)
    assert all(row["stop_silhouette_null"] == 0.25 for row in task.history if "present_dim" in row)


def test_the_size_stays_once_all_signals_agree(make_task: Callable[..., Task]) -> None:
    task = make_task(dim=30, epochs=31, steps=None, n_validation=20)
    scripted(task, silhouette=lambda epoch: -float(epoch) if epoch < 10 else float(epoch))
    task.protocol = task.protocol.model_copy(update={"optimizer": Optimizer(name="sgd", learning_rate=1e-9)})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Pruning, "reconstruction_loss", lambda pruning: float(len(pruning.task.history)))
        model = fit(task, Config(**SHORT))
    assert int(model.stopped_epoch) == 20  # the first decision with a full window
    assert sizes(task)[-1] == (16, model.present_dim)
    assert {row["decrease"] for row in task.history[-10:] if "decrease" in row} == {0}


def test_no_pruning_leaves_fewer_than_the_least(make_task: Callable[..., Task]) -> None:
    task = make_task(dim=9, epochs=12, steps=None, n_validation=20)
    scripted(task, silhouette=lambda epoch: -float(epoch))
    assert fit(task, Config(**SHORT, patience=2, decrease=3, least_dim=2)).present_dim == 3


def test_nothing_is_pruned_that_would_not_be_trained_any_more(make_task: Callable[..., Task]) -> None:
    for length, left in (({"epochs": 10, "steps": None}, 7), ({"epochs": 11, "steps": None}, 5)):
        task = make_task(dim=9, n_validation=20, **length)
        scripted(task, silhouette=lambda epoch: -float(epoch))
        assert fit(task, Config(**SHORT, patience=5, decrease=2)).present_dim == left


def test_the_released_codes_decisions_fall_one_epoch_later(make_task: Callable[..., Task]) -> None:
    task = make_task(dim=9, epochs=8, steps=None, n_validation=20)
    scripted(task, silhouette=lambda epoch: -float(epoch))
    fit(task, Config(**SHORT, patience=3, decrease=2, first_epoch=0))
    assert sizes(task) == [(1, 9), (5, 7), (8, 5)]


@pytest.mark.parametrize("neurons", ["last", "kl", "random"])
def test_which_neurons_go(make_task: Callable[..., Task], neurons: str) -> None:
    task = make_task(dim=5, n_validation=20)
    model = model_of(task).eval()
    pruning = Pruning(task, model, Config(neurons=neurons))
    with torch.no_grad():
        kept = pruning.kept(2, 4)
        model.encoder[-1].bias[[0, 3, 4]] += 3.0  # the others' means stay near zero
        weak = pruning.kept(2, 4)
    assert kept.tolist() == sorted(kept.tolist())
    assert len(kept) == 3
    if neurons == "last":
        assert kept.tolist() == [0, 1, 2]
    elif neurons == "kl":
        assert weak.tolist() == [0, 3, 4]
    else:
        assert torch.equal(weak, kept)
        assert len({tuple(pruning.kept(2, epoch).tolist()) for epoch in range(12)}) > 3


def test_the_objective_is_the_vaes(make_task: Callable[..., Task]) -> None:
    """Its first step's terms, from torch.distributions and by hand, on the one batch that holds all examples."""
    task = make_task(dim=3, batch_size=100, steps=1, n_validation=20)
    scripted(task)
    fit(task, Config(**SHORT, beta=3.0))
    model, x = model_of(task), task.data.train.values[task.order(0).permutation(100)]
    with torch.no_grad():
        mean, log_var = model.encoder(x).chunk(2, dim=1)
        posterior = torch.distributions.Normal(mean, (0.5 * log_var).exp())
        kl = torch.distributions.kl_divergence(posterior, torch.distributions.Normal(0.0, 1.0)).sum(dim=1).mean()
        noise = Draws.named(*task.names, "noise").normal(mean.shape)
        errors = (model.decoder(mean + noise * posterior.scale) - x).square().sum(dim=1)
    row = task.history[0]
    assert row["kl"] == pytest.approx(3.0 * kl.item(), rel=1e-5)
    assert row["reconstruction"] == pytest.approx(errors.mean().item(), rel=1e-5)


def test_what_is_taken_of_held_out_examples_is_their_mean(
    make_task: Callable[..., Task], monkeypatch: pytest.MonkeyPatch
) -> None:
    task = make_task(dim=3, n_validation=20)
    model = model_of(task).eval()
    pruning, x = Pruning(task, model, Config(n_held_out=17)), task.data.validation.values[:17]
    monkeypatch.setattr("methods.ald_vae.runner.BATCH", 5)
    with torch.no_grad():
        mean, log_var = model.encoder(x).chunk(2, dim=1)
        posterior = torch.distributions.Normal(mean, (0.5 * log_var).exp())
        kl = torch.distributions.kl_divergence(posterior, torch.distributions.Normal(0.0, 1.0)).mean(dim=0)
        assert torch.allclose(pruning.divergences().float(), kl, rtol=1e-5)
        model.encoder[-1].bias[3:] -= 60.0  # no noise is left, so draws are means
        error = (model.decoder(mean) - x).square().sum(dim=1).mean().item()
        assert pruning.reconstruction_loss() == pytest.approx(error, rel=1e-5)


def test_layers_that_are_to_freeze_stop_at_the_first_pruning(make_task: Callable[..., Task]) -> None:
    seen: list[dict[str, Tensor]] = []
    task = make_task(dim=6, epochs=3, steps=None, n_validation=20, network=Mlp(hidden=(9, 8)))
    scripted(task)
    epoch_end = Pruning.epoch_end

    def watched(pruning: Pruning, epoch: int) -> None:
        epoch_end(pruning, epoch)
        seen.append({name: value.clone() for name, value in pruning.model.state_dict().items()})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Pruning, "epoch_end", watched)
        model = fit(task, Config(**SHORT, patience=2, decrease=1, pruned_layers="frozen"))
    head = f"encoder.{len(model.encoder) - 1}.weight"
    assert not torch.equal(model_of(task).state_dict()[head], seen[0][head])
    for name in (head, head.replace("weight", "bias"), "decoder.layers.0.weight", "decoder.layers.0.bias"):
        assert torch.equal(seen[1][name], seen[2][name])
    moving = [name for name in seen[1] if name.endswith("weight") and name not in {head, "decoder.layers.0.weight"}]
    assert all(not torch.equal(seen[1][name], seen[2][name]) for name in moving)


@pytest.mark.parametrize("rows_before", [3, 12, 13, 24, 30])
def test_a_training_that_was_interrupted_prunes_and_ends_alike(
    make_task: Callable[..., Task], tmp_path: Path, rows_before: int
) -> None:
    config = Config(**SHORT, patience=1, decrease=2, neurons="random", n_silhouette=15, n_frechet=18, stop_signals=())

    def task_in(folder: Path) -> Task:
        task = make_task(dim=6, epochs=3, steps=None, n_validation=20, folder=folder)
        task.metric_of = partial(
            metric_of, method=METHOD, config=config, data=task.data, names=task.names, device=task.device
        )
        return task

    reference = task_in(tmp_path / "whole")
    whole = fit(reference, config)
    broken = task_in(tmp_path / "broken")
    broken.stop_requested = lambda: len(broken.history) >= rows_before
    with pytest.raises(Interrupted):
        fit(broken, config)
    resumed = task_in(tmp_path / "broken")
    again = fit(resumed, config)
    assert whole.present_dim == 2
    assert whole.structure() == again.structure()
    assert resumed.history == reference.history
    assert all(torch.equal(value, again.state_dict()[name]) for name, value in whole.state_dict().items())
    assert not RunFolder(tmp_path / "whole").model.exists()  # nobody but the harness writes it


def test_a_signal_that_is_refused_is_left_out(make_task: Callable[..., Task]) -> None:
    def refused(model: Any, name: str) -> Measured:
        if name == "silhouette":
            raise MetricRefused("the codes are constant")
        return Measured(1.0, 1)

    task = make_task(dim=3, epochs=2, steps=None, n_validation=20)
    task.metric_of = refused
    fit(task, Config(**SHORT))
    last = [row for row in task.history if "present_dim" in row][-1]
    assert "stop_silhouette" not in last
    assert {"stop_reconstruction", "stop_frechet_generated", "stop_frechet_reconstructed"} <= set(last)
    assert last["stopped_epoch"] == 0


def test_clusters_are_needed_where_the_data_have_no_classes(make_task: Callable[..., Task]) -> None:
    with pytest.raises(ValueError, match="the data have no classes, so 'clusters' must say"):
        fit(make_task(), Config(stop_features="pixels_pca"))


def test_the_released_codes_settings_conform() -> None:
    config = Config(**(dict(METHOD.tried_with) | RELEASED | {"n_silhouette": 20, "n_frechet": 40, "patience": 1}))
    assert problems_of(METHOD, config) == []


@pytest.fixture
def studied(refused: Callable[..., str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., str]:
    """A function that returns how a study with this method's settings is refused, on a machine without Inception."""
    for variable in ("LATENTDIM_INCEPTION", "LATENTDIM_DATA"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))

    def message(dataset: str = "digits", **settings: Any) -> str:
        entry = {"datasets": [dataset], "methods": {"ald_vae": settings}, "dims": [8]}
        training = {"epochs": 2, "batch_size": 16, "n_validation": 100}
        return refused({"grid": [entry], "protocol": {"training": training}})

    return message


def test_without_inceptions_weights_it_is_refused_with_the_alternatives(studied: Callable[..., str]) -> None:
    message = studied()
    assert "measures 'fid_reconstruction' while it is trained, but Inception's weights aren't here" in message
    assert "; or take stop_features = 'pixels_pca' or 'classifier'" in message


def test_what_the_stop_rule_cant_have_is_refused_before_training(studied: Callable[..., str]) -> None:
    vectors = studied("synthetic_4", stop_features="classifier", clusters=4)
    assert "measures 'frechet_classifier': 'frechet_classifier' needs images with classes" in vectors
    assert "measures 'fid': 'fid' needs images, which 'synthetic_4' isn't" in studied("synthetic_4", clusters=4)


@pytest.mark.parametrize(("frechet_split", "split"), [("held_out", "validation"), ("train", "train")])
def test_distances_are_taken_to_the_examples_that_the_setting_names(
    make_task: Callable[..., Task], frechet_split: str, split: str
) -> None:
    config = Config(**SHORT, n_frechet=15, frechet_split=frechet_split)
    task = make_task(n_validation=20)
    model = model_of(task).eval()
    measured = metric_of(
        model, "frechet_pixels_pca", method=METHOD, config=config, data=task.data, names=("x",), device=task.device
    )
    assert (measured.detail["split"], measured.detail["n_generated"], measured.detail["n_reference"]) == (split, 15, 15)


def test_what_stands_in_for_inception_stands_in_the_label(fabricated) -> None:
    training = {"epochs": 2, "batch_size": 16, "n_validation": 100}
    entry = {"datasets": ["digits"], "dims": [8]}
    methods = [{"stop_features": "pixels_pca"}, {"stop_features": {"sweep": ["pixels_pca", "classifier"]}, "beta": 2.0}]
    grid = [
        entry | {"methods": {"ald_vae": methods[0]}},
        entry | {"methods": {"ald_vae": methods[1]}, "label": "mine"},
    ]
    plan = fabricated.plan(grid=grid, protocol={"training": training}, metrics=["active"])
    assert [cell.label for cell in plan.cells] == [
        "ald_vae stop_features=pixels_pca", "mine stop_features=pixels_pca", "mine stop_features=classifier",
    ]  # fmt: skip
