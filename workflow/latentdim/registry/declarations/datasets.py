"""What a dataset says of itself, and what is told of its source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, NamedTuple

from latentdim.registry.declarations.strict import Strict

GENERATED, THE_USERS = "none (generated)", "the user's own"  # licences that bind nobody else's pictures


class DatasetOptions(Strict):
    """Base of a dataset's options, as they may stand in a study file.

    ``location`` names the options that say where the source lies without changing what the prepared arrays hold
    (a checksummed set is the same from anywhere); they stay out of the dataset's identity.
    """

    location: ClassVar[frozenset[str]] = frozenset()


@dataclass(frozen=True, kw_only=True)
class SourceInfo:
    """What a glance at a dataset's source tells, without reading its contents.

    Attributes:
        problems: sentences; not empty where the data aren't there or can't be used.
        shape: of one example, ``(channels, height, width)`` or ``(values,)``.
        n_train: examples for training (validation included).
        download: the sentence about what preparing will download; empty where the files lie here.
        n_factors: number of known factors of variation, or None.
        n_classes: number of classes that examples are labelled with, or None.
        n_combinations: combinations of the factor space's levels, where the dataset offers one.
        fingerprint: changes when the source's files do (names, sizes, times); constant for checksummed sets.
        prepared_mb: disk space that the prepared arrays will take, and what is unpacked on the way.
        kind: what one example is, where the files decide it and not the declaration (``npy``, ``npz``).
    """

    problems: tuple[str, ...] = ()
    download: str = ""
    shape: tuple[int, ...] = ()
    n_train: int = 0
    n_factors: int | None = None
    n_classes: int | None = None
    n_combinations: int | None = None
    fingerprint: str = "constant"
    prepared_mb: float = 0.0
    kind: Literal["images", "vectors"] | None = None


class SourceCheck(NamedTuple):
    """What the headers of a dataset's source tell, beyond a glance; asked by ``check``, never while planning.

    Attributes:
        problems: sentences about what can't be used.
        notes: sentences about what is left out, converted or changed.
    """

    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """A kind of dataset. One declaration may serve a family of names (``synthetic_8``, ``synthetic_16``).

    Attributes:
        name: the kind, as written after ``kind:`` in study files; also a dataset's name where ``pattern`` matches it.
        options: the class of its options.
        inspect: dotted path of ``inspect(options) -> SourceInfo``: presence, names and sizes only; no torch.
        prepare: dotted path of ``prepare(options, writer) -> None``, which verifies and writes the arrays.
        check: dotted path of ``check(options) -> SourceCheck``, where headers can be read that planning, which every
            job of a cluster does again, has no time for.
        pattern: regular expression of the names that need no entry in a study file, all of which begin with the kind's
            own; its named groups fill options.
        kind: what one example is, unless ``inspect`` finds otherwise.
        in_random_order: ``prepare`` writes each part's examples in a random order already, drawn from a named stream.
            Otherwise each part is permuted after ``prepare``, for which disk space is needed a second time.
        version: raise it when the prepared arrays may change or a default option does.
        true_dim: option, or property of the options, that holds the true latent dimension, where one is known: the
            least L for which the noiseless examples have a continuous one-to-one image in L values.
        intrinsic_dim: the same of the intrinsic dimension: how many numbers tell an example from its neighbours.
        licence: of the data; ``GENERATED`` or ``THE_USERS`` where it isn't somebody else's; any other is printed
            beneath every exhibit.
        factor_space: dotted path of ``factor_space(options, folder) -> FactorSpace``, where the factors' combinations
            can all be had as images; ``folder`` holds the prepared arrays, whose factors say which image lies where. No
            torch.
        stand_in: the kind that is drawn here, follows it, and may take its place where a user asks for that.
    """

    name: str
    options: type[DatasetOptions]
    inspect: str
    prepare: str
    source: str
    licence: str
    kind: Literal["images", "vectors"] = "images"
    title: str = ""
    citation: str = ""
    check: str = ""
    pattern: str = ""
    in_random_order: bool = False
    version: int = 1
    true_dim: str = ""
    intrinsic_dim: str = ""
    factor_space: str = ""
    stand_in: str = ""

    def __post_init__(self) -> None:
        if self.pattern and not self.pattern.startswith(self.name):
            raise ValueError(f"pattern {self.pattern!r} must begin with the name '{self.name}', by which it is found")
