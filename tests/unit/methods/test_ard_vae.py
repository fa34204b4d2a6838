"""ARD-VAE's objective, the refresh of its prior, and its rule for active axes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from scipy.integrate import quad
from scipy.stats import norm
from torch import Tensor, nn

from latentdim.nets import GaussianPosterior, StandardNormal
from latentdim.nets.architectures.ard_conv import ArdConv
from latentdim.nets.build import Decoder
from latentdim.nets.draws import Draws
from latentdim.system.seeds import torch_stream
from latentdim.training import Task
from latentdim.training.checkpoint import load_file
from methods.ard_vae import Config
from methods.ard_vae import model as module
from methods.ard_vae.model import ArdVAE
from methods.ard_vae.prior import EstimatedNormal
from methods.ard_vae.runner import alpha_count, draw_with_kl, fit, split_indices

CONFIG = Config()


class Fixed(ArdVAE):
    """A posterior that is the example itself, with one standard deviation for each axis, and a linear decoder."""

    def __init__(self, columns: Tensor, deviation: Tensor, config: Config = CONFIG, *, n_alpha: int = 30) -> None:
        linear = nn.Linear(columns.shape[1], columns.shape[0])
        linear.weight.data, linear.bias.data = columns, torch.zeros(columns.shape[0])
        decoder = Decoder(nn.Sequential(linear), nn.Identity())
        super().__init__(
            nn.Identity(), decoder, dim=columns.shape[1], shape=(columns.shape[0],), config=config, n_alpha=n_alpha
        )
        self.deviation = deviation

    def posterior(self, x: Tensor) -> GaussianPosterior:
        return GaussianPosterior(x, (2.0 * self.deviation.log()).expand_as(x))


def estimated(variance: Tensor) -> EstimatedNormal:
    """A prior that was estimated to have these variances."""
    prior = EstimatedNormal(len(variance), CONFIG)
    prior.variance.copy_(variance)
    return prior


def density_of_kl(z: float, posterior: Any, prior: Any) -> float:
    return float(posterior.pdf(z) * (posterior.logpdf(z) - prior.logpdf(z)))


def test_the_kl_equals_numerical_integration(normal: Callable[..., Tensor]) -> None:
    mean, log_var = normal(4, 3, name="mean"), normal(4, 3, name="log_var")
    variance = torch.tensor([0.2, 1.0, 3.0])
    _, values = draw_with_kl(GaussianPosterior(mean, log_var), Draws.named("noise"), estimated(variance), CONFIG)
    for i in range(4):
        expected = 0.0
        for m, s, v in zip(mean[i].tolist(), (log_var[i] / 2).exp().tolist(), variance.sqrt().tolist(), strict=True):
            posterior, prior = norm(m, s), norm(0.0, v)
            expected += quad(density_of_kl, m - 12 * s, m + 12 * s, args=(posterior, prior))[0]
        assert values[i].item() == pytest.approx(expected, rel=1e-4)


def test_the_released_kl_differs_by_a_constant_of_the_prior_alone(normal: Callable[..., Tensor]) -> None:
    mean, log_var = normal(2, 3, name="mean").requires_grad_(), normal(2, 3, name="log_var")
    variance = torch.tensor([0.2, 1.0, 3.0])
    held = GaussianPosterior(mean, log_var), Draws.named("noise"), estimated(variance)
    (_, paper), (_, raw) = (draw_with_kl(*held, Config(kl_variance_term=term)) for term in ("log", "raw"))
    constant = 0.5 * sum(v - math.log(v) for v in variance.tolist())
    assert (raw - paper).tolist() == pytest.approx([constant] * 2, rel=1e-5)
    gradients = [torch.autograd.grad(kl.sum(), mean)[0] for kl in (paper, raw)]
    assert torch.equal(*gradients)


def test_each_epoch_splits_the_training_set_anew(make_task: Callable[..., Task]) -> None:
    task = make_task()
    epochs = [split_indices(task, epoch, n_alpha=24, refresh_every=1) for epoch in range(3)]
    for alpha, rest in epochs:
        assert len(alpha) == 24
        assert sorted(alpha.tolist() + rest.tolist()) == list(range(120))
    assert len({tuple(alpha.tolist()) for alpha, _ in epochs}) == 3
    again, _ = split_indices(make_task(), 1, n_alpha=24, refresh_every=1)
    assert torch.equal(again, epochs[1][0])


def test_a_lagging_prior_keeps_its_split(make_task: Callable[..., Task]) -> None:
    alphas = [split_indices(make_task(), epoch, n_alpha=24, refresh_every=3)[0].tolist() for epoch in range(7)]
    assert alphas[0] == alphas[1] == alphas[2]
    assert alphas[3] == alphas[4] == alphas[5]
    assert alphas[0] != alphas[3] != alphas[6]


@pytest.mark.parametrize(
    ("n_train", "given", "expected"),
    [(120, None, 30), (120, 7, 7), (50_000, None, 10_000), (40_000, None, 10_000), (39_996, None, 9_999)],
)
def test_the_prior_rests_on_ten_thousand_examples_or_a_quarter_of_fewer(
    n_train: int, given: int | None, expected: int, make_task: Callable[..., Task]
) -> None:
    assert alpha_count(make_task(train=torch.zeros(n_train, 1)), Config(n_alpha=given)) == expected


def test_too_few_examples_beside_the_priors_are_refused(make_task: Callable[..., Task]) -> None:
    with pytest.raises(ValueError, match="n_alpha = 111 of 120 training examples leaves fewer than one batch of 10"):
        fit(make_task(), Config(n_alpha=111))


@pytest.mark.parametrize("moment", ["about_zero", "about_mean"])
def test_the_variance_is_the_mean_square_of_one_posterior_draw_each(moment: str, normal: Callable[..., Tensor]) -> None:
    model = Fixed(torch.eye(3), torch.tensor([0.5, 2.0, 1e-3]), Config(moment=moment))
    batches = [normal(5, 3, name="one") + 1.0, normal(4, 3, name="two") - 3.0]
    noise, twin = Draws.named("noise"), Draws.named("noise")
    variance = model.estimated.estimate(model.codes(batches, noise))
    draws = [x + twin.normal(x.shape) * torch.tensor([0.5, 2.0, 1e-3]) for x in batches]
    codes = [float(v) for x in draws for v in x[:, 1]]
    about = sum(codes) / 9 if moment == "about_mean" else 0.0
    assert variance[1].item() == pytest.approx(sum((c - about) ** 2 for c in codes) / 9, rel=1e-5)
    assert torch.equal(model.estimated.variance, torch.ones(3))
    measured = model.objective_prior.code_variance(torch.cat(draws))
    torch.testing.assert_close(measured.float(), variance)


def test_an_axis_whose_codes_vanish_keeps_a_variance_above_zero() -> None:
    model = Fixed(torch.eye(2), torch.tensor([1e-9, 1.0]), Config(variance_floor=1e-4))
    variance = model.estimated.estimate(model.codes([torch.zeros(6, 2)], Draws.named("x")))
    assert variance[0].item() == pytest.approx(1e-4)
    assert variance[1].item() > 1e-2


def test_the_training_never_descends_on_the_priors_examples(make_task: Callable[..., Task]) -> None:
    task = make_task(steps=None, epochs=2)
    asked: list[list[int]] = []
    read = task.examples
    task.examples = lambda indices, **where: (asked.append(indices.tolist()), read(indices, **where))[1]  # type: ignore[method-assign]
    fit(task, Config(n_alpha=24))
    for epoch in range(2):
        refreshed, *batches = asked[epoch * 10 : epoch * 10 + 10]
        alpha, rest = split_indices(task, epoch, n_alpha=24, refresh_every=1)
        assert refreshed == alpha.tolist()
        descended = [i for batch in batches for i in batch]
        assert len(descended) == len(set(descended)) == 90
        assert set(descended) <= set(rest.tolist())
    assert asked[20] == list(range(24))
    assert task.steps == 18


def test_the_loss_holds_the_prior_as_of_the_epochs_start(make_task: Callable[..., Task]) -> None:
    task = make_task(steps=1)
    fit(task, Config(beta=3.0, n_alpha=24))
    start = ArdVAE.build(
        task.protocol, dim=3, shape=task.shape, generator=task.initialisation, config=CONFIG, n_alpha=24
    )
    alpha, _ = split_indices(task, 0, n_alpha=24, refresh_every=1)
    prior_noise = make_task().draws("prior_variance")
    z = start.encode(task.data.train.values[alpha], sample=prior_noise)
    variance = z.square().mean(dim=0)
    row = task.history[0]
    assert row["variance_min"] == pytest.approx(variance.min().item(), rel=1e-5)
    assert row["variance_max"] == pytest.approx(variance.max().item(), rel=1e-5)
    order = task.order(0).permutation(96)[:10]
    posterior = start.posterior(task.data.train.values[split_indices(task, 0, n_alpha=24, refresh_every=1)[1][order]])
    mean, log_var = posterior.mean, posterior.log_var
    ratio = (mean**2 + log_var.exp()) / variance
    expected = 3.0 * 0.5 * (ratio - 1.0 - log_var + variance.log()).sum(dim=1).mean()
    assert row["kl"] == pytest.approx(expected.item(), rel=1e-4)


def test_the_prior_is_refreshed_by_a_model_in_evaluation_mode(
    make_task: Callable[..., Task], normal: Callable[..., Tensor]
) -> None:
    """A network with norms: the codes of X_α are those under the running moments, which they don't move."""
    network = ArdConv(filters=(3, 4), decoder_filters=(3,), decoder_side=2, norm_momentum=0.5)
    pictures = {name: normal(count, 1, 8, 8, name=name).sigmoid() for name, count in (("train", 40), ("test", 5))}
    task = make_task(**pictures, network=network, steps=1)
    model = fit(task, Config(n_alpha=24))
    start = ArdVAE.build(
        task.protocol, dim=3, shape=task.shape, generator=task.initialisation, config=CONFIG, n_alpha=24
    ).eval()
    alpha, rest = split_indices(task, 0, n_alpha=24, refresh_every=1)
    z = start.encode(pictures["train"][alpha], sample=make_task().draws("prior_variance"))
    torch.testing.assert_close(model.estimated.variance, z.square().mean(dim=0))
    batch = pictures["train"][rest[task.order(0).permutation(16)[:10]]]
    first_norm = next(index for index, layer in enumerate(model.encoder) if isinstance(layer, nn.BatchNorm2d))
    means = start.encoder[:first_norm](batch).mean(dim=(0, 2, 3))
    torch.testing.assert_close(model.encoder[first_norm].running_mean, 0.5 * means)  # of the one batch descended on


