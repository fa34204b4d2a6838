"""What every metric is given."""

from __future__ import annotations

import pytest
import torch

from latentdim.training.data import Scaling


def test_a_model_in_training_mode_is_refused(linear, measuring, normal):
    model = linear()
    model.train()
    with pytest.raises(ValueError, match="training mode"):
        measuring(model, normal(5, 6), normal(5, 6))


def test_the_reference_is_the_first_examples_of_the_protocol_s_split(linear, measuring, normal):
    train, test = normal(30, 6), normal(20, 6, name="test data")
    assert measuring(linear(), train, test, n_reference=7).reference().values.tolist() == test[:7].tolist()
    assert measuring(linear(), train, test, split="train").reference().values.tolist() == train.tolist()


def test_samples_are_in_the_data_s_units_and_drawn_once_per_choice_of_axes(linear, measuring, normal):
    model, data = linear(bias=3.0), normal(30, 6)
    context = measuring(model, data, data, n_generated=1500, scaling=Scaling(2.0, -1.0))
    z = context.draws("generated").rows(1500, 3)
    torch.testing.assert_close(context.generated(), (z @ model.weight.T + 3.0 + 1.0) / 2.0)
    assert context.generated() is context.generated()


def test_nothing_measured_carries_gradients(linear, measuring, normal):
    model, data = linear(weight=normal(6, 3).requires_grad_(), encoder=normal(3, 6).requires_grad_()), normal(30, 6)
    context = measuring(model, data, data)
    made = (context.generated(), context.codes(context.data.train), context.reconstructed(data))
    assert not any(values.requires_grad for values in made)


def test_codes_are_means_or_draws_by_the_name_of_a_stream(linear, measuring, normal):
    model, data = linear(noise=0.5), normal(1200, 6)
    context = measuring(model, data, data)
    means = data @ model.encoder.T
    torch.testing.assert_close(context.codes(context.data.train), means)
    drawn = context.codes(context.data.train, sample="here")
    assert torch.equal(drawn, context.codes(context.data.train, sample="here"))
    assert (drawn - means).std().item() == pytest.approx(0.5, rel=0.1)
