"""The controls: PCA against scikit-learn, oracle, noise and the constant model."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from scipy.stats import kstest
from sklearn import decomposition
from sklearn.linear_model import LinearRegression
from torch import Tensor

from latentdim import registry
from latentdim.nets.draws import Draws
from latentdim.study.protocol import Training
from latentdim.system.seeds import torch_stream
from latentdim.training import Task
from methods.constant import Config as ConstantConfig
from methods.constant.runner import fit as fit_constant
from methods.noise import Config as NoiseConfig
from methods.noise.runner import fit as fit_noise
from methods.oracle import Config as OracleConfig
from methods.oracle.runner import fit as fit_oracle
from methods.pca import Config as PcaConfig
from methods.pca import runner as pca_runner

fit_pca = pca_runner.fit


@pytest.fixture
def correlated(normal: Callable[..., Tensor]) -> Tensor:
    """300 examples of 6 correlated values, off centre."""
    return normal(300, 6, name="values") @ normal(6, 6, name="mixing") + 2.0


@pytest.mark.parametrize(("n", "dim"), [(300, 4), (300, 6), (5, 4)], ids=["tall", "all", "wide"])
def test_pca_equals_scikit_learns(
    n: int, dim: int, correlated: Tensor, make_task: Callable[..., Task], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pca_runner, "ROWS", 64)
    x = correlated[:n]
    model = fit_pca(make_task(train=x, dim=dim, batch_size=2), PcaConfig())
    other = decomposition.PCA(dim, svd_solver="full").fit(x.double().numpy())
    signs = np.sign((other.components_ * model.components.numpy()).sum(axis=1))
    assert np.allclose(model.components.numpy(), other.components_ * signs[:, None], atol=1e-5)
    assert np.allclose(model.prior.variance.numpy(), other.explained_variance_, rtol=1e-4, atol=1e-5)
    codes = model.encode(x)
    assert np.allclose(codes.numpy(), other.transform(x.double().numpy()) * signs, atol=1e-4)
    assert np.allclose(model.decode(codes).numpy(), other.inverse_transform(other.transform(x.numpy())), atol=1e-4)


def test_pcas_axes_point_where_their_largest_entry_is_positive(
    correlated: Tensor, make_task: Callable[..., Task]
) -> None:
    for x in (correlated, -correlated):
        components = fit_pca(make_task(train=x, dim=5), PcaConfig()).components
        assert (components.gather(1, components.abs().argmax(dim=1, keepdim=True)) > 0).all()


def test_pcas_prior_has_the_variances_of_its_codes(correlated: Tensor, make_task: Callable[..., Task]) -> None:
    model = fit_pca(make_task(train=correlated, dim=3), PcaConfig())
    draws = model.prior.sample(50_000, Draws.named("prior"))
    assert torch.allclose(draws.var(dim=0), model.encode(correlated).var(dim=0), rtol=0.03)
    assert draws.mean(dim=0).abs().max() < 0.05 * draws.std(dim=0).max()


def test_pca_refuses_more_components_than_there_are(correlated: Tensor, make_task: Callable[..., Task]) -> None:
    with pytest.raises(ValueError, match="3 examples of 6 values have no 4 principal components"):
        fit_pca(make_task(train=correlated[:3], dim=4, batch_size=2), PcaConfig())


@pytest.fixture
def known(normal: Callable[..., Tensor], make_task: Callable[..., Task]) -> Callable[..., Task]:
    """A task whose examples are an affine image of three correlated factors, the last one constant, plus noise."""

    def build(dim: int = 5, **options: object) -> Task:
        factors = (
            normal(140, 3, name="factors") @ torch.tensor([[2.0, 1.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]) + 7.0
        )
        x = factors @ normal(3, 6, name="generator") + 0.1 * normal(140, 6, name="noise")
        return make_task(train=x[:120], test=x[120:], factors=(factors[:120], factors[120:]), dim=dim, **options)

    return build


def test_the_oracle_tells_the_standardised_factors_of_every_split(known: Callable[..., Task]) -> None:
    task = known(n_validation=20)
    model = fit_oracle(task, OracleConfig())
    train = task.data.train.factors
    assert train is not None
    for split in (task.data.train, task.data.validation, task.data.test):
        assert split.factors is not None
        order = torch.randperm(len(split), generator=torch_stream("order"))
        codes = model.encode(split.values[order])
        expected = (split.factors[order, :2] - train[:, :2].mean(dim=0)) / train[:, :2].std(dim=0, correction=0)
        assert torch.allclose(codes[:, :2], expected, atol=1e-5)
        assert (codes[:, 2:] == 0).all()  # the constant factor, and the padding
    assert model.active().tolist() == [True, True, False, False, False]


def test_the_oracle_decodes_by_least_squares(known: Callable[..., Task]) -> None:
    task = known()
    model = fit_oracle(task, OracleConfig())
    assert task.data.train.factors is not None
    assert task.data.test.factors is not None
    other = LinearRegression().fit(task.data.train.factors.numpy(), task.data.train.values.numpy())
    predicted = other.predict(task.data.test.factors.numpy())
    assert np.allclose(model.reconstruct(task.data.test.values).numpy(), predicted, atol=1e-3)


def test_the_oracles_prior_has_the_factors_moments(known: Callable[..., Task]) -> None:
    task = known()
    model = fit_oracle(task, OracleConfig())
    draws, codes = model.prior.sample(50_000, Draws.named("prior")), model.encode(task.data.train.values)
    assert torch.allclose(draws.mean(dim=0), codes.mean(dim=0), atol=0.03)
    covariance = torch.cov(codes.T, correction=0)
    assert torch.allclose(torch.cov(draws.T), covariance, atol=0.03)
    assert abs(covariance[0, 1]) > 0.3


def test_the_oracle_refuses_examples_that_it_does_not_know(known: Callable[..., Task]) -> None:
    task = known()
    model = fit_oracle(task, OracleConfig())
    x = task.data.test.values.clone()
    x[3, 2] += 1e-5
    with pytest.raises(ValueError, match="1 of 20 examples aren't among the prepared ones"):
        model.encode(x)


def test_examples_that_look_alike_get_the_factors_of_the_first(make_task: Callable[..., Task]) -> None:
    x = torch.tensor([[0.0], [1.0], [0.0], [2.0]])
    factors = torch.tensor([[1.0], [2.0], [3.0], [6.0]])
    task = make_task(train=x, test=x, factors=(factors, factors + 10.0), dim=1, batch_size=2)
    codes = fit_oracle(task, OracleConfig()).encode(x)
    expected = (torch.tensor([[1.0], [2.0], [1.0], [6.0]]) - 3.0) / factors.std(correction=0)
    assert torch.allclose(codes, expected)


def test_the_oracle_needs_factors_and_room_for_them(known: Callable[..., Task], make_task: Callable[..., Task]) -> None:
    with pytest.raises(ValueError, match="3 factors don't fit into 2 dimensions"):
        fit_oracle(known(dim=2), OracleConfig())
    with pytest.raises(ValueError, match="no known factors"):
        fit_oracle(make_task(), OracleConfig())


def test_noise_codes_are_fixed_for_each_example_and_have_the_priors_law(
    normal: Callable[..., Tensor], make_task: Callable[..., Task]
) -> None:
    x = 3.0 * normal(4000, 6, name="many")
    model = fit_noise(make_task(train=x), NoiseConfig())
    codes, order = model.encode(x), torch.randperm(4000, generator=torch_stream("order"))
    assert torch.equal(model.encode(x[order]), codes[order])
    assert torch.equal(model.encode(x[17:18]), codes[17:18])
    scores = (codes / model.prior.variance.sqrt()).numpy()
    assert all(kstest(scores[:, j], "norm").pvalue > 1e-3 for j in range(3))
    together = np.corrcoef(np.hstack([scores, x.numpy(), x.square().numpy()]).T)
    assert np.abs(together[:3] - np.eye(3, len(together))).max() < 4.5 / 4000**0.5


def test_noise_differs_from_seed_to_seed_and_decodes_like_pca(
    correlated: Tensor, make_task: Callable[..., Task]
) -> None:
    one, two = (fit_noise(make_task(train=correlated, seed=seed), NoiseConfig()) for seed in (0, 1))
    assert not torch.isclose(one.encode(correlated), two.encode(correlated)).any()
    pca = fit_pca(make_task(train=correlated), PcaConfig())
    z = torch.ones(2, 3)
    assert torch.equal(one.decode(z), pca.decode(z))
    assert torch.equal(one.sample(5, Draws.named("s")), pca.sample(5, Draws.named("s")))


def test_the_constant_model_is_the_mean_and_counts_nothing(make_task: Callable[..., Task]) -> None:
    x = torch.rand(30, 2, 4, 4, generator=torch_stream("images"))
    model = fit_constant(make_task(train=x, test=x), ConstantConfig())
    assert torch.allclose(model.reconstruct(x[:3]), x.mean(dim=0).expand(3, -1, -1, -1), atol=1e-6)
    assert (model.encode(x) == 0).all()
    assert not model.active().any()


@pytest.mark.parametrize("name", ["pca", "oracle", "noise", "constant"])
def test_controls_keep_only_what_they_use_of_the_protocol(name: str) -> None:
    method = registry.methods().get(name)
    fields = set(Training.model_fields)
    assert fields - method.unused_fields == {"scaling", "n_train", "n_validation", "threads"}
    assert method.unused_fields <= fields
    assert method.control