def test_generation_rests_on_the_first_training_examples(make_task: Callable[..., Task]) -> None:
    task = make_task()
    model = fit(task, Config(n_alpha=24))
    posterior = model.posterior(task.data.train.values[:24])
    mean, log_var = posterior.mean, posterior.log_var
    z = mean + Draws.named("toy", 3, 0, "generation").normal((24, 3)) * (0.5 * log_var).exp()
    assert torch.allclose(model.prior.variance, z.square().mean(dim=0), rtol=1e-5)
    draws = model.prior.sample(20_000, Draws.named("prior"))
    assert torch.allclose(draws.var(dim=0), model.prior.variance, rtol=0.05)
    assert model.inactive_value.tolist() == [0.0] * 3


def test_the_released_generation_is_centred_on_the_encodings(make_task: Callable[..., Task]) -> None:
    task = make_task()
    model = fit(task, Config(generation_mean="encodings", n_alpha=24))
    center = model.encode(task.data.train.values[:24]).mean(dim=0)
    assert torch.allclose(model.inactive_value, center, atol=1e-5)
    draws = model.prior.sample(20_000, Draws.named("prior"))
    assert torch.allclose(draws.mean(dim=0), center, atol=0.05)


LINEAR_SCORES = [5.0, 0.06, 3.0, 1.9, 0.04]


