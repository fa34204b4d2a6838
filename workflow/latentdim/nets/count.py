"""Whole networks, counted from their layers without torch: parameters, operations, and what they can take."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from latentdim import registry
from latentdim.nets.layer_table import Incompatible, end_of, rows, shown, sizes_of, sums_of
from latentdim.nets.layers import Architecture, Shape, spectrally_normalised
from latentdim.registry.declarations import Network, NetworkOptions

MOST_VALUES = 2**28  # that one layer gives at once in evaluation, a GB: of larger batches, pieces follow one another


@dataclass(frozen=True)
class Counts:
    """What encoder and decoder add up to.

    Attributes:
        values: numbers that all layers give for one example, which a training keeps for its way back.
        widest: the most that one of them gives.
    """

    parameters: int
    flops: int
    values: int
    widest: int


def architecture(options: NetworkOptions, *, shape: Shape, dim: int, outputs: int | None = None) -> Architecture:
    """The layers of a protocol's network block, for examples of ``shape`` and ``dim`` latent dimensions.

    Args:
        outputs: how many numbers the encoder gives; ``dim`` where none is named.
    """
    network = registry.networks().get(options.name)
    layers: Architecture = network.layers(options, shape, dim=dim, outputs=dim if outputs is None else outputs)
    if options.spectral_norm in {"encoder", "both"}:
        layers = replace(layers, encoder=spectrally_normalised(layers.encoder))
    if options.spectral_norm in {"decoder", "both"}:
        layers = replace(layers, decoder=spectrally_normalised(layers.decoder))
    return layers


def declared_architecture(options: NetworkOptions) -> Architecture | None:
    """The layers for examples that a network, or a preset of it, is declared with; None where options fit no such.

    For those who ask what kinds of layers there are, and don't know the examples.
    """
    network = registry.networks().get(options.name)
    for shape in (network.shape, *(preset.shape for preset in network.presets)):
        if not compatibility(options, shape=shape, dim=2):
            return architecture(options, shape=shape, dim=2)
    return None


def counts(options: NetworkOptions, *, shape: Shape, dim: int, outputs: int | None = None) -> Counts:
    """Parameters and operations of encoder and decoder together.

    Raises:
        Incompatible: if the network can't take such examples.
    """
    return _counts(registry.networks().get(options.name), options, shape, dim, dim if outputs is None else outputs)


@lru_cache(maxsize=4096)  # a plan asks for the same network in thousands of runs
def _counts(network: Network, options: NetworkOptions, shape: Shape, dim: int, outputs: int) -> Counts:
    layers: Architecture = network.layers(options, shape, dim=dim, outputs=outputs)
    table = (*rows(layers.encoder, shape), *rows(layers.decoder, (dim,)))
    sizes = list(sizes_of(table))
    return Counts(*sums_of(table), sum(sizes), max(sizes))


def compatibility(options: NetworkOptions, *, shape: Shape, dim: int) -> tuple[str, ...]:
    """Sentences about why a network can't take examples of ``shape`` at ``dim`` latent dimensions; empty where it can.

    Each begins with the option it is about or with a colon, to be put behind the network block's key. The network's
    own sentences come first; where it has none, its layers are counted through and must end where they should.
    """
    return _compatibility(registry.networks().get(options.name), options, shape, dim)


@lru_cache(maxsize=4096)
def _compatibility(network: Network, options: NetworkOptions, shape: Shape, dim: int) -> tuple[str, ...]:
    own = tuple(network.compatibility(options, shape)) if network.compatibility else ()
    if own:
        return own
    layers: Architecture = network.layers(options, shape, dim=dim, outputs=dim)
    sentences: list[str] = []
    for part, stack, start, end in (
        ("encoder", layers.encoder, shape, (dim,)), ("decoder", layers.decoder, (dim,), shape),
    ):  # fmt: skip
        try:
            reached = end_of(rows(stack, start), start)
        except Incompatible as refusal:
            sentences.append(f": the {part} of '{network.name}' can't take {shown(start)}: {refusal}")
            continue
        if reached != end:
            sentences.append(f": the {part} of '{network.name}' ends in {shown(reached)}, not in {shown(end)}")
    return tuple(sentences)
