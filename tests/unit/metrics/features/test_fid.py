"""The FID end to end against torch-fidelity called directly, its refusals, its spread, and what is kept of it."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.utils.data import Dataset

from latentdim.metrics import MetricRefused, frechet_distance, inception_features
from latentdim.metrics.features import sets
from latentdim.metrics.features.sets import features_of
from latentdim.metrics.fid.measure import measure, measure_reconstructions


class Bytes(Dataset[Tensor]):
    def __init__(self, images: Tensor) -> None:
        self.images = images if images.shape[1] == 3 else images.expand(-1, 3, -1, -1)

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> Tensor:
        return self.images[index]


def direct(made: Tensor, real: Tensor, weights: Path, layer: int) -> float:
    """torch-fidelity's own FID of two sets of bytes."""
    import torch_fidelity

    found = torch_fidelity.calculate_metrics(
        input1=Bytes(made), input2=Bytes(real), fid=True, cuda=False, cache=False, verbose=False, save_cpu_ram=True,
        batch_size=32, feature_layer_fid=str(layer), feature_extractor_weights_path=str(weights),
    )  # fmt: skip
    return float(found["frechet_inception_distance"])


def allowance(*features: Tensor) -> float:
    """A millionth of the features' variances: near zero a distance has no relative precision."""
    return 1e-6 * sum(float(values.double().var(dim=0).sum()) for values in features)


def expected_of(context, fid: float) -> object:
    """torch-fidelity's value, less what its float32 means move it by."""
    generated, reference, _ = features_of(context)
    single, exact = (
        np.square(generated.numpy().mean(axis=0, dtype=kind) - reference.numpy().mean(axis=0, dtype=kind)).sum()
        for kind in (np.float32, np.float64)
    )
    return pytest.approx(fid - float(single) + float(exact), abs=allowance(generated, reference))


@pytest.mark.parametrize(("layer", "channels", "n"), [(64, 1, 90), (64, 3, 40), (192, 1, 60)])
def test_the_fid_is_torch_fidelity_s(pictured, small_inception, bytes_of, layer, channels, n):
    context = pictured(
        channels=channels, n_test=n, n_generated=n + 10, fid={"layer": layer}, distribution={"allow_few": True}
    )
    found = measure(context)
    made = bytes_of(context.generated())
    assert found.value == expected_of(context, direct(made, context.data.test.values, small_inception, layer))
    assert found.value > 1000 * allowance(*features_of(context)[:2])
    assert (found.n, found.detail["n_generated"], found.detail["n_reference"]) == (n, n + 10, n)


def test_the_fid_at_inception_s_own_size_is_torch_fidelity_s(pictured, named_inception, bytes_of):
    context = pictured(n_test=8, n_generated=8, fid={"layer": 64}, distribution={"allow_few": True})
    expected = direct(bytes_of(context.generated()), context.data.test.values, named_inception, 64)
    assert measure(context).value == expected_of(context, expected)


@pytest.mark.slow
@pytest.mark.parametrize(("layer", "n"), [(64, 120), (192, 250)])
def test_the_fid_of_hundreds_of_images_is_torch_fidelity_s(pictured, named_inception, bytes_of, layer, n):
    context = pictured(n_test=n, n_generated=n, side=16, fid={"layer": layer})
    expected = direct(bytes_of(context.generated()), context.data.test.values, named_inception, layer)
    assert measure(context).value == expected_of(context, expected)


def test_from_the_same_float64_features_the_value_is_torch_fidelity_s(pictured, small_inception):
    from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric

    context = pictured(n_test=90, n_generated=80, fid={"layer": 64})
    generated, reference, _ = features_of(context)
    both = [fid_features_to_statistics(features.double()) for features in (generated, reference)]
    expected = fid_statistics_to_metric(*both, verbose=False)["frechet_inception_distance"]
    assert measure(context).value == pytest.approx(expected, rel=1e-9)


def test_the_fid_of_reconstructions_compares_each_real_image_with_its_own(pictured, small_inception, bytes_of):
    context = pictured(n_test=90, n_reference=80, axes=[True, False, True, True], fid={"layer": 64})
    real = context.data.test.values[:80]
    found = measure_reconstructions(context)
    made = context.reconstructed(context.data.scaling.to_network(real))
    assert found.value == pytest.approx(direct(bytes_of(made), real, small_inception, 64), rel=1e-5)
    assert (found.n, found.detail["n_reconstructed"], found.detail["n_reference"]) == (80, 80, 80)
    assert "n_generated" not in found.detail
    assert found.spread > 0