@pytest.mark.parametrize("at", ["mean", "sample"])
@pytest.mark.parametrize(
    ("scores", "strict", "share", "active"),
    [
        (LINEAR_SCORES, True, 0.99, [True, True, True, True, False]),
        (LINEAR_SCORES, False, 0.99, [True, False, True, True, False]),
        (LINEAR_SCORES, True, 0.5, [True, False, True, False, False]),
        ([1.0] * 5, True, 0.99, [True] * 5),
    ],
)
def test_active_axes_carry_the_share_of_gain_times_variance(
    scores: list[float], strict: bool, share: float, active: list[bool], at: Any, make_task: Callable[..., Task],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    gains = torch.tensor([0.5, 2.0, 1.0, 4.0, 3.0])
    columns = torch.cat([torch.diag(gains.sqrt()), torch.zeros(2, 5)])  # column norms squared: the gains
    config = Config(relevance_strict=strict, relevance_share=share, jacobian_at=at)
    model = Fixed(columns[torch.randperm(7, generator=torch_stream("rows"))], torch.ones(5), config)
    variance = torch.tensor(scores) / gains
    monkeypatch.setattr(model.prior, "estimate", lambda _: variance)
    task = make_task(train=torch.randn(50, 5, generator=torch_stream("x")), dim=5)
    model.settle(task)
    assert model.active().tolist() == active
    assert model.active_scores().tolist() == pytest.approx(scores, rel=1e-5)


def test_a_dead_decoder_axis_is_not_active_however_large_its_variance(make_task: Callable[..., Task]) -> None:
    columns = torch.eye(3)
    columns[:, 1] = 0.0
    model = Fixed(columns, torch.tensor([1.0, 1000.0, 1.0]), n_alpha=50)
    task = make_task(train=torch.randn(50, 3, generator=torch_stream("x")))
    model.settle(task)
    assert model.active().tolist() == [True, False, True]
    assert model.prior.variance[1] > 1e5


def test_settling_leaves_the_training_alone(make_task: Callable[..., Task], normal: Callable[..., Tensor]) -> None:
    model = Fixed(torch.eye(3), torch.ones(3), n_alpha=20)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    task = make_task(train=normal(50, 3, name="x"))
    drawn = task.draws("noise").state()
    model.settle(task)
    kept = set(before) - {"prior.variance", "relevance", "relevant", "inactive_value"}
    assert "estimated.variance" in kept
    assert all(torch.equal(model.state_dict()[name], before[name]) for name in kept)
    assert torch.equal(task.draws("noise").state(), drawn)


def test_the_best_weights_carry_what_generation_rests_on(make_task: Callable[..., Task], tmp_path: Path) -> None:
    task = make_task(folder=tmp_path, n_validation=20, steps=None, epochs=2)
    fit(task, Config())
    best = load_file(tmp_path / "best.safetensors")
    assert not torch.equal(best["prior.variance"], torch.ones(3))
    plain = make_task(n_validation=20, steps=None, epochs=2)
    fit(plain, Config())
    assert plain.history == task.history


def test_the_metrics_take_its_variance_about_zero(normal: Callable[..., Tensor]) -> None:
    codes = 2.0 + normal(500, 2)
    own, plain = EstimatedNormal(2, Config()).code_variance(codes), StandardNormal(2).code_variance(codes)
    torch.testing.assert_close(own, codes.double().square().mean(dim=0))
    torch.testing.assert_close(plain, codes.double().var(dim=0, correction=0))


def test_batches_of_the_estimate_cover_every_example_once(
    make_task: Callable[..., Task], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ENCODE_BATCH", 7)
    indices = torch.tensor([3, 1, 4, 15, 9, 2, 6, 5, 35, 8])
    parts: Iterator[Tensor] = module.example_batches(make_task(), indices)
    assert torch.equal(torch.cat(list(parts)), make_task().data.train.values[indices])
