"""The coupling flow against autograd's Jacobian, against its own inverse, and against a density it should reach."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal
from torch import Tensor

from latentdim.nets import Draws
from latentdim.nets.flow import CouplingFlow
from latentdim.system.seeds import torch_stream


def flow(dim: int, *, layers: int = 3, scale: float = 0.7) -> CouplingFlow:
    """One whose weights are all drawn, so that no layer is the identity."""
    made = CouplingFlow(dim, layers=layers, width=16, generator=torch_stream("flow", dim))
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.copy_(
                scale * torch.randn(parameter.shape, generator=torch_stream("flow", dim, parameter.numel()))
            )
    made.mean.copy_(torch.arange(dim) - 1.0)
    made.variance.copy_(torch.arange(dim) + 0.5)
    return made.double().eval()


def points(dim: int) -> Tensor:
    return 2.0 * torch.randn(6, dim, generator=torch_stream("points", dim), dtype=torch.float64)


@pytest.mark.parametrize("dim", [2, 3, 7])
def test_its_log_determinant_is_that_of_autograds_jacobian(dim: int) -> None:
    made, z = flow(dim), points(dim)
    _, log_determinants = made(z)
    for row, value in zip(z, log_determinants.tolist(), strict=True):
        jacobian = torch.autograd.functional.jacobian(lambda one: made(one[None])[0][0], row)
        assert value == pytest.approx(torch.linalg.slogdet(jacobian).logabsdet.item(), abs=1e-8)


@pytest.mark.parametrize("dim", [2, 3, 7])
def test_it_undoes_itself(dim: int) -> None:
    made, z = flow(dim), points(dim)
    torch.testing.assert_close(made.inverse(made(z)[0]), z, rtol=1e-9, atol=1e-9)
    assert (made(z)[0] - z).abs().min() > 1e-6


def test_its_density_is_the_normals_at_the_image_times_the_determinant() -> None:
    made, z = flow(3), points(3)
    for row, ours in zip(z, made.log_density(z).tolist(), strict=True):
        image = made(row[None])[0][0].detach().numpy()
        jacobian = torch.autograd.functional.jacobian(lambda one: made(one[None])[0][0], row)
        expected = multivariate_normal(np.zeros(3)).logpdf(image) + np.log(abs(np.linalg.det(jacobian.numpy())))
        assert ours == pytest.approx(expected, abs=1e-8)


def test_its_density_integrates_to_one() -> None:
    made, step = flow(2, layers=2, scale=0.3), 0.1
    line = torch.arange(-15.0, 15.0, step, dtype=torch.float64)
    grid = torch.cartesian_prod(line, line)
    with torch.no_grad():
        assert made.log_density(grid).exp().sum().item() * step**2 == pytest.approx(1.0, abs=2e-3)


def test_it_begins_as_the_codes_gaussian_and_holds_constant_axes() -> None:
    codes = torch.randn(500, 3, generator=torch_stream("codes")) * torch.tensor([2.0, 0.5, 0.0]) + 1.0
    made = CouplingFlow(3, layers=4, width=8, generator=torch_stream("flow"))
    made.take_moments(codes)
    drawn = made.sample(20_000, Draws.named("flow", "sample"))
    torch.testing.assert_close(drawn.mean(dim=0), codes.mean(dim=0), rtol=0.0, atol=0.06)
    torch.testing.assert_close(drawn.std(dim=0)[:2], codes.std(dim=0)[:2], rtol=0.03, atol=0.0)
    fewer = made.sample(5, Draws.named("flow", "sample"))
    torch.testing.assert_close(fewer, drawn[:5], rtol=0.0, atol=1e-6)
