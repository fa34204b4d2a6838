"""What every network must satisfy: it builds what it declares, is counted as it is built, and survives being saved."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from latentdim.conformance.methods import global_states, same_states
from latentdim.nets.build import Decoder, decoder_of, encoder_of
from latentdim.nets.count import architecture, compatibility, rows
from latentdim.nets.layers import Architecture, Layer, Shape, needless_biases
from latentdim.registry.declarations import Network, NetworkOptions
from latentdim.study.protocol import Training
from latentdim.training.checkpoint import load_weights, save_weights

DIM = 3
OUTPUTS = 2 * DIM  # a mean and a log-variance, so that outputs and latent dimensions can't be confused
BATCH = 4
ODD_SHAPES: tuple[Shape, ...] = ((7,), (1, 5, 9), (2, 8, 8), (3, 64, 64))


@dataclass(frozen=True)
class Trial:
    """One network, built once for one shape of examples."""

    options: NetworkOptions
    shape: Shape
    layers: Architecture
    encoder: nn.Sequential
    decoder: Decoder

    @property
    def parts(self) -> tuple[tuple[str, tuple[Layer, ...], nn.Sequential, Shape], ...]:
        """Name, layers, modules and the shape that they begin with, of encoder and decoder."""
        return (
            ("encoder", self.layers.encoder, self.encoder, self.shape),
            ("decoder", self.layers.decoder, self.decoder.layers, (DIM,)),
        )


def problems_of(network: Network, options: NetworkOptions | None = None, *, shape: Shape | None = None) -> list[str]:
    """Sentences about what a registered network gets wrong; empty where it conforms.

    Args:
        options: the defaults where none are given.
        shape: of examples that they fit; the declared one where none is given.
    """
    options = options or network.options()  # type: ignore[call-arg]  # each has all defaults
    shape = shape or network.shape
    problems = [*declares_itself(network, options), *answers_for_any_shape(options)]
    if not problems:
        problems = [f"shape {shape}{sentence}" for sentence in compatibility(options, shape=shape, dim=DIM)]
    if problems:
        return problems  # nothing else can be tried
    before = global_states()
    trial = built(options, shape)
    if not same_states(before, global_states()):
        problems.append("layers: drawing the initial weights moves a global random generator")
    with torch.no_grad():
        return [
            *problems, *counts_what_it_builds(trial), *is_sound(trial), *is_reproducible(trial), *restores(trial),
        ]  # fmt: skip


def built(options: NetworkOptions, shape: Shape, seed: int = 0) -> Trial:
    """The network with weights drawn from a seed, ready to be evaluated."""
    protocol, generator = Training(network=options, steps=1), torch.Generator().manual_seed(seed)
    encoder = encoder_of(protocol, shape=shape, dim=DIM, outputs=OUTPUTS, generator=generator).eval()
    decoder = decoder_of(protocol, shape=shape, dim=DIM, generator=generator).eval()
    return Trial(options, shape, architecture(options, shape=shape, dim=DIM, outputs=OUTPUTS), encoder, decoder)


def declares_itself(network: Network, options: NetworkOptions) -> Iterator[str]:
    """Title and source; options that know their network, stand for themselves in JSON, and can be hashed."""
    for name in ("title", "source"):
        if not getattr(network, name):
            yield f"{name}: is empty"
    if options.name != network.name:
        yield f"options: their name is '{options.name}', the network's '{network.name}'"
    for name, field in network.options.model_fields.items():
        if name != "name" and not field.description:
            yield f"options: '{name}' has no description"
    if network.options.model_validate_json(options.model_dump_json()) != options:
        yield "options: written as JSON and read again, they are others"
    try:
        hash(options)
    except TypeError as error:
        yield f"options: can't be hashed ({error}); use tuples"


def answers_for_any_shape(options: NetworkOptions) -> Iterator[str]:
    """Whatever the examples are, it says in sentences whether it takes them."""
    for shape in ODD_SHAPES:
        try:
            sentences = compatibility(options, shape=shape, dim=DIM)
        except Exception as error:
            yield f"shape {shape}: raises {type(error).__name__} ({error}); say in compatibility what can't be taken"
            continue
        for sentence in sentences:
            if not sentence.startswith((":", ".")):
                yield f"compatibility: {sentence!r} begins with neither an option ('.side = 2 …') nor a colon"


def counts_what_it_builds(trial: Trial) -> Iterator[str]:
    """Shapes, parameters and operations, counted without torch, are those of the modules."""
    for name, layers, modules, start in trial.parts:
        value = torch.zeros(BATCH, *start)
        for row, module in zip(rows(layers, start), modules, strict=True):
            counter = FlopCounterMode(display=False)
            with counter:
                value = module(value)
            trained = sum(parameter.numel() for parameter in module.parameters())
            for noun, ours, theirs in (
                ("shape", row.shape, tuple(value.shape[1:])),
                ("parameters", row.parameters, trained),
                ("flops", BATCH * row.flops, counter.get_total_flops()),
            ):
                if ours != theirs:
                    yield f"{name}: {row.layer} is counted with {noun} {ours}, but has {theirs}"


def is_sound(trial: Trial) -> Iterator[str]:
    """Shapes of codes and examples, finite numbers, no bias in vain, a decoder that doesn't know the encoder."""
    codes, decoded = outputs_of(trial)
    for name, value, shape in (("encoder", codes, (BATCH, OUTPUTS)), ("decoder", decoded, (BATCH, *trial.shape))):
        if tuple(value.shape) != shape:
            yield f"{name}: gives the shape {tuple(value.shape)} where {shape} is due"
        if not value.isfinite().all():
            yield f"{name}: gives NaN or infinity before any training"
    for name, layers, _, _ in trial.parts:
        for layer in needless_biases(layers):
            yield f"{name}: {layer} carries a bias before a normalisation, which takes it away again; bias=False"
    if architecture(trial.options, shape=trial.shape, dim=DIM).decoder != trial.layers.decoder:
        yield "layers: the decoder depends on the number of the encoder's outputs"


def is_reproducible(trial: Trial) -> Iterator[str]:
    """The same stream gives the same initial weights, another stream others."""
    again, other = built(trial.options, trial.shape), built(trial.options, trial.shape, seed=1)
    if not all(torch.equal(one, two) for one, two in zip(outputs_of(trial), outputs_of(again), strict=True)):
        yield "layers: equal streams give different initial weights"
    if any(torch.equal(one, two) for one, two in zip(outputs_of(trial), outputs_of(other), strict=True)):
        yield "layers: different streams give equal initial weights"


def restores(trial: Trial) -> Iterator[str]:
    """Saved and loaded into a network with other weights, it gives the same numbers."""
    other = built(trial.options, trial.shape, seed=1)
    with tempfile.TemporaryDirectory() as folder:
        for name, source, target in (
            ("encoder", trial.encoder, other.encoder), ("decoder", trial.decoder, other.decoder),
        ):  # fmt: skip
            save_weights(source, Path(folder) / name)
            load_weights(target, Path(folder) / name)
    for one, two in zip(outputs_of(trial), outputs_of(other), strict=True):
        if not torch.equal(one, two):
            yield "layers: saved and loaded, the network gives other numbers than before"


def outputs_of(trial: Trial) -> tuple[Tensor, Tensor]:
    """What the encoder makes of some examples in [0, 1], and the decoder of some codes."""
    generator = torch.Generator().manual_seed(7)
    examples = torch.rand(BATCH, *trial.shape, generator=generator)
    return trial.encoder(examples), trial.decoder(torch.randn(BATCH, DIM, generator=generator))
