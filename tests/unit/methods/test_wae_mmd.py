"""The MMD against a double loop, and WAE-MMD's two weights."""

import math
from collections.abc import Callable
from typing import Literal

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from latentdim.nets import Autoencoder
from latentdim.training import Task
from methods.wae_mmd import Config
from methods.wae_mmd.objective import mmd, plain_mmd
from methods.wae_mmd.runner import fit

Array = NDArray[np.float64]
Kernel = Literal["imq", "rbf"]
PUBLISHED_SCALES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
KERNELS: tuple[Kernel, ...] = ("imq", "rbf")
both_kernels = pytest.mark.parametrize("kind", KERNELS)


def kernel(a: Array, b: Array, scales: tuple[float, ...], kind: Kernel) -> float:
    squared = sum((float(p) - float(q)) ** 2 for p, q in zip(a, b, strict=True))
    if kind == "rbf":
        return sum(math.exp(-squared / (2 * len(a) * c)) for c in scales)
    return sum(2 * len(a) * c / (2 * len(a) * c + squared) for c in scales)


def mmd_by_double_loop(z: Array, p: Array, scales: tuple[float, ...], kind: Kernel = "imq") -> float:
    n, within, across = len(z), 0.0, 0.0
    for i in range(n):
        for j in range(n):
            if i != j:
                within += kernel(z[i], z[j], scales, kind) + kernel(p[i], p[j], scales, kind)
            across += kernel(z[i], p[j], scales, kind)
    return within / (n * (n - 1)) - 2 * across / n**2


@both_kernels
@pytest.mark.parametrize("scales", [PUBLISHED_SCALES, (1.0,), (0.3, 4.0)], ids=str)
@pytest.mark.parametrize(("n", "dim"), [(2, 1), (7, 3), (12, 20)])
def test_the_mmd_equals_a_double_loop(
    n: int, dim: int, scales: tuple[float, ...], kind: Kernel, normal: Callable[..., Tensor]
) -> None:
    z, p = 1.7 * normal(n, dim, name="z") + 0.4, normal(n, dim, name="p")
    expected = mmd_by_double_loop(z.double().numpy(), p.double().numpy(), scales, kind)
    assert mmd(z, p, scales=scales, kernel=kind).item() == pytest.approx(expected, abs=3e-6)


@both_kernels
def test_its_gradient_equals_differences_of_the_double_loop(kind: Kernel, normal: Callable[..., Tensor]) -> None:
    z, p = normal(6, 2, name="z") * 2.0, normal(6, 2, name="p")
    (gradient,) = torch.autograd.grad(mmd(z.requires_grad_(), p, scales=PUBLISHED_SCALES, kernel=kind), z)
    at, prior, step = z.detach().double().numpy(), p.double().numpy(), 1e-5
    for place in np.ndindex(at.shape):
        moved = [at.copy(), at.copy()]
        moved[0][place] += step
        moved[1][place] -= step
        up, down = (mmd_by_double_loop(m, prior, PUBLISHED_SCALES, kind) for m in moved)
        assert gradient[place].item() == pytest.approx((up - down) / (2 * step), abs=1e-5)


@both_kernels
def test_value_and_gradient_are_those_of_the_formula_that_torch_differentiates(
    kind: Kernel, normal: Callable[..., Tensor]
) -> None:
    z, p = (1.5 * normal(50, 6, name="z")).requires_grad_(), normal(50, 6, name="p")
    constants = [12.0 * scale for scale in PUBLISHED_SCALES]
    ours, plain = mmd(z, p, scales=PUBLISHED_SCALES, kernel=kind), plain_mmd(z, p, constants, kind)
    torch.testing.assert_close(ours, plain, rtol=0.0, atol=3e-6)
    mine, other = (torch.autograd.grad(value, z)[0] for value in (ours, plain))
    torch.testing.assert_close(mine, other, rtol=1e-4, atol=1e-8)


@both_kernels
def test_its_second_derivative_is_the_formulas(kind: Kernel, normal: Callable[..., Tensor]) -> None:
    z, p = normal(5, 2, name="z").requires_grad_(), normal(5, 2, name="p")
    constants = [4.0 * scale for scale in PUBLISHED_SCALES]
    values = mmd(z, p, scales=PUBLISHED_SCALES, kernel=kind), plain_mmd(z, p, constants, kind)
    slopes = [torch.autograd.grad(value, z, create_graph=True)[0] for value in values]
    mine, other = (torch.autograd.grad(slope.square().sum(), z)[0] for slope in slopes)
    torch.testing.assert_close(mine, other, rtol=1e-3, atol=1e-7)


