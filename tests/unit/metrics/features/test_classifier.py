"""The dataset's own classifier: the same for all runs, good at its classes, and trained once."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from latentdim.metrics import MetricRefused, frechet_distance
from latentdim.metrics.features import classifier as module
from latentdim.metrics.features.classifier import classifier
from latentdim.metrics.features.extractor import Raw
from latentdim.metrics.features.sets import extractor_of, features_of
from latentdim.metrics.fid.measure import measure_classifier, measure_classifier_reconstructions
from latentdim.nets.draws import Draws
from latentdim.training.data import Scaling, Split


@pytest.fixture
def context(pictured):
    return pictured(n_train=150, n_test=120, n_generated=100, distribution={"features": "classifier"})


def of_data(context, **parts):
    """The same context on other data, with nothing shared."""
    return replace(context, data=replace(context.data, **parts), shared={})


def test_it_tells_the_classes_of_held_out_images(context):
    found = classifier(context)
    classes = found.network(module._input(context.data.test.values)).argmax(dim=1)
    accuracy = float((classes == context.data.test.labels).double().mean())
    assert found.accuracy == pytest.approx(accuracy)
    assert accuracy > 0.9
    assert found.facts["accuracy"] == found.accuracy


def test_its_layers_are_those_counted_by_hand_and_drawn_by_hes_law():
    """9 × 8 → 5 × 4 → 3 × 2 → 2 × 1 places, with a weight for each pair under a 3 × 3 kernel, and a bias for each."""
    network = module._network(2, (9, 8), n_classes=3)
    counted = (9 * 2 * 32 + 32) + (9 * 32 * 64 + 64) + (9 * 64 * 128 + 128) + (2 * 128 * 64 + 64) + (64 * 3 + 3)
    assert sum(parameter.numel() for parameter in network.parameters()) == counted
    module._draw(network, Draws.named("domain"))
    fans = [9 * 2, 9 * 32, 9 * 64, 2 * 128, 64]
    layers = [layer for layer in network if hasattr(layer, "weight")]
    for layer, fan_in in zip(layers, fans, strict=True):
        error = 4 / (2 * layer.weight.numel()) ** 0.5  # four standard errors of a standard deviation
        assert layer.weight.std().item() == pytest.approx((2 / fan_in) ** 0.5, rel=error)
        assert not layer.bias.any()


def test_its_accuracy_counts_every_held_out_image_once(monkeypatch):
    """A network that always says class 0, on 1,001 images of which the first and the last are of that class."""
    labels = torch.ones(1001, dtype=torch.int64)
    labels[0] = labels[-1] = 0
    test = Split(torch.zeros(1001, 1, 2, 2), None, labels)
    always = lambda x: torch.tensor([1.0, 0.0]).expand(len(x), 2)  # noqa: E731
    assert module._accuracy(always, test).item() == pytest.approx(2 / 1001)
    monkeypatch.setattr(module, "HELD_OUT", 500)
    assert module._accuracy(always, test).item() == pytest.approx(1 / 500)


def test_another_run_on_the_same_data_trains_the_same_classifier(context, pictured):
    other = pictured(n_train=150, n_test=120, bias=0.1, scaling=Scaling(2.0, -1.0))
    other = replace(other, draws=lambda name: Draws.named(99))
    state = torch.random.get_rng_state()
    assert classifier(other).digest == classifier(context).digest
    assert torch.equal(state, torch.random.get_rng_state())


def test_one_thread_trains_it_however_many_the_run_has(context, monkeypatch):
    seen, network = [], module._network
    monkeypatch.setattr(
        module, "_network", lambda *given, **more: seen.append(torch.get_num_threads()) or network(*given, **more)
    )
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        classifier(context)
        assert torch.get_num_threads() == 2
        monkeypatch.setattr(module, "_draw", None)  # training breaks off
        with pytest.raises(TypeError):
            classifier(replace(context, shared={}))
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
    assert seen == [1, 2, 1]  # trained, then built to be used; trained


def test_images_held_back_for_validation_train_it_too(context):
    whole = context.data.train
    split = of_data(context, train=whole.part(0, 100), validation=whole.part(100, 150))
    told = {"data": {"digest": "d1"}}
    assert classifier(replace(split, record=told)).digest == classifier(replace(context, record=told, shared={})).digest
    fewer = of_data(context, train=whole.part(0, 100))
    assert classifier(replace(fewer, record=told)).digest != classifier(replace(split, record=told)).digest


def test_other_data_train_another_classifier(context):
    train = context.data.train
    darker = of_data(context, train=Split(train.values // 2, None, train.labels))
    assert classifier(darker).digest != classifier(context).digest


def test_it_is_trained_once_and_read_back_by_other_runs(context, tmp_path, monkeypatch):
    first = classifier(replace(context, cache=tmp_path))
    (kept,) = tmp_path.glob("domain-classifier-*.safetensors")
    monkeypatch.setattr(module, "_trained", lambda *given: pytest.fail("trained again"))
    second = classifier(replace(context, cache=tmp_path, shared={}))
    assert (second.digest, second.accuracy) == (first.digest, first.accuracy)
    images = context.data.test.values
    assert torch.equal(first(images), second(images))
    monkeypatch.setattr(module, "RECIPE", module.RECIPE + 1)
    with pytest.raises(pytest.fail.Exception, match="trained again"):
        classifier(replace(context, cache=tmp_path, shared={}))
    assert kept.exists()


def test_bytes_and_the_floats_they_stand_for_have_the_same_features(context):
    found, images = classifier(context), context.data.test.values
    assert found(images).shape == (120, 64)
    torch.testing.assert_close(found(images / 255), found(images), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(found(images / 255 - 5), found(torch.zeros_like(images)), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("channels", "side"), [(3, 9), (1, 3), (1, 70)])
def test_images_of_any_size_have_64_features(pictured, monkeypatch, channels, side):
    monkeypatch.setattr(module, "STEPS", 2)
    context = pictured(channels=channels, side=side, n_generated=5)
    assert classifier(context)(context.generated()).shape == (5, 64)


def test_the_distance_is_the_frechet_distance_of_its_features(context):
    generated, reference, _ = features_of(context)
    found = measure_classifier(context)
    assert found.value == pytest.approx(frechet_distance(generated, reference), rel=1e-9)
    assert (found.n, found.detail["features"], found.detail["recipe"]) == (100, "classifier", module.RECIPE)
    assert found.spread > 0
    real = context.data.test.values
    made = context.reconstructed(context.data.scaling.to_network(real))
    expected = frechet_distance(classifier(context)(made), classifier(context)(real))
    assert measure_classifier_reconstructions(context).value == pytest.approx(expected, rel=1e-6)


def test_it_ranks_real_images_before_blurred_before_noise(context):
    found, test, train = classifier(context), context.data.test.values / 255, context.data.train.values / 255
    blurred = torch.nn.functional.avg_pool2d(train, 3, stride=1, padding=1)
    noise = torch.rand(train.shape, generator=torch.Generator().manual_seed(0))
    distances = [frechet_distance(found(made), found(test)) for made in (train, blurred, noise)]
    assert distances[0] < distances[1] / 2 < distances[2] / 4


def test_without_classes_it_is_refused(context):
    plain = Split(context.data.train.values)
    one = Split(plain.values, None, torch.zeros(150, dtype=torch.int64))
    for parts in ({"train": plain}, {"train": one}, {"test": Split(context.data.test.values)}):
        with pytest.raises(MetricRefused, match="at least two classes"):
            features_of(of_data(context, **parts))


def test_vectors_have_no_classifier_features(linear, measuring, normal):
    with pytest.raises(MetricRefused, match="'classifier' features are for images"):
        features_of(measuring(linear(), normal(9, 6), normal(9, 6), distribution={"features": "classifier"}))


def test_the_network_sees_bytes_and_floats_between_minus_one_and_one():
    levels = torch.tensor([0, 51, 255], dtype=torch.uint8).reshape(3, 1, 1, 1).expand(3, 1, 4, 4)
    expected = torch.tensor([-1.0, -0.6, 1.0]).reshape(3, 1, 1, 1).expand(3, 1, 4, 4)
    torch.testing.assert_close(module._input(levels), expected)
    torch.testing.assert_close(module._input(levels / 255.0), expected)


def test_clips_are_no_images_and_go_by_their_values(linear, measuring, normal):
    clips = normal(9, 12).reshape(9, 2, 1, 2, 3)
    model = linear(weight=normal(12, 3))
    model.shape = (2, 1, 2, 3)
    assert isinstance(extractor_of(measuring(model, clips, clips), None), Raw)
    with pytest.raises(MetricRefused, match="'classifier' features are for images"):
        extractor_of(measuring(model, clips, clips), "classifier")
