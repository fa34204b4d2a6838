"""Principal components of a dataset's values, against scikit-learn's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from latentdim.metrics import frechet_distance
from latentdim.metrics.features import pixels_pca as module
from latentdim.metrics.features.extractor import Raw
from latentdim.metrics.features.pixels_pca import PixelsPca, fitted
from latentdim.metrics.features.sets import extractor_of
from latentdim.metrics.fid.measure import measure_pixels_pca, measure_pixels_pca_reconstructions


@pytest.mark.parametrize(("n", "width"), [(300, 40), (50, 90), (500, 100)])
def test_features_are_the_principal_components_up_to_signs(n: int, width: int) -> None:
    rng = np.random.default_rng([n, width])
    x = rng.normal(size=(n, width)) * np.linspace(3.0, 0.1, width) + rng.normal(size=width)
    parts = fitted(torch.from_numpy(x).float())
    count = min(module.COMPONENTS, width, n - 1)
    reference = PCA(count, svd_solver="full").fit(x)
    features = PixelsPca(parts["mean"], parts["components"], "digest", float(parts["explained"]))
    assert features.dim == count
    assert features.explained == pytest.approx(reference.explained_variance_ratio_.sum(), rel=1e-6)
    new = rng.normal(size=(20, width))
    found, expected = features(torch.from_numpy(new).float()).numpy(), reference.transform(new)
    np.testing.assert_allclose(np.abs(found), np.abs(expected), atol=5e-4)


def test_the_distance_is_that_along_scikit_learns_components(pictured) -> None:
    context = pictured(n_train=150, n_test=120, n_generated=100)
    context = replace(context, evaluation=context.evaluation.model_copy(update={"n_reference": 90}))
    train = context.data.train.values.flatten(1).numpy() / 255.0
    reference = PCA(min(module.COMPONENTS, train.shape[1], len(train) - 1), svd_solver="full").fit(train)
    real = reference.transform(context.data.test.values[:90].flatten(1).numpy() / 255.0)
    made = reference.transform(context.generated().flatten(1).numpy())
    assert measure_pixels_pca(context).value == pytest.approx(frechet_distance(made, real), rel=1e-4)
    x = context.data.batch(context.data.test, 0, 90)
    again = reference.transform(context.data.scaling.to_data(context.model.reconstruct(x)).detach().flatten(1).numpy())
    found = measure_pixels_pca_reconstructions(context)
    assert found.value == pytest.approx(frechet_distance(again, real), rel=1e-4)
    assert found.detail["features"] == "pixels_pca"


def test_bytes_count_as_shares_of_255_and_other_data_have_other_components(pictured) -> None:
    context = pictured(n_train=150, n_test=120, n_generated=100)
    features = extractor_of(context, "pixels_pca")
    values = context.data.test.values[:5]
    assert torch.allclose(features(values), features(values / 255.0), atol=1e-6)
    assert Raw(values[0].numel())(values).shape[1] > features.dim
    fewer = replace(context, data=replace(context.data, train=context.data.train.part(0, 100)), shared={})
    assert extractor_of(fewer, "pixels_pca").digest != features.digest
