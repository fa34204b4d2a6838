"""What every network must satisfy: it builds what it declares, is counted as it is built, and survives being saved."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from latentdim.conformance.methods import global_states, same_states
from latentdim.nets.build import Decoder, decoder_of, encoder_of, stacked
from latentdim.nets.count import architecture, compatibility
from latentdim.nets.layer_table import rows
from latentdim.nets.layers import Layer, Shape, needless_biases
from latentdim.nets.pruning import prune_axes
from latentdim.registry.declarations import Network, NetworkOptions, Preset
from latentdim.study.protocol import Training
from latentdim.training.checkpoint import load_weights, save_weights

DIM = 3
OUTPUTS = 2 * DIM  # a mean and a log-variance, so that outputs and latent dimensions can't be confused
BATCH = 2
ODD_SHAPES: tuple[Shape, ...] = ((7,), (1, 5, 9), (2, 8, 8), (3, 64, 64))


@dataclass(frozen=True)
class Trial:
    """One network, built once for one shape of examples, and what it makes of some."""

    options: NetworkOptions
    shape: Shape
    encoder: nn.Sequential
    decoder: Decoder
    outputs: tuple[Tensor, Tensor]


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
        problems = [*is_counted_as_built(options, shape)]
    if problems:
        return problems  # nothing else can be tried
    before = global_states()
    trial = tried(options, shape)
    if not same_states(before, global_states()):
        problems.append("layers: drawing the initial weights moves a global random generator")
    return [*problems, *is_sound(trial), *is_reproducible(trial), *loses_axes(trial)]


def problems_of_preset(network: Network, preset: Preset) -> list[str]:
    """Sentences about what a preset gets wrong: its layers are counted and built, but no weights are drawn."""
    if not preset.source:
        return ["source: is empty"]
    return [*is_counted_as_built(network.options_of(preset), preset.shape)]


def is_counted_as_built(options: NetworkOptions, shape: Shape) -> Iterator[str]:
    """It fits the examples, and is what it is counted as; no bias in vain, a decoder that doesn't know the encoder."""
    refusals = compatibility(options, shape=shape, dim=DIM)
    if refusals:
        yield from (f"shape {shape}{sentence}" for sentence in refusals)
        return
    layers = architecture(options, shape=shape, dim=DIM, outputs=OUTPUTS)
    for name, part, start in (("encoder", layers.encoder, shape), ("decoder", layers.decoder, (DIM,))):
        yield from (f"{name}: {sentence}" for sentence in miscounts(part, start))
        for layer in needless_biases(part):
            yield f"{name}: {layer} carries a bias before a normalisation, which takes it away again; bias=False"
    if architecture(options, shape=shape, dim=DIM).decoder != layers.decoder:
        yield "layers: the decoder depends on the number of the encoder's outputs"


def miscounts(layers: Sequence[Layer], shape: Shape) -> Iterator[str]:
    """Where shapes, parameters and operations, counted without torch, aren't those of the modules.

    Torch counts too, on its device "meta", where tensors have shapes alone: a network of any size costs nothing.
    """
    modules = stacked(layers, shape).eval().to("meta")
    value = torch.zeros(BATCH, *shape, device="meta")
    for row, module in zip(rows(layers, shape), modules, strict=True):
        counter = FlopCounterMode(display=False)
        with torch.no_grad(), counter:
            value = module(value)
        for noun, ours, theirs in (
            ("shape", row.shape, tuple(value.shape[1:])),
            ("parameters", row.parameters, sum(parameter.numel() for parameter in module.parameters())),
            ("flops", BATCH * row.flops, counter.get_total_flops()),
        ):
            if ours != theirs:
                yield f"{row.layer} is counted with {noun} {ours}, but has {theirs}"


@torch.no_grad()
def tried(options: NetworkOptions, shape: Shape, seed: int = 0) -> Trial:
    """The network with weights drawn from a seed, evaluated."""
    protocol, generator = Training(network=options, steps=1), torch.Generator().manual_seed(seed)
    encoder = encoder_of(protocol, shape=shape, dim=DIM, outputs=OUTPUTS, generator=generator).eval()
    decoder = decoder_of(protocol, shape=shape, dim=DIM, generator=generator).eval()
    return Trial(options, shape, encoder, decoder, outputs_of(encoder, decoder, shape))


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


def is_sound(trial: Trial) -> Iterator[str]:
    """Shapes of codes and examples, and finite numbers."""
    parts = zip(("encoder", "decoder"), trial.outputs, ((BATCH, OUTPUTS), (BATCH, *trial.shape)), strict=True)
    for name, value, shape in parts:
        if tuple(value.shape) != shape:
            yield f"{name}: gives the shape {tuple(value.shape)} where {shape} is due"
        if not value.isfinite().all():
            yield f"{name}: gives NaN or infinity before any training"


def is_reproducible(trial: Trial) -> Iterator[str]:
    """The same stream gives the same initial weights, another stream others, which can be had by loading, too."""
    again, other = tried(trial.options, trial.shape), tried(trial.options, trial.shape, seed=1)
    if not _equal(trial.outputs, again.outputs):
        yield "layers: equal streams give different initial weights"
    if any(torch.equal(one, two) for one, two in zip(trial.outputs, other.outputs, strict=True)):
        yield "layers: different streams give equal initial weights"
    with tempfile.TemporaryDirectory() as folder:
        for name, source, target in (
            ("encoder", trial.encoder, other.encoder), ("decoder", trial.decoder, other.decoder),
        ):  # fmt: skip
            save_weights(source, Path(folder) / name)
            load_weights(target, Path(folder) / name)
    if not _equal(trial.outputs, outputs_of(other.encoder, other.decoder, trial.shape)):
        yield "layers: saved and loaded, the network gives other numbers than before"


@torch.no_grad()
def loses_axes(trial: Trial) -> Iterator[str]:
    """Without some of its latent axes it is the network that it was with them at zero. Takes them from the trial."""
    kept, held = torch.tensor([2, 0]), torch.zeros(BATCH, DIM)
    codes = torch.randn(BATCH, len(kept), generator=torch.Generator().manual_seed(8))
    examples, due = _examples(trial.shape), trial.decoder(held.index_copy(1, kept, codes))
    try:
        prune_axes(trial.encoder, trial.decoder, kept)
    except ValueError as error:
        yield f"layers: latent axes can't be taken away ({error})"
        return
    norms_fall = trial.options.spectral_norm in {"decoder", "both"}
    if not norms_fall and not torch.allclose(trial.decoder(codes), due, atol=1e-5):
        yield "decoder: without some latent axes it isn't what it was with them at zero"
    remaining = trial.encoder(examples)
    if remaining.shape != (BATCH, 2 * len(kept)):
        yield f"encoder: without some latent axes it gives the shape {tuple(remaining.shape)}"


def outputs_of(encoder: nn.Module, decoder: nn.Module, shape: Shape) -> tuple[Tensor, Tensor]:
    """What an encoder makes of some examples in [0, 1], and a decoder of some codes."""
    with torch.no_grad():
        codes = torch.randn(BATCH, DIM, generator=torch.Generator().manual_seed(7))
        return encoder(_examples(shape)), decoder(codes)


def _examples(shape: Shape) -> Tensor:
    return torch.rand(BATCH, *shape, generator=torch.Generator().manual_seed(7))


def _equal(one: tuple[Tensor, Tensor], other: tuple[Tensor, Tensor]) -> bool:
    return all(torch.equal(first, second) for first, second in zip(one, other, strict=True))
