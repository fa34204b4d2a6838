"""The oracle: the control that knows the true factors, and that disentanglement metrics must rank first."""

from __future__ import annotations

import torch
from torch import Tensor

from latentdim.nets import CorrelatedNormal, Draws, LatentModel
from latentdim.nets.content import content_keys
from latentdim.nets.latent import UnknownExamples
from latentdim.training import Task, solve
from latentdim.training.data import Split
from methods.oracle import Config
from methods.pca.runner import ROWS, training_mean, training_rows


class Oracle(LatentModel):
    """Codes are the standardised true factors of known examples, padded with zeros up to L; decoding is affine.

    Attributes:
        keys: of all prepared examples, ascending, ``(N,)``. Examples that look alike share the factors of the first.
        factors: of the examples in that order, standardised by the training examples' moments, ``(N, F)``.
        prior: Gaussian, with the training factors' correlations; zero on the other axes.
        weights, mean: the least squares map from codes to examples, ``(L, D)`` and ``(D,)``.
    """

    keys: Tensor
    factors: Tensor
    prior: CorrelatedNormal
    weights: Tensor
    mean: Tensor
    varying: Tensor

    def __init__(self, *, dim: int, shape: tuple[int, ...], n_known: int, n_factors: int) -> None:
        super().__init__(dim=dim, shape=shape, prior=CorrelatedNormal(torch.zeros(dim, n_factors)))
        self.register_buffer("keys", torch.zeros(n_known, dtype=torch.int64))
        self.register_buffer("factors", torch.zeros(n_known, n_factors))
        self.register_buffer("weights", torch.zeros(dim, torch.Size(shape).numel()))
        self.register_buffer("mean", torch.zeros(torch.Size(shape).numel()))
        self.register_buffer("varying", torch.zeros(dim, dtype=torch.bool))

    def encode(self, x: Tensor, *, sample: Draws | None = None) -> Tensor:
        """The factors of these examples, ``(B, L)``.

        Raises:
            UnknownExamples: if one of them isn't among the prepared examples.
        """
        wanted = content_keys(x)
        places = torch.searchsorted(self.keys, wanted).clamp(max=len(self.keys) - 1)
        unknown = int((self.keys[places] != wanted).sum())
        if unknown:
            raise UnknownExamples(
                f"oracle: {unknown} of {len(x)} examples aren't among the prepared ones, the only ones whose factors "
                "are known"
            )
        return self.padded(self.factors[places])

    def decode(self, z: Tensor) -> Tensor:
        """The linear least squares prediction from the factors."""
        return (z @ self.weights + self.mean).unflatten(1, self.shape)

    def active(self) -> Tensor:
        """The factors that vary."""
        return self.varying

    def padded(self, factors: Tensor) -> Tensor:
        """``(B, F) → (B, L)``."""
        return torch.nn.functional.pad(factors, (0, self.dim - factors.shape[1]))

    def fill(self, task: Task) -> None:
        """Learn the table of factors, their moments, and the affine decoder."""
        factors = _factors(task.data.train)
        center, spread = factors.mean(dim=0), factors.std(dim=0, correction=0)
        spread = torch.where(spread > 0, spread, torch.ones_like(spread))  # a factor may be constant
        splits = [split for split in (task.data.train, task.data.validation, task.data.test) if len(split)]
        keys = torch.cat([_keys(task, split) for split in splits])
        order = keys.argsort(stable=True)
        known = (torch.cat([_factors(split) for split in splits]) - center) / spread
        self.keys.copy_(keys[order])
        self.factors.copy_(known[order])
        codes = (factors - center) / spread
        covariance = codes.T @ codes / len(codes)
        eigenvalues, vectors = torch.linalg.eigh(covariance)
        self.prior.root[: codes.shape[1]] = vectors * eigenvalues.clamp(min=0.0).sqrt()
        self.varying[: codes.shape[1]] = codes.std(dim=0, correction=0) > 0
        self.mean.copy_(training_mean(task))
        products = torch.zeros(codes.shape[1], len(self.mean), dtype=torch.float64, device=codes.device)
        for part, rows in zip(codes.split(ROWS), training_rows(task), strict=True):
            products += part.T @ rows
        # Codes have mean zero on the training examples, so the intercept is the examples' mean.
        self.weights[: codes.shape[1]] = torch.linalg.pinv(covariance, hermitian=True) @ (products / len(codes))


def fit(task: Task, config: Config) -> Oracle:
    """The true factors of the prepared examples as codes.

    Raises:
        ValueError: if the dataset has no factors, or more than ``task.dim``.
    """
    train = task.data.train
    if train.factors is None:
        raise ValueError("oracle: the dataset has no known factors")
    if train.factors.shape[1] > task.dim:
        raise ValueError(f"oracle: {train.factors.shape[1]} factors don't fit into {task.dim} dimensions")
    n_known = len(train) + len(task.data.validation) + len(task.data.test)
    model = Oracle(dim=task.dim, shape=task.shape, n_known=n_known, n_factors=train.factors.shape[1]).to(task.device)
    return solve(model, lambda: model.fill(task), task)


def _keys(task: Task, split: Split) -> Tensor:
    ends = range(0, len(split), ROWS)
    return torch.cat([content_keys(task.data.batch(split, start, min(start + ROWS, len(split)))) for start in ends])


def _factors(split: Split) -> Tensor:
    """Factors in float64, ``(N, F)``.

    Raises:
        ValueError: if this split comes without factors.
    """
    if split.factors is None:
        raise ValueError("oracle: one of the dataset's splits has no known factors")
    return split.factors.double()
