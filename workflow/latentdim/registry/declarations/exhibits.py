"""What an exhibit says of itself, of the names in its options, and of what it needs stored."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from latentdim.registry.declarations.strict import Strict


class Mention(NamedTuple):
    """A name in an exhibit's options that has to exist in its study.

    ``stem`` is a row label without the values of a sweep, ``setting`` a method's, with numbers for values.
    """

    key: str
    noun: Literal["dataset", "label", "stem", "setting", "metric", "dim", "seed"]
    name: str | int


Noun = Literal["dataset", "label", "stem", "metric", "axes", "dim", "seed"]


class Query(NamedTuple):
    """Names in an exhibit's options that some run of the grid has to have together.

    Attributes:
        key: where the narrowest of them stands in the options; empty for the options as a whole.
        names: which names a run may have, by noun; a noun that is left out lets every run through. ``axes`` goes with
            ``metric``.
        single: nouns and names of settings in which those runs have to differ, their seeds apart, each with one value
            of the metric; empty where several may stand together.
    """

    key: str
    names: Mapping[Noun, Collection[str | int]]
    single: tuple[str, ...] = ()


class ExhibitOptions(Strict):
    """Base of an exhibit's options."""

    def mentions(self) -> Iterator[Mention]:
        """Every name that has to exist in the study, with the key where it stands."""
        yield from ()

    def queries(self) -> Iterator[Query]:
        """What of it has to be found in the grid together, where every single name exists."""
        yield from ()


@dataclass(frozen=True, kw_only=True)
class StoredTensors:
    """What runs store for exhibits to draw from, in a file of its own for each run.

    It is stored for runs of a study that has such an exhibit, see :attr:`Exhibit.stored`, and for no others.

    Attributes:
        name: begins the file's name.
        function: dotted path of ``store(context) -> Mapping[str, Tensor]``; the context is a metric's, on the axes that
            the protocol reports on.
        tensors: names of what it gives; no other declaration has them.
        uses: names of the evaluation-protocol fields that can change it; they enter the file's name.
        kinds: what one example must be.
        dims: initial latent dimensions for which there is something to store; all where empty.
        version: raise it when what is stored may change: it is then stored anew, nothing is retrained.
    """

    name: str
    function: str
    tensors: tuple[str, ...]
    uses: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ("images", "vectors")
    dims: tuple[int, ...] = ()
    version: int = 1


@dataclass(frozen=True, kw_only=True)
class Exhibit:
    """A kind of table or figure.

    Attributes:
        draw: dotted path of ``draw(context) -> Drawn``.
        files: the file endings it writes under ``reports/<study>/``, for example ``(".md", ".csv", ".tex")``.
        stored: names of the :class:`StoredTensors` that it draws from, which runs of a study with it then store.
    """

    name: str
    options: type[ExhibitOptions]
    draw: str
    files: tuple[str, ...]
    title: str = field(default="")
    stored: tuple[str, ...] = ()
