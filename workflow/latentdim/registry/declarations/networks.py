"""What a network says of itself: it is data through and through, so it holds its functions themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import Field

from latentdim.registry.declarations.strict import Strict

Output = Literal["linear", "sigmoid", "tanh"]


class NetworkOptions(Strict):
    """Base of a network's options, as they stand in a protocol's ``network`` block.

    A network gives ``name`` its own as a ``Literal`` with that default, every other option a default and a description,
    and only types that can be hashed (tuples, not lists).
    """

    name: str
    output: Output
    spectral_norm: Literal["none", "encoder", "decoder", "both"] = Field(
        "none",
        description="whose weights are divided by their largest singular values (Miyato et al., 2018; of a "
        "convolution, those of its kernel as a matrix)",
    )


@dataclass(frozen=True, kw_only=True)
class Preset:
    """A network as a source has it: options that can be had by one name.

    Attributes:
        name: as it may stand after ``name:`` in a protocol's ``network`` block; the block's other keys win.
        options: those that differ from the network's defaults.
        shape: of examples that it is meant for.
        source: paper, section or table, and what is open there.
    """

    name: str
    options: Mapping[str, Any] = field(hash=False)
    shape: tuple[int, ...]
    source: str


@dataclass(frozen=True, kw_only=True)
class Network:
    """An encoder and a decoder, as layers.

    Attributes:
        name: as written after ``name:`` in a protocol's ``network`` block.
        options: the class of the block's keys.
        layers: ``layers(options, shape, *, dim, outputs) -> nets.layers.Architecture`` for examples of that shape,
            ``dim`` latent dimensions and an encoder with so many outputs (2·dim for a mean and a log-variance).
        source: paper, section or table.
        shape: of examples that the default options take; what conformance tries the network on.
        version: raise it when numbers may change; only runs with this network become new.
        compatibility: ``compatibility(options, shape) -> iterable of sentences`` about examples that it can't take,
            each beginning with the option it is about (``.side = 2 makes …``) or with a colon. What it lets through is
            still counted layer by layer, so None will do where the shapes themselves tell.
        stand_in: what must stand in the row label of runs with it, where it takes the place of a network that nobody
            published (``assumed network``); empty for all others.
        presets: what papers print of this family. They are other names for options, not networks of their own: a run's
            identity knows the options alone.
    """

    name: str
    options: type[NetworkOptions]
    layers: Callable[..., Any]
    source: str
    shape: tuple[int, ...]
    title: str = ""
    version: int = 1
    compatibility: Callable[..., Iterable[str]] | None = None
    stand_in: str = ""
    presets: tuple[Preset, ...] = ()

    def options_of(self, preset: Preset) -> NetworkOptions:
        """The options that a preset stands for."""
        return self.options.model_validate(dict(preset.options))
