"""Features of a small classifier that the suite trains on a dataset's own labels: for work offline or off photographs.

Distances in them compare models on one dataset. They are no FID and are never called so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import skip_init

from latentdim.metrics.context import MetricContext, MetricRefused
from latentdim.metrics.features.store import Tensors, kept
from latentdim.nets.draws import Draws
from latentdim.training.data import Split

RECIPE = 3  # raised when anything below may change the weights
SIDE = 32  # larger images are averaged down to it
FILTERS, FEATURES = (32, 64, 128), 64
EXAMPLES = 50_000  # for training, at most; chosen at random
EPOCHS, STEPS, BATCH, RATE = 30, 1500, 128, 1e-3  # whichever of the first two comes first
STREAM = "domain classifier"  # the name that streams and file had from the start: another one draws other weights
HELD_OUT = 10_000  # of the test split, at most, for the accuracy


@dataclass(frozen=True)
class Classifier:
    """The classifier's penultimate layer.

    Attributes:
        digest: SHA-256 of the weights: equal for all runs that share a results folder.
        accuracy: share of held-out examples that it classifies rightly; features of a poor one mean little.
    """

    network: nn.Sequential
    digest: str
    accuracy: float
    name: str = "classifier"
    dim: int = FEATURES
    batch: int = 1000

    @property
    def facts(self) -> dict[str, Any]:
        """The recipe, the weights' digest, and how well it classifies."""
        return {"features": self.name, "recipe": RECIPE, "weights_sha256": self.digest, "accuracy": self.accuracy}

    @torch.no_grad()
    def __call__(self, images: Tensor) -> Tensor:
        """Features ``(N, 64)`` float32 of bytes, or of floats, which are cut off at 0 and 1."""
        seen: Tensor = self.network[:-1](_input(images))
        return seen


def classifier(context: MetricContext) -> Classifier:
    """The classifier of the context's dataset: trained where nobody has yet, else as it is kept.

    Raises:
        MetricRefused: if the examples have no classes, or only one.
    """
    data = context.data
    labels = data.train.labels
    if labels is None or data.test.labels is None or int(labels.min()) == int(labels.max()):
        raise MetricRefused("classifier features need a dataset with at least two classes")
    data_digest = _data_digest(context)
    identity = {
        "recipe": RECIPE, "data": data_digest, "n": len(data.train) + len(data.validation),
        "shape": list(data.shape),
    }  # fmt: skip
    tensors = dict(kept(context, STREAM.replace(" ", "-"), identity, lambda: _trained_alone(context, data_digest)))
    accuracy = float(tensors.pop("accuracy"))
    network = _network(data.shape[0], _sides(data.shape), n_classes=len(tensors[f"{len(FILTERS) * 2 + 3}.bias"]))
    network.load_state_dict(tensors)
    device = data.train.values.device
    return Classifier(network.to(device).eval(), _digest_of(tensors), accuracy)


def _data_digest(context: MetricContext) -> str:
    """The prepared data's digest; outside a run that of the training examples."""
    found = context.record.get("data", {}).get("digest")
    return str(found) if found else _digest_of({"train": context.data.train.values})


def _digest_of(tensors: Tensors) -> str:
    total = hashlib.sha256()
    for name in sorted(tensors):
        total.update(name.encode())
        total.update(tensors[name].cpu().contiguous().numpy())
    return total.hexdigest()


def _sides(shape: tuple[int, ...]) -> tuple[int, int]:
    return min(shape[1], SIDE), min(shape[2], SIDE)


def _input(images: Tensor) -> Tensor:
    """Bytes or floats as the network sees them: in [−1, 1], at most 32 pixels a side."""
    values = images / 255.0 if images.dtype == torch.uint8 else images.clamp(0.0, 1.0)
    small = functional.adaptive_avg_pool2d(values, _sides(tuple(images.shape[1:])))
    return 2.0 * small - 1.0


def _network(channels: int, sides: tuple[int, int], *, n_classes: int) -> nn.Sequential:
    """Convolutions that halve the image, a layer of features, a layer of classes; no weights drawn yet."""
    modules: list[nn.Module] = []
    height, width = sides
    for filters in FILTERS:
        modules += [skip_init(nn.Conv2d, channels, filters, 3, stride=2, padding=1), nn.SiLU()]
        channels, height, width = filters, (height + 1) // 2, (width + 1) // 2
    modules += [nn.Flatten(), skip_init(nn.Linear, channels * height * width, FEATURES), nn.SiLU()]
    return nn.Sequential(*modules, skip_init(nn.Linear, FEATURES, n_classes))


@torch.no_grad()
def _draw(network: nn.Sequential, draws: Draws) -> None:
    """He's law for the weights, biases of zero."""
    for layer in network:
        if isinstance(layer, nn.Conv2d | nn.Linear):
            layer.weight.copy_((2.0 / layer.weight[0].numel()) ** 0.5 * draws.normal(layer.weight.shape))
            assert layer.bias is not None
            layer.bias.zero_()


def _trained_alone(context: MetricContext, data_digest: str) -> Tensors:
    """Trained by one thread, however many the run has: sums are split among threads, and rounded as they are split."""
    with _one_thread():
        return _trained(context, data_digest)


@contextmanager
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _trained(context: MetricContext, data_digest: str) -> Tensors:
    """Train on the CPU, whatever the run's device: weights and accuracy, by the data's digest alone."""
    images, labels = _examples(context, data_digest)
    draws = Draws.named(STREAM, RECIPE, data_digest)
    network = _network(images.shape[1], _sides(tuple(images.shape[1:])), n_classes=int(labels.max()) + 1)
    _draw(network, draws)
    steps = min(STEPS, EPOCHS * -(-len(images) // BATCH))
    optimizer = torch.optim.Adam(network.parameters(), lr=RATE)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, total_iters=steps)
    with torch.enable_grad():
        for chosen in islice(_batches(len(images), draws), steps):
            loss = functional.cross_entropy(network(_input(images[chosen])), labels[chosen])
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            optimizer.step()
            schedule.step()
    accuracy = _accuracy(network, context.data.test)
    return {name: value.detach() for name, value in network.state_dict().items()} | {"accuracy": accuracy}


def _batches(n: int, draws: Draws) -> Iterator[Tensor]:
    """Positions of one batch after another, a new order each epoch, without end."""
    while True:
        yield from draws.permutation(n).split(BATCH)


def _examples(context: MetricContext, data_digest: str) -> tuple[Tensor, Tensor]:
    """Training examples and their classes on the CPU, those held back for validation included."""
    train, validation = context.data.train, context.data.validation
    assert train.labels is not None
    n = len(train) + len(validation)
    order = Draws.named(STREAM, "examples", data_digest).permutation(n)
    picked = order[:EXAMPLES].sort().values
    inner = picked[picked < len(train)]
    images, labels = train.values[inner].cpu(), train.labels[inner].cpu()
    outer = picked[picked >= len(train)] - len(train)
    if len(outer):
        assert validation.labels is not None
        images = torch.cat([images, validation.values[outer].cpu()])
        labels = torch.cat([labels, validation.labels[outer].cpu()])
    return images, labels


@torch.no_grad()
def _accuracy(network: nn.Sequential, test: Split) -> Tensor:
    part = test.part(0, min(len(test), HELD_OUT))
    assert part.labels is not None
    right = [
        (network(_input(images.cpu())).argmax(dim=1) == labels.cpu())
        for images, labels in zip(part.values.split(BATCH), part.labels.split(BATCH), strict=True)
    ]
    return torch.cat(right).to(torch.float64).mean()