def test_under_vmap_each_pair_has_its_own(normal: Callable[..., Tensor]) -> None:
    z, p = normal(3, 9, 2, name="z"), normal(3, 9, 2, name="p")

    def of_one(z: Tensor, p: Tensor) -> Tensor:
        return mmd(z, p, scales=PUBLISHED_SCALES)

    gradients, values = torch.func.vmap(torch.func.grad_and_value(of_one))(z, p)
    for place in range(3):
        alone = z[place].clone().requires_grad_()
        value = of_one(alone, p[place])
        torch.testing.assert_close(values[place], value.detach(), rtol=0.0, atol=3e-6)
        torch.testing.assert_close(gradients[place], torch.autograd.grad(value, alone)[0], rtol=1e-4, atol=1e-7)


@both_kernels
def test_it_is_unbiased_and_sees_a_shift_and_a_scale(kind: Kernel, normal: Callable[..., Tensor]) -> None:
    draws = normal(400, 2, 40, 3, name="pairs")
    same = torch.stack([mmd(z, p, scales=PUBLISHED_SCALES, kernel=kind) for z, p in draws])
    assert abs(same.mean()) < 3 * same.std() / 400**0.5
    assert (same < 0).any()
    for other in (draws[:, 0] + 1.0, draws[:, 0] * 0.3):
        pairs = zip(other, draws[:, 1], strict=True)
        values = torch.stack([mmd(z, p, scales=PUBLISHED_SCALES, kernel=kind) for z, p in pairs])
        assert values.mean() > 10 * same.std() / 400**0.5


def test_a_batch_of_one_counts_as_zero() -> None:
    assert mmd(torch.ones(1, 3), torch.zeros(1, 3), scales=(1.0,)).item() == 0.0


def test_codes_and_prior_of_different_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(4, 3\) but prior draws \(4, 1\)"):
        mmd(torch.zeros(4, 3), torch.zeros(4, 1), scales=(1.0,))


def test_it_stays_in_float32_under_autocast(normal: Callable[..., Tensor]) -> None:
    z, p = normal(30, 4, name="z"), normal(30, 4, name="p")
    with torch.autocast("cpu", dtype=torch.bfloat16):
        value = mmd(z, p, scales=PUBLISHED_SCALES)
    assert value.dtype == torch.float32
    assert value.item() == mmd(z, p, scales=PUBLISHED_SCALES).item()


@both_kernels
def test_the_loss_is_sse_plus_200_mmd(kind: Kernel, make_task: Callable[..., Task]) -> None:
    task = make_task(steps=1)
    fit(task, Config(kernel=kind))
    start = Autoencoder.build(task.protocol, dim=3, shape=task.shape, generator=task.initialisation)
    x = task.data.train.values[task.order(0).permutation(120)[:10]]
    z = start.encode(x).detach()
    p = make_task().draws("noise").normal((10, 3))
    error = (start.decode(z).detach() - x).double().numpy() ** 2
    assert task.history[0]["reconstruction"] == pytest.approx(error.sum() / 10, rel=1e-5)
    expected = 200.0 * mmd_by_double_loop(z.double().numpy(), p.double().numpy(), PUBLISHED_SCALES, kind)
    assert task.history[0]["mmd"] == pytest.approx(expected, rel=1e-4)


def test_the_weights_scale_their_terms_alone(make_task: Callable[..., Task]) -> None:
    def first_row(**settings: float) -> dict[str, float]:
        task = make_task(steps=1)
        fit(task, Config(**settings))
        return task.history[0]

    default, published = first_row(), first_row(reconstruction_weight=0.05, mmd_weight=10.0)
    assert default["reconstruction"] > 0
    for term in ("reconstruction", "mmd"):
        assert published[term] == pytest.approx(0.05 * default[term], rel=1e-5)
    assert first_row(mmd_weight=400.0)["mmd"] == pytest.approx(2 * default["mmd"], rel=1e-5)
    assert default["loss"] == pytest.approx(default["reconstruction"] + default["mmd"])


def test_training_brings_the_codes_toward_the_prior(
    make_task: Callable[..., Task], normal: Callable[..., Tensor]
) -> None:
    train = normal(200, 6, name="wide") * 4.0 + 5.0
    spreads = {}
    for weight in (0.0, 2000.0):
        task = make_task(train=train, dim=2, steps=300, batch_size=50)
        codes = fit(task, Config(mmd_weight=weight)).encode(train)
        spreads[weight] = abs(codes.mean().item()) + abs(codes.std().item() - 1.0)
    assert spreads[2000.0] < 0.3 < spreads[0.0]
