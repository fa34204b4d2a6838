"""Features of the two sets that a metric compares: the model's examples and the real ones."""

from __future__ import annotations

import hashlib
from typing import Any, Literal

import torch
from torch import Tensor

from latentdim.metrics.context import MetricContext, MetricRefused
from latentdim.metrics.features.classifier import classifier
from latentdim.metrics.features.extractor import Extractor, Raw, extracted
from latentdim.metrics.features.inception import inception
from latentdim.metrics.features.pixels_pca import EXAMPLES, pixels_pca
from latentdim.metrics.features.store import arithmetic, kept
from latentdim.study.evaluation import Features
from latentdim.training.data import Split

HASHED = 4096  # examples at a time
VERSION = 1  # raised when features of the same examples may change: none that are kept are taken any more


def features_of(context: MetricContext) -> tuple[Tensor, Tensor, dict[str, Any]]:
    """Features of generated and of real examples in the space that ``evaluation.distribution`` names.

    Real ones are the first n_reference of its split. Several metrics of one run share them; those of real images
    through a network are also kept in the context's cache for other runs.

    Returns:
        Generated ``(N, d)`` and reference ``(M, d)``, float32 on the run's device and finite, and plain JSON that
        tells extractor, counts and split.

    Raises:
        MetricRefused: if the extractor isn't for this dataset, or samples or features aren't finite.
        MetricUnavailable: if the extractor's weights can't be had.
    """
    extractor = extractor_of(context, context.evaluation.distribution.features)
    reference = reference_features(context, extractor)
    generated = generated_features(context, extractor)
    return generated, reference, told(context, extractor, generated, reference)


def extractor_of(context: MetricContext, name: Features | Literal["pixels_pca"] | None) -> Extractor:
    """The extractor of that name; None is Inception for images and the values themselves for vectors."""
    shape = context.data.shape
    images = len(shape) == 3
    if name == "pixels_pca":
        return pixels_pca(context, content_of(context.data.train.values[:EXAMPLES]))
    if name == "raw" or (name is None and not images):
        return Raw(dim=torch.Size(shape).numel())
    if not images:
        raise MetricRefused(f"'{name}' features are for images; vectors have 'raw' ones (distribution.features)")
    if name == "classifier":
        return classifier(context)
    return inception(context.evaluation.fid, context.data.train.values.device)


def told(
    context: MetricContext, extractor: Extractor, made: Tensor, reference: Tensor, *, kind: str = "generated"
) -> dict[str, Any]:
    """What to keep beside a value: the extractor, the counts, and which real examples they are.

    Args:
        kind: of the made examples: ``generated`` or ``reconstructed``.
    """
    counts = {f"n_{kind}": len(made), "n_reference": len(reference), "split": split_name(context)}
    return extractor.facts | counts


def split_name(context: MetricContext) -> str:
    """The split that sets are compared with."""
    return context.evaluation.distribution.split or context.evaluation.split


def reference_split(context: MetricContext) -> Split:
    """The real examples that sets are compared with: the first n_reference of the protocol's split.

    Raises:
        MetricRefused: if the split has fewer than two.
    """
    split = first_real(context, context.evaluation.n_reference)
    if len(split) < 2:
        raise MetricRefused(f"the {split_name(context)} split has {len(split)} examples to compare with")
    return split


def first_real(context: MetricContext, n: int) -> Split:
    """The first n real examples of the split that sets are compared with; all, where it has fewer.

    Where two splits are joined they have their values only, copied.
    """
    name, data = split_name(context), context.data
    if name != "train+validation":
        split = data.split(name)
        return split.part(0, min(n, len(split)))
    train = data.train.part(0, min(n, len(data.train)))
    validation = data.validation.part(0, min(n - len(train), len(data.validation)))
    return Split(torch.cat([train.values, validation.values])) if len(validation) else train


def outside_split(context: MetricContext) -> Split:
    """Real examples that are never in that split: training ones, or test ones where it holds training ones."""
    return context.data.test if split_name(context).startswith("train") else context.data.train


def reference_identity(context: MetricContext, extractor: Extractor) -> dict[str, Any]:
    """All that can change the features of the real examples; these go in by their content."""
    values = reference_split(context).values
    return {
        "version": VERSION, "extractor": [extractor.name, extractor.dim, extractor.digest],
        "split": split_name(context), "shape": list(values.shape), "dtype": str(values.dtype),
        "content": content_of(values), **arithmetic(values),
    }  # fmt: skip


def content_of(values: Tensor) -> str:
    """SHA-256 of examples."""
    content = hashlib.sha256()
    for part in values.split(HASHED):
        content.update(part.cpu().contiguous().numpy())
    return content.hexdigest()


def reference_features(context: MetricContext, extractor: Extractor) -> Tensor:
    """Features of the real examples, ``(M, d)``.

    Raises:
        MetricRefused: if a feature isn't finite.
    """
    values = reference_split(context).values
    if isinstance(extractor, Raw):
        return _finite(extracted(extractor, values), "the real examples")
    name = f"{extractor.name}-{extractor.dim}-features"
    identity = reference_identity(context, extractor)
    found = kept(context, name, identity, lambda: {"features": extracted(extractor, values)})
    return _finite(found["features"], "the real examples")


def generated_features(context: MetricContext, extractor: Extractor) -> Tensor:
    """Features of n_generated samples, ``(N, d)``.

    Raises:
        MetricRefused: if a sample or a feature isn't finite.
    """
    axes = "all" if context.axes is None else context.axes.tolist()
    key = f"features/{extractor.name}/{extractor.digest}/generated/{axes}"
    if key not in context.shared:
        if not bool(torch.isfinite(context.generated()).all()):
            raise MetricRefused("the model's samples are not finite")
        context.shared[key] = _finite(extracted(extractor, context.generated()), "samples")
    return context.shared[key]


def reconstructed_features(context: MetricContext, extractor: Extractor) -> Tensor:
    """Features of reconstructions of the real examples, in their order, ``(M, d)``.

    Raises:
        MetricRefused: if a reconstruction or a feature isn't finite.
    """
    found = []
    for batch in context.batches(reference_split(context)):
        made = context.data.scaling.to_data(context.reconstructed(batch))
        if not bool(torch.isfinite(made).all()):
            raise MetricRefused("the model's reconstructions are not finite")
        found.append(extracted(extractor, made))
    return _finite(torch.cat(found), "reconstructions")


def _finite(features: Tensor, whose: str) -> Tensor:
    if not bool(torch.isfinite(features).all()):
        raise MetricRefused(f"features of {whose} are not finite")
    return features
