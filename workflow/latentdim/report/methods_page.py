"""The page of methods: what each counts, what the papers print of it and whether that runs here, and the networks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from latentdim import registry
from latentdim.datasets.spec import DatasetSpec
from latentdim.nets.count import compatibility
from latentdim.nets.layer_table import shown
from latentdim.plan import compatibility as fitting
from latentdim.registry.declarations import Method, NetworkOptions, resolve
from latentdim.report.index import METHODS, build_index
from latentdim.report.printed import Printed, cell_of, obstacles, printed_rows, spec_of
from latentdim.study.protocol import Training
from latentdim.system.files import write_text
from latentdim.tables.markdown import pipe_table

INTRODUCTION = (
    "Written by `latentdim methods` from the declarations of methods, networks and datasets, and from a list of what "
    "the papers print (`workflow/latentdim/report/printed.csv`). Whether something runs here is asked as planning a "
    "study asks, but for the data's files; how long it takes, and on what machine, isn't asked."
)
MANY = 10_000  # training examples
ANY_L = 8  # or as many as a dataset has factors, if that is more
DATASETS = (
    "synthetic_8", "digits", "mnist", "mnist_32", "fashion_mnist", "fashion_mnist_32", "cifar10", "imagenet32",
    "celeba", "eurosat", "sprites", "dsprites", "dsprites_rendered", "shapes3d", "shapes3d_rendered",
)  # fmt: skip
FORMS: Mapping[str, tuple[str, Mapping[str, Any]]] = {"sprites (clips)": ("sprites", {"form": "clips"})}

Refusals = dict[str, list[str]]  # by the reason, the names of what is refused


def write_methods_page(reports: Path) -> Path:
    """Write the page, and link it from the list of reports."""
    write_text(reports / METHODS, methods_page())
    build_index(reports)
    return reports / METHODS


def methods_page() -> str:
    """The whole page as Markdown."""
    return "\n\n".join(_page()) + "\n"


def _page() -> Iterator[str]:
    datasets = {name: spec for name in DATASETS if (spec := spec_of(name))}
    forms = {label: spec for label, (name, options) in FORMS.items() if (spec := spec_of(name, options))}
    yield "# Methods"
    yield INTRODUCTION
    yield "## What is here"
    rows = [_method(method, datasets) for method in registry.methods()]
    yield pipe_table(("method", "source", "ACTIVE by its own rule", "network", "data"), rows)
    yield "## What the papers print"
    yield (
        "A row is a label of a paper's tables or figures on one dataset. L are the latent dimensions that it starts "
        "from, and values the numbers that stand in the places named; S is a table of a supplement, T one of the text."
    )
    heading = ("row", "dataset", "network", "L", "where", "values", "here as", "open")
    for paper, printed in groupby(printed_rows(), key=lambda row: row.paper):
        yield f"### {paper}"
        yield pipe_table(heading, [_printed(row) for row in printed])
    yield "## Which network takes what"
    yield (
        "A study names a network or a preset of one; all options are in [study files](study-files.md). "
        + "; ".join(f"{shape}: {', '.join(names)}" for shape, names in _by_shape({**datasets, **forms}).items())
        + "."
    )
    yield pipe_table(("network", "takes", "refuses"), list(_networks({**datasets, **forms})))


def _method(method: Method, datasets: Mapping[str, DatasetSpec]) -> Sequence[str]:
    name = f"{method.title or method.name} (`{method.name}`{', a control' if method.control else ''})"
    data = _told("not on", _refused(method, datasets)) or "all"
    return name, _literal(method.source), _literal(method.active), _networks_of(method), data


def _refused(method: Method, datasets: Mapping[str, DatasetSpec]) -> Refusals:
    """The datasets on which it isn't defined at its defaults, beside a network that takes everything."""
    refused: Refusals = {}
    for name, spec in datasets.items():
        dim = max(ANY_L, spec.info.n_factors or 0)
        cell = cell_of(spec, method=method.name, config={}, training={})
        for sentence in fitting.compatibility(cell, (dim,), ""):
            reason = sentence.rpartition(": ")[2].replace(f"'{name}'", "it")
            refused.setdefault(reason, []).append(name)
    return refused


def _networks_of(method: Method) -> str:
    """Which networks it works with at its defaults, on examples that each is meant for."""
    if "network" in method.unused_fields:
        return "needs none"
    if not method.compatibility:
        return "any"
    refused: Refusals = {}
    for name, options in _named_networks():
        training = Training(network=options, epochs=1)
        for sentence in resolve(method.compatibility)(method.config(), training, MANY):
            refused.setdefault(sentence.lstrip(". :"), []).append(f"`{name}`")
    return _told("not", refused) or "any"


def _told(no: str, refused: Refusals) -> str:
    return "; ".join(f"{no} {', '.join(names)}: {_literal(reason)}" for reason, names in refused.items())


def _named_networks() -> Iterator[tuple[str, NetworkOptions]]:
    """Networks at their defaults, and their presets."""
    for network in registry.networks():
        yield network.name, network.options()  # type: ignore[call-arg]  # each has all defaults
        yield from ((preset.name, network.options_of(preset)) for preset in network.presets)


def _printed(row: Printed) -> Sequence[str]:
    reasons = obstacles(row)
    settings = "".join(f", `{key}: {_yaml(value)}`" for key, value in row.settings.items())
    here = f"no: {_literal('; '.join(reasons))}" if reasons else f"`{row.method}`{settings}"
    form = "".join(f" ({value})" for value in row.dataset_options.values())
    places, dims = ", ".join(row.places), ", ".join(map(str, row.dims)) or "–"
    values = str(row.values) if row.values else "none"
    return row.row, f"{row.dataset}{form}", f"`{row.network}`", dims, places, values, here, _literal(row.remark)


def _networks(datasets: Mapping[str, DatasetSpec]) -> Iterator[Sequence[str]]:
    for name, options in _named_networks():
        yield _takes(name, options, datasets)


def _takes(name: str, options: NetworkOptions, datasets: Mapping[str, DatasetSpec]) -> Sequence[str]:
    taken: list[str] = []
    refused: Refusals = {}
    for shape in dict.fromkeys(spec.info.shape for spec in datasets.values()):
        sentences = compatibility(options, shape=shape, dim=ANY_L)
        if sentences:
            refused.setdefault(sentences[0].lstrip(". :"), []).append(shown(shape))
        else:
            taken.append(shown(shape))
    reasons = "; ".join(f"{', '.join(shapes)} ({_literal(reason)})" for reason, shapes in refused.items())
    return f"`{name}`", ", ".join(taken) or "–", reasons or "nothing"


def _by_shape(datasets: Mapping[str, DatasetSpec]) -> dict[str, list[str]]:
    names: dict[str, list[str]] = {}
    for name, spec in datasets.items():
        names.setdefault(shown(spec.info.shape), []).append(f"`{name}`")
    return names


def _yaml(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else f"{value}"


def _literal(text: str) -> str:
    """Text whose bars don't end a table's cell."""
    return text.replace("|", "\\|")
