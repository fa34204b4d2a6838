"""The next batch lies where the last one lay, scaled like any other examples."""

from dataclasses import FrozenInstanceError

import pytest
import torch

from latentdim.conformance.tiny import tiny_data
from latentdim.nets.architectures.mlp import Mlp
from latentdim.study.protocol import Training
from latentdim.system.problems import ContractBroken
from latentdim.training import Task
from latentdim.training.batches import Batches
from latentdim.training.data import Data, Scaling, Split


def task_with(values: torch.Tensor, scaling: Scaling) -> Task:
    data = Data(Split(values), Split(values[:0]), Split(values[:5]), scaling)
    return Task(dim=2, data=data, protocol=Training(network=Mlp(), batch_size=16, epochs=1), names=("tiny", 0))


@pytest.mark.parametrize("scaling", [Scaling(1.0, 0.0), Scaling(2.0, -1.0)])
@pytest.mark.parametrize("kind", [torch.uint8, torch.float32])
def test_a_batch_is_what_the_task_gives_for_its_positions(kind: torch.dtype, scaling: Scaling) -> None:
    values = (torch.arange(120 * 12).reshape(120, 3, 4) % 256).to(kind)
    task = task_with(values, scaling)
    batches = Batches(task, examples=None)
    order = task.order(1).permutation(120)
    for position in range(batches.per_epoch):
        expected = task.examples(order[16 * position : 16 * position + 16])
        batch = batches.at(1, position)
        assert batch.dtype == torch.float32
        assert torch.equal(batch, expected)


def test_the_next_batch_is_laid_over_the_last_and_the_same_one_isnt_gathered_again() -> None:
    batches = Batches(task_with(tiny_data().train.values, Scaling(1.0, 0.0)), examples=None)
    first = batches.at(0, 0)
    kept = first.clone()
    assert batches.at(0, 0) is first
    assert first._version == batches.at(0, 0)._version
    second = batches.at(0, 1)
    assert second.data_ptr() == first.data_ptr()
    assert not torch.equal(second, kept)


def test_a_derivative_through_a_batch_that_is_gone_is_refused() -> None:
    batches = Batches(task_with(tiny_data().train.values, Scaling(1.0, 0.0)), examples=None)
    weight = torch.ones(12, requires_grad=True)
    loss = (weight * batches.at(0, 0)).sum()
    batches.at(0, 1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_an_epoch_with_another_number_of_batches_than_the_first_is_refused() -> None:
    task = task_with(tiny_data().train.values, Scaling(1.0, 0.0))
    batches = Batches(task, examples=lambda epoch: torch.arange(40 if epoch < 2 else 60))
    batches.at(1, 0)
    with pytest.raises(
        ContractBroken, match=r"Hooks.examples: epoch 2 has 3 batches \(60 examples\) and epoch 0 has 2"
    ):
        batches.at(2, 0)


def test_what_isnt_a_whole_batch_may_differ_between_epochs() -> None:
    task = task_with(tiny_data().train.values, Scaling(1.0, 0.0))
    assert len(Batches(task, examples=lambda epoch: torch.arange(40 + epoch)).at(1, 1)) == 16


@pytest.mark.filterwarnings("error")
def test_memory_for_a_batch_has_its_shape_from_the_start() -> None:
    """torch would make room anew, with a warning, for what doesn't fit."""
    task = task_with(torch.arange(64.0).reshape(32, 2, 1), Scaling(1.0, 0.0))
    assert Batches(task, examples=None).at(0, 0).shape == (16, 2, 1)


def test_what_data_are_made_of_is_never_assigned_to() -> None:
    """Models, metrics and later stages go on with the same objects."""
    data = tiny_data()
    for part, name in ((data, "train"), (data.train, "values"), (data.scaling, "factor")):
        with pytest.raises(FrozenInstanceError):
            setattr(part, name, None)
