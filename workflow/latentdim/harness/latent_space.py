"""What the pictures of a run's latent space are drawn from: variances, relevance, covariance, traversals, manifold."""

from __future__ import annotations

import torch
from torch import Tensor

from latentdim.metrics.active.measure import jacobian_axes, relevance_of
from latentdim.metrics.context import MetricContext, MetricRefused
from latentdim.nets.latent import LatentModel
from latentdim.training.data import Data

WIDEST = 512  # axes; beyond it the covariance matrix is left out
DECODED = 256  # codes decoded in one batch


def relevance(context: MetricContext) -> dict[str, Tensor]:
    """How much each axis matters, and whether it counts.

    Returns:
        ``axis_variance``, ``axis_relevance``: ``(L,)`` float32, as the Jacobian rule sees them.
        ``active_own``, ``active_jacobian``: ``(L,)``, 1 where the axis counts.

    Raises:
        MetricRefused: if codes or gains aren't finite.
    """
    found = relevance_of(context)
    return {
        "axis_variance": found.variances.float(),
        "axis_relevance": found.scores(context.evaluation.jacobian_reduction).float(),
        "active_own": context.model.active().to(torch.uint8),
        "active_jacobian": jacobian_axes(context).to(torch.uint8),
    }


def covariance(context: MetricContext) -> dict[str, Tensor]:
    """``covariance`` of the posterior means of n_covariance training examples, denominator n, ``(L, L)`` float32.

    Raises:
        MetricRefused: if there are so many axes that the matrix would fill the disk.
    """
    if context.model.dim > WIDEST:
        raise MetricRefused(f"covariances of more than {WIDEST} axes aren't stored")
    train = context.data.train
    codes = context.codes(train.part(0, min(len(train), context.evaluation.n_covariance))).double()
    centred = codes - codes.mean(dim=0)
    return {"covariance": (centred.T @ centred / len(codes)).float()}


def traversal(context: MetricContext) -> dict[str, Tensor]:
    """Images along the most relevant axes, and these axes' positions.

    Returns:
        ``traversal``: as :func:`frames` says; ``traversal_axes``: ``(A,)``, the most relevant first.

    Raises:
        MetricRefused: if codes or gains aren't finite.
    """
    found = relevance_of(context)
    # Sorted on the CPU, where equal scores keep their order.
    order = found.scores(context.evaluation.jacobian_reduction).cpu().argsort(descending=True, stable=True)
    axes = order[: context.evaluation.pictures.axes]
    return {"traversal": frames(context, axes, found.variances), "traversal_axes": axes}


def frames(context: MetricContext, axes: Tensor, variances: Tensor) -> Tensor:
    """Images along latent axes, each through the same base points (ARD-VAE, Figs. 2–4).

    A frame is the decoded base point moved along one axis by t·σ, σ the root of the codes' variance, t in equal steps
    from −reach to reach; the middle one is the decoded base point itself. The first base holds the inactive values;
    the others are codes of held-out examples (posterior means, unused axes as in the protocol's reconstructions).

    Args:
        axes: positions, ``(A,)``, in the order of the rows.
        variances: of the codes, ``(L,)``.

    Returns:
        ``(bases, A, steps, *shape)``, bytes.
    """
    pictures, model = context.evaluation.pictures, context.model
    bases = torch.cat([model.inactive_value[None], _held_out_codes(context, pictures.bases)])
    moves = torch.linspace(-pictures.reach, pictures.reach, pictures.steps, device=bases.device)
    moves[pictures.steps // 2] = 0.0
    z = bases[:, None, None].repeat(1, len(axes), pictures.steps, 1)
    for row, axis in enumerate(axes.tolist()):
        z[:, row, :, axis] += moves * variances[axis].sqrt().to(z.dtype)
    return _decoded(model, context.data, z.flatten(0, 2)).unflatten(0, z.shape[:3])


def manifold(context: MetricContext) -> dict[str, Tensor]:
    """Images over a two-dimensional latent space, even in the prior's probability (Kingma & Welling, Fig. 4).

    Coordinates are the prior's Gaussian quantiles at (i − ½) / n, i = 1 … n, which stays off 0 and 1. A prior that
    isn't the standard normal is taken as the Gaussian with its mean and variance, axis by axis.

    Returns:
        ``manifold``: ``(n, n, *shape)``, bytes: the first axis grows to the right, the second one upwards.
    """
    model, n = context.model, context.evaluation.pictures.manifold
    shares = (torch.arange(n, dtype=torch.float64) + 0.5) / n
    quantiles = torch.special.ndtri(shares).to(model.inactive_value)
    rows, columns = torch.meshgrid(quantiles.flip(0), quantiles, indexing="ij")
    z = model.prior.mean + model.prior.variance.sqrt() * torch.stack([columns, rows], dim=-1)
    return {"manifold": _decoded(model, context.data, z.flatten(0, 1)).unflatten(0, (n, n))}


def _held_out_codes(context: MetricContext, n: int) -> Tensor:
    test = context.data.test
    codes = context.codes(test.part(0, min(n, len(test)))) if n else context.model.inactive_value[None][:0]
    return codes if context.evaluation.inactive == "posterior" else context.hold(codes)


def _decoded(model: LatentModel, data: Data, z: Tensor) -> Tensor:
    """Codes ``(N, L)`` as images in bytes, ``(N, *shape)``."""
    images = torch.cat([data.scaling.to_data(model.decode(part)) for part in z.split(DECODED)])
    return images.clamp(0, 1).mul(255).round().to(torch.uint8)
