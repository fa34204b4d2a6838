"""A training killed again and again ends with the same numbers, bit for bit, as one that never was."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import torch

from latentdim import registry
from latentdim.conformance.methods import DIM
from latentdim.conformance.tiny import tiny_data
from latentdim.harness.during import metric_of
from latentdim.nets import LatentModel, kernels
from latentdim.nets.architectures.ald_conv import AldClips
from latentdim.nets.architectures.ard_conv import ArdConv
from latentdim.nets.architectures.mlp import Mlp
from latentdim.nets.architectures.two_stage import InfoGan
from latentdim.records.folder import RunFolder
from latentdim.registry.declarations import Method, NetworkOptions, resolve
from latentdim.study.protocol import Schedule, Training
from latentdim.system.seeds import stream
from latentdim.training import Interrupted, Task, checkpoint
from latentdim.training.data import Data, Scaling, Split

STEPS = 40
PROTOCOL = Training(network=Mlp(hidden=(16,)), batch_size=16, steps=STEPS, schedule=Schedule(name="cosine"))


def task_in(folder: Path, method: Method, protocol: Training = PROTOCOL) -> Task:
    whole = tiny_data()
    train = whole.train.part(0, len(whole.train) - protocol.n_validation)
    validation = whole.train.part(len(train), len(whole.train))
    data = Data(train, validation, whole.test, whole.scaling)
    names = ("tiny", method.name, DIM, 7)
    task = Task(dim=DIM, data=data, protocol=protocol, names=names, folder=RunFolder(folder), checkpoint_seconds=0.0)
    config = method.config(**method.tried_with)
    task.metric_of = partial(metric_of, method=method, config=config, data=data, names=names, device=task.device)
    return task


def trainings_of(task: Task, name: str) -> dict[str, Task]:
    """A run and its stages, by their folders' names, as far as they trained; the run's own comes first."""
    return {key: part for key, part in ({name: task} | task.stages).items() if part.steps}


def place_of(step: int, trainings: dict[str, Task]) -> tuple[str, int]:
    """The training that takes the run's step of this number, and its number there."""
    for name, part in trainings.items():
        if step <= part.steps:
            return name, step
        step -= part.steps
    raise AssertionError("the run has fewer steps")


def test_a_training_killed_three_times_equals_an_uninterrupted_one(
    trained_method: Method, tmp_path: Path, killed: Callable[..., None]
) -> None:
    method = trained_method
    config = method.config(**method.tried_with)
    reference = task_in(tmp_path / "reference", method)
    reference.checkpoint_seconds = 1e9
    whole: LatentModel = resolve(method.runner)(reference, config)
    expected = trainings_of(reference, "broken")
    total = sum(part.steps for part in expected.values())
    assert total == STEPS or set(expected) == set(method.stages)  # which may be of lengths of their own
    steps = sorted(stream("kill", method.name).choice(range(2, total - 1), size=3, replace=False).tolist())

    for turn, step in enumerate(steps):
        broken = task_in(tmp_path / "broken", method)
        part, own_step = place_of(step, expected)
        killed(
            partial(resolve(method.runner), broken, config),
            step=own_step,
            part=part,
            within_the_write=turn == 1,
        )
        assert not RunFolder(tmp_path / "broken").model.exists()

    resumed = task_in(tmp_path / "broken", method)
    resumed.checkpoint_seconds = 1e9
    again: LatentModel = resolve(method.runner)(resumed, config)
    trainings = trainings_of(resumed, "broken")
    assert 0 < sum(part.resumed_step for part in trainings.values()) == steps[2] < total
    assert {name: part.steps for name, part in trainings.items()} == {
        name: part.steps for name, part in expected.items()
    }
    for name, value in whole.state_dict().items():
        assert torch.equal(value, again.state_dict()[name]), name
    assert all(part.history == expected[name].history for name, part in trainings.items())
    assert torch.equal(whole.active(), again.active())


