"""The layers of a study's networks as papers list them, with their parameters, counted without torch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from latentdim.nets.count import architecture
from latentdim.nets.layer_table import Row, rows, shown
from latentdim.nets.layers import Activation, Conv, ConvTranspose, Dense, Layer, Norm, SpectralNorm
from latentdim.plan.run import Cell

TOTALS = ("total", "trainable", "non-trainable")


@dataclass(frozen=True)
class NetworkLayer:
    """One layer.

    Attributes:
        name: its part and number, counted from 1: ``encoder.2``.
        kind: in words.
        shape: of what it gives for one example, in print.
    """

    name: str
    kind: str
    shape: str
    parameters: int


def network_layers(cell: Cell, dim: int, outputs: int) -> list[NetworkLayer]:
    """The encoder's layers, then the decoder's.

    A last dense layer that gives several numbers for each latent dimension is told as so many layers side by side,
    which is what it computes.

    Args:
        outputs: numbers that the encoder gives for each latent dimension.

    Raises:
        Incompatible: if the network can't take such examples.
    """
    shape = cell.dataset.info.shape
    stacks = architecture(cell.protocol.training.network, shape=shape, dim=dim, outputs=outputs * dim)
    encoder = list(_side_by_side(rows(stacks.encoder, shape), outputs))
    return [*_named("encoder", encoder), *_named("decoder", rows(stacks.decoder, (dim,)))]


def counted(layers: Sequence[NetworkLayer]) -> dict[str, int]:
    """Parameters by the name that a reference has for them: each layer's, and the totals."""
    total = sum(layer.parameters for layer in layers)
    return {layer.name: layer.parameters for layer in layers} | dict(zip(TOTALS, (total, total, 0), strict=True))


def _side_by_side(table: Sequence[Row], outputs: int) -> Iterator[Row]:
    last = table[-1]
    if outputs == 1 or not isinstance(last.layer, Dense):
        yield from table
        return
    yield from table[:-1]
    width = last.layer.width // outputs
    part = replace(last, layer=replace(last.layer, width=width), shape=(width,), parameters=last.parameters // outputs)
    yield from (part for _ in range(outputs))


def _named(part: str, table: Sequence[Row]) -> Iterator[NetworkLayer]:
    for number, row in enumerate(table, start=1):
        yield NetworkLayer(f"{part}.{number}", in_words(row.layer), shown(row.shape), row.parameters)


def in_words(layer: Layer) -> str:
    """``conv 64, 4 × 4, stride 2``, ``dense 500``, ``tanh``."""
    match layer:
        case Dense(width=width):
            return f"dense {width}"
        case Conv(filters=filters, kernel=kernel, stride=stride):
            return f"conv {filters}, kernel {kernel}, stride {stride}"
        case ConvTranspose(filters=filters, kernel=kernel, stride=stride):
            return f"transposed conv {filters}, kernel {kernel}, stride {stride}"
        case Norm():
            return "batch norm"
        case Activation(name=name):
            return str(name)
        case SpectralNorm(layer=inner):
            return f"{in_words(inner)}, spectrally normalised"
    return type(layer).__name__.lower()