def test_images_the_network_sees_in_another_range_give_the_same(pictured, small_inception):
    from latentdim.training.data import Scaling

    context = pictured(n_test=90, n_generated=80, fid={"layer": 64})
    other = pictured(n_test=90, n_generated=80, fid={"layer": 64}, scaling=Scaling(2.0, -1.0))
    other.model.weight, other.model.bias = 2 * context.model.weight, 2 * context.model.bias - 1
    assert measure(other).value == pytest.approx(measure(context).value, rel=1e-3)  # a few pixels round otherwise


def test_the_detail_tells_all_that_moves_a_fid(pictured, small_inception):
    context = pictured(n_test=80, n_generated=70, fid={"layer": 64, "quantisation": "truncate", "stretch": True})
    digest = hashlib.sha256(small_inception.read_bytes()).hexdigest()
    assert measure(context).detail == {
        "features": "inception", "layer": 64, "weights_sha256": digest,
        "resize": "tensorflow", "quantisation": "truncate", "stretch": True, "jpeg": False, "n_generated": 70,
        "n_reference": 80, "split": "test",
    }  # fmt: skip


def test_the_reference_is_of_the_split_for_distributions(pictured, small_inception):
    few = {"allow_few": True}
    context = pictured(n_train=30, fid={"layer": 64}, distribution=few | {"split": "train"}, n_generated=20)
    found = measure(context)
    assert (found.detail["split"], found.detail["n_reference"]) == ("train", 30)
    generated = inception_features(context.generated(), context.evaluation.fid)
    expected = frechet_distance(generated, inception_features(context.data.train.values, context.evaluation.fid))
    assert found.value == pytest.approx(expected, rel=1e-9)
    whole = context.data.train
    joined = replace(
        pictured(n_train=30, fid={"layer": 64}, distribution=few | {"split": "train+validation"}, n_generated=20),
        data=replace(context.data, train=whole.part(0, 10), validation=whole.part(10, 30)),
    )
    assert measure(joined).value == found.value
    fewer = replace(joined, evaluation=joined.evaluation.model_copy(update={"n_reference": 15}), shared={})
    expected = frechet_distance(generated, inception_features(whole.values[:15], context.evaluation.fid))
    assert measure(fewer).value == pytest.approx(expected, rel=1e-9)
    with pytest.raises(MetricRefused, match="the validation split has 0 examples"):
        measure(pictured(fid={"layer": 64}, distribution=few | {"split": "validation"}))


@pytest.mark.parametrize(("n_test", "n_generated"), [(64, 90), (90, 64)])
def test_no_more_images_than_features_are_refused_unless_asked_for(pictured, small_inception, n_test, n_generated):
    with pytest.raises(MetricRefused, match=r"64 images don't determine the covariance of 64 features.*allow_few"):
        measure(pictured(n_test=n_test, n_generated=n_generated, fid={"layer": 64}))
    asked = pictured(n_test=n_test, n_generated=n_generated, fid={"layer": 64}, distribution={"allow_few": True})
    assert measure(asked).spread is None


def test_samples_and_features_that_are_not_finite_are_refused(pictured, small_inception, monkeypatch):
    with pytest.raises(MetricRefused, match="the model's samples are not finite"):
        measure(pictured(n_test=80, n_generated=80, fid={"layer": 64}, bias=float("nan")))
    with pytest.raises(MetricRefused, match="the model's reconstructions are not finite"):
        measure_reconstructions(pictured(n_test=80, fid={"layer": 64}, bias=float("inf")))
    context, whole = pictured(n_test=80, n_generated=80, fid={"layer": 64}), sets.extracted
    for whose, dtype in (("the real examples", torch.uint8), ("samples", torch.float32)):
        spoilt = lambda how, images, dtype=dtype: whole(how, images) / (images.dtype != dtype)  # noqa: E731
        monkeypatch.setattr(sets, "extracted", spoilt)
        with pytest.raises(MetricRefused, match=f"features of {whose} are not finite"):
            measure(replace(context, shared={}))


def test_vectors_have_no_fid(linear, measuring, normal):
    context = measuring(linear(), normal(100, 6), normal(100, 6), distribution={"features": "inception"})
    with pytest.raises(MetricRefused, match="'inception' features are for images"):
        features_of(context)


def test_features_default_to_raw_for_vectors(linear, measuring, normal):
    context = measuring(linear(), normal(100, 6), normal(70, 6), n_generated=50)
    generated, reference, about = features_of(context)
    assert torch.equal(generated, context.generated())
    assert torch.equal(reference, context.data.test.values)
    assert about == {"features": "raw", "n_generated": 50, "n_reference": 70, "split": "test"}


def test_raw_features_of_images_are_their_values(pictured):
    context = pictured(channels=3, n_generated=50, distribution={"features": "raw"})
    generated, reference, _ = features_of(context)
    assert torch.equal(generated, context.generated().reshape(50, -1))
    expected = context.data.test.values.numpy().reshape(40, -1) / np.float32(255)
    np.testing.assert_allclose(reference.numpy(), expected, rtol=1e-6)