def test_the_plateau_schedule_and_the_best_weights_survive_a_kill(tmp_path: Path, killed: Callable[..., None]) -> None:
    method = registry.methods().get("vae")
    schedule = Schedule(name="plateau", patience=1, threshold=10.0)
    protocol = Training(network=Mlp(hidden=(16,)), batch_size=16, epochs=8, n_validation=24, schedule=schedule)
    reference = task_in(tmp_path / "reference", method, protocol)
    whole = resolve(method.runner)(reference, method.config())
    broken = task_in(tmp_path / "broken", method, protocol)
    killed(partial(resolve(method.runner), broken, method.config()), step=27)
    resumed = task_in(tmp_path / "broken", method, protocol)
    again = resolve(method.runner)(resumed, method.config())
    assert resumed.resumed_step == 27
    assert resumed.history == reference.history
    assert all(torch.equal(v, again.state_dict()[k]) for k, v in whole.state_dict().items())
    best, best_again = (checkpoint.load_file(RunFolder(tmp_path / n).best) for n in ("reference", "broken"))
    assert all(torch.equal(value, best_again[name]) for name, value in best.items())


NETWORKS: dict[str, NetworkOptions] = {
    "convolutions": ArdConv(filters=(3, 4), decoder_filters=(4,), output="linear"),
    "divided by their norms": InfoGan(output="linear"),
    "with layers that are never asked": Mlp(hidden=(8,), unused_heads=True),
    "3-D with attention": AldClips(output="linear", frames=2, width=4, blocks=1),
}


@pytest.mark.parametrize("network", NETWORKS.values(), ids=list(NETWORKS))
def test_any_network_killed_and_resumed_equals_an_uninterrupted_one(
    network: NetworkOptions, tmp_path: Path, killed: Callable[..., None]
) -> None:
    """Convolutions' weights lie channels last, and a checkpoint's row by row; norms are followed on the way."""
    method = registry.methods().get("vae")
    protocol = Training(network=network, batch_size=8, steps=12, threads=1)
    values = torch.rand(40, 2, 8, 8, generator=torch.Generator().manual_seed(0))
    data = Data(Split(values), Split(values[:0]), Split(values[:8]), Scaling(1.0, 0.0))

    def task_at(folder: str) -> Task:
        names = ("tiny", method.name, DIM, 7)
        return Task(dim=DIM, data=data, protocol=protocol, names=names, folder=RunFolder(tmp_path / folder),
                    checkpoint_seconds=0.0)  # fmt: skip

    whole = resolve(method.runner)(task_at("reference"), method.config())
    killed(partial(resolve(method.runner), task_at("broken"), method.config()), step=5)
    resumed = task_at("broken")
    again = resolve(method.runner)(resumed, method.config())
    assert resumed.resumed_step == 5
    assert all(torch.equal(value, again.state_dict()[name]) for name, value in whole.state_dict().items())


def test_a_training_asked_to_stop_saves_its_state_first(tmp_path: Path) -> None:
    method = registry.methods().get("vae")
    task = task_in(tmp_path, method)
    task.checkpoint_seconds = 1e9
    task.stop_requested = lambda: bool(task.history)
    with pytest.raises(Interrupted, match="goes on from there"):
        resolve(method.runner)(task, method.config())
    assert RunFolder(tmp_path).checkpoint.exists()
    resumed = task_in(tmp_path, method)
    resolve(method.runner)(resumed, method.config())
    assert 0 < resumed.resumed_step < STEPS


def test_a_training_keeps_to_the_kernel_that_it_began_with(
    tmp_path: Path, killed: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    method = registry.methods().get("vae")
    monkeypatch.setattr(kernels, "has_onednn", lambda: False)
    killed(partial(resolve(method.runner), task_in(tmp_path, method), method.config()), step=10)
    monkeypatch.setattr(kernels, "has_onednn", lambda: True)  # the next machine could do better
    resumed = task_in(tmp_path, method)
    resolve(method.runner)(resumed, method.config())
    assert resumed.resumed_step == 10
    assert resumed.kernel == "blas"


def test_a_kernel_that_this_processor_lacks_is_refused_with_what_to_do(
    tmp_path: Path, killed: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    method = registry.methods().get("vae")
    monkeypatch.setattr(kernels, "has_onednn", lambda: True)
    killed(partial(resolve(method.runner), task_in(tmp_path, method), method.config()), step=10)
    monkeypatch.setattr(kernels, "has_onednn", lambda: False)
    with pytest.raises(RuntimeError, match=r"began with the kernel 'onednn'.*delete the checkpoint to start again"):
        resolve(method.runner)(task_in(tmp_path, method), method.config())
