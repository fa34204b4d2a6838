"""What the pictures of a run's latent space are drawn from: variances, relevance, covariance, traversals, manifold."""

from __future__ import annotations

import torch
from torch import Tensor

from latentdim.metrics.active.measure import jacobian_axes, relevance_of
from latentdim.metrics.context import MetricContext
from latentdim.nets.latent import LatentModel
from latentdim.training.data import Data

WIDEST = 512  # axes; beyond it the covariance matrix is left out
DECODED = 256  # codes decoded in one batch


def latent_space(context: MetricContext) -> dict[str, Tensor]:
    """The tensors of one run, on the CPU.

    Args:
        context: with the axes that the protocol reports on.

    Returns:
        ``axis_variance``, ``axis_relevance``: ``(L,)`` float32, as the Jacobian rule sees them.
        ``active_own``, ``active_jacobian``: ``(L,)``, 1 where the axis counts.
        ``covariance``: of the posterior means of n_covariance training examples, denominator n, ``(L, L)`` float32.
        ``traversal``, ``traversal_axes``, ``manifold``: for images, as :func:`traversal` and :func:`manifold` say.

    Raises:
        MetricRefused: if codes or gains aren't finite.
    """
    relevance = relevance_of(context)
    scores = relevance.scores(context.evaluation.jacobian_reduction)
    tensors = {
        "axis_variance": relevance.variances.float(),
        "axis_relevance": scores.float(),
        "active_own": context.model.active().to(torch.uint8),
        "active_jacobian": jacobian_axes(context).to(torch.uint8),
    }
    if context.model.dim <= WIDEST:
        tensors["covariance"] = _covariance(context)
    if len(context.data.shape) == 3:
        # Sorted on the CPU, where equal scores keep their order.
        axes = scores.cpu().argsort(descending=True, stable=True)[: context.evaluation.pictures.axes]
        tensors |= {"traversal": traversal(context, axes, relevance.variances), "traversal_axes": axes}
        if context.model.dim == 2:
            tensors["manifold"] = manifold(context)
    return {name: value.cpu().contiguous() for name, value in tensors.items()}


def traversal(context: MetricContext, axes: Tensor, variances: Tensor) -> Tensor:
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


def manifold(context: MetricContext) -> Tensor:
    """Images over a two-dimensional latent space, even in the prior's probability (Kingma & Welling, Fig. 4).

    Coordinates are the prior's Gaussian quantiles at (i − ½) / n, i = 1 … n, which stays off 0 and 1. A prior that
    isn't the standard normal is taken as the Gaussian with its mean and variance, axis by axis.

    Returns:
        ``(n, n, *shape)``, bytes: the first axis grows to the right, the second one upwards.
    """
    model, n = context.model, context.evaluation.pictures.manifold
    shares = (torch.arange(n, dtype=torch.float64) + 0.5) / n
    quantiles = torch.special.ndtri(shares).to(model.inactive_value)
    rows, columns = torch.meshgrid(quantiles.flip(0), quantiles, indexing="ij")
    z = model.prior.mean + model.prior.variance.sqrt() * torch.stack([columns, rows], dim=-1)
    return _decoded(model, context.data, z.flatten(0, 1)).unflatten(0, (n, n))


def _held_out_codes(context: MetricContext, n: int) -> Tensor:
    test = context.data.test
    codes = context.codes(test.part(0, min(n, len(test)))) if n else context.model.inactive_value[None][:0]
    return codes if context.evaluation.inactive == "posterior" else context.hold(codes)


def _covariance(context: MetricContext) -> Tensor:
    train = context.data.train
    codes = context.codes(train.part(0, min(len(train), context.evaluation.n_covariance))).double()
    centred = codes - codes.mean(dim=0)
    return (centred.T @ centred / len(codes)).float()


def _decoded(model: LatentModel, data: Data, z: Tensor) -> Tensor:
    """Codes ``(N, L)`` as images in bytes, ``(N, *shape)``."""
    images = torch.cat([data.scaling.to_data(model.decode(part)) for part in z.split(DECODED)])
    return images.clamp(0, 1).mul(255).round().to(torch.uint8)
