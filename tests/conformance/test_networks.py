"""Every registered network conforms; the README's does, outside the package; faulty ones are found out."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path
from typing import Any, Literal

import pytest
import yaml
from pydantic import Field

from latentdim import registry
from latentdim.conformance.networks import problems_of, problems_of_preset
from latentdim.nets.architectures.ard_conv import ArdConv
from latentdim.nets.architectures.mlp import Mlp
from latentdim.nets.layers import Activation, Architecture, Conv, Crop, Dense, Flatten, Norm, Reshape, Residual
from latentdim.plan.expand import plan_study
from latentdim.registry import registries
from latentdim.registry.declarations import Network, NetworkOptions, Output
from latentdim.system.problems import InputError

README = Path(__file__).parents[2] / "README.md"


@pytest.fixture
def small_conv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Network]:
    """The README's network in a package of its own, found through a faked entry point."""
    (code,) = re.findall(r"`small_conv\.py`[^\n]*\n\n```python\n(.*?)```", README.read_text("utf-8"), flags=re.DOTALL)
    (tmp_path / "small_conv.py").write_text(code)
    monkeypatch.syspath_prepend(str(tmp_path))
    point = EntryPoint("small_conv", "small_conv:NETWORK", "latentdim.networks")
    monkeypatch.setattr(registries, "_entry_points", lambda: EntryPoints([point]))
    registry.networks.cache_clear()
    yield registry.networks().get("small_conv")
    monkeypatch.undo()
    registry.networks.cache_clear()
    sys.modules.pop("small_conv", None)


def study(folder: Path, network: dict[str, Any], *, dataset: str = "digits") -> Path:
    file = folder / "study.yaml"
    content = {
        "title": "A study",
        "protocol": {"training": {"steps": 4, "batch_size": 16, "network": network}},
        "metrics": ["mse_per_pixel"],
        "grid": [{"datasets": [dataset], "methods": {"vae": {}}, "dims": [2]}],
    }
    file.write_text(yaml.safe_dump(content))
    return file


@pytest.mark.parametrize("network", list(registry.networks()), ids=lambda network: network.name)
def test_every_registered_network_conforms(network: Network) -> None:
    assert problems_of(network) == []


@pytest.mark.parametrize("name", registry.presets())
def test_every_preset_conforms(name: str) -> None:
    assert problems_of_preset(*registry.presets()[name]) == []


VARIANTS: dict[str, tuple[NetworkOptions, tuple[int, ...]]] = {
    "no hidden layer": (Mlp(hidden=()), (11,)),
    "vectors": (Mlp(hidden=(9, 5), activation="silu", initialisation="glorot_uniform"), (11,)),
    "the CIFAR-10 column, thinner": (
        ArdConv(filters=(4, 8, 16, 32), decoder_filters=(16, 8), decoder_side=8, last_stride=1), (3, 32, 32)
    ),
    "norms of one": (Mlp(hidden=(9,), spectral_norm="both"), (11,)),
    "Table 5": (
        ArdConv(filters=(8, 8), decoder_filters=(8,), decoder_side=4, batch_norm=False, symmetric_input=False),
        (1, 16, 16),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("options", "shape"), VARIANTS.values(), ids=list(VARIANTS))
def test_variants_of_them_conform(options: NetworkOptions, shape: tuple[int, ...]) -> None:
    assert problems_of(registry.networks().get(options.name), options, shape=shape) == []


def test_the_readmes_network_conforms(small_conv: Network) -> None:
    assert problems_of(small_conv) == []
    assert problems_of(small_conv, small_conv.options(filters=3), shape=(3, 16, 16)) == []


def test_the_readmes_network_stands_in_a_study(small_conv: Network, tmp_path: Path) -> None:
    plan = plan_study(str(study(tmp_path, {"name": "small_conv", "filters": 2})), results=tmp_path / "results")
    (run,) = plan.runs
    assert run.cell.network is small_conv
    assert run.cell.training_fields()["network"] == {
        "name": "small_conv", "output": "sigmoid", "spectral_norm": "none", "filters": 2,
    }  # fmt: skip
    # Both ways of a 4×4 kernel over 16 places and 2 filters; 32 values to and from 2 numbers.
    assert run.cell.weights(2) == (32 + 2 * 2 + 2 * 32 + 2) + (3 * 32 + 32 + 1)


@pytest.mark.parametrize(
    ("network", "dataset", "told"),
    [
        ({"name": "small_con"}, "digits", "network.name = 'small_con': not a network; did you mean 'small_conv'?"),
        ({"name": "small_conv", "filter": 2}, "digits", "network.filter: unknown key; did you mean 'filters'?"),
        ({"name": "small_conv", "filters": 0}, "digits", "network.filters = 0: should be greater than or equal to 1"),
        (
            {"name": "small_conv"},
            "synthetic_4",
            "grid.0 ('synthetic_4'): protocol.training.network: the encoder of 'small_conv' can't take 128 values: "
            "Conv(filters=16, kernel=4, stride=2, padding=1, bias=False) is given 128 values",
        ),
    ],
)
def test_mistakes_about_it_are_told_in_its_own_keys(
    small_conv: Network, tmp_path: Path, network: dict[str, Any], dataset: str, told: str
) -> None:
    with pytest.raises(InputError) as refusal:
        plan_study(str(study(tmp_path, network, dataset=dataset)), results=tmp_path / "results")
    assert told in refusal.value.problems[0]


class Plain(NetworkOptions):
    """Options of the faulty networks below."""

    name: Literal["faulty"] = "faulty"
    output: Output = Field("linear", description="any")


def _with(**parts: Any) -> Callable[..., Architecture]:
    """An architecture for 8×8 pictures, with one part changed."""

    def layers(options: NetworkOptions, shape: tuple[int, ...], *, dim: int, outputs: int) -> Architecture:
        right = {
            "encoder": (Flatten(), Dense(outputs)),
            "decoder": (Dense(4), Activation("relu"), Dense(64), Reshape((1, 8, 8))),
        }
        return Architecture(**(right | {key: part(outputs) for key, part in parts.items()}))

    return layers


FAULTY: dict[str, tuple[Callable[..., Architecture], str]] = {
    "a decoder for other pictures": (
        _with(decoder=lambda outputs: (Dense(16), Reshape((1, 4, 4)))),
        "shape (1, 8, 8): the decoder of 'faulty' ends in 1×4×4, not in 1×8×8",
    ),
    "an encoder with too many outputs": (
        _with(encoder=lambda outputs: (Flatten(), Dense(outputs + 1))),
        "shape (1, 8, 8): the encoder of 'faulty' ends in 4 values, not in 3 values",
    ),
    "a convolution of a vector": (
        _with(encoder=lambda outputs: (Flatten(), Conv(2, 3), Flatten(), Dense(outputs))),
        "shape (1, 8, 8): the encoder of 'faulty' can't take 1×8×8: "
        "Conv(filters=2, kernel=3, stride=1, padding=0, bias=True) is given 64 values",
    ),
    "branches that don't meet": (
        _with(encoder=lambda outputs: (Residual((Crop(),)), Flatten(), Dense(outputs))),
        "shape (1, 8, 8): the encoder of 'faulty' can't take 1×8×8: "
        "the branches of a residual block end in 1×7×7 and 1×8×8",
    ),
    "a bias before a normalisation": (
        _with(encoder=lambda outputs: (Flatten(), Residual((Dense(64), Norm())), Dense(outputs))),
        "encoder: Dense(width=64, bias=True) carries a bias before a normalisation, which takes it away again; "
        "bias=False",
    ),
    "a bias at the end of a block before a normalisation": (
        _with(encoder=lambda outputs: (Flatten(), Residual((Dense(64),)), Norm(), Dense(outputs))),
        "encoder: Dense(width=64, bias=True) carries a bias before a normalisation, which takes it away again; "
        "bias=False",
    ),
    "a head that can't lose axes": (
        _with(encoder=lambda outputs: (Conv(outputs, 8), Flatten())),
        "layers: latent axes can't be taken away (prune_axes: the encoder doesn't end in a dense head)",
    ),
    "a decoder that can't lose axes": (
        _with(decoder=lambda outputs: (Norm(), Dense(64), Reshape((1, 8, 8)))),
        "layers: latent axes can't be taken away (prune_axes: the decoder doesn't begin with a dense layer)",
    ),
    "an error rather than a refusal": (
        _with(decoder=lambda outputs: (Dense(()[0]),)),
        "shape (7,): raises IndexError (tuple index out of range); say in compatibility what can't be taken",
    ),
    "a decoder that knows the encoder": (
        _with(decoder=lambda outputs: (Dense(outputs), Dense(64), Reshape((1, 8, 8)))),
        "layers: the decoder depends on the number of the encoder's outputs",
    ),
}


@pytest.mark.parametrize(("layers", "told"), FAULTY.values(), ids=list(FAULTY))
def test_a_faulty_network_is_found_out(
    layers: Callable[..., Architecture], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    faulty = Network(name="faulty", title="Faulty", options=Plain, layers=layers, source="a test", shape=(1, 8, 8))
    monkeypatch.setattr(registry, "networks", lambda: registry.Registry("network", {"faulty": faulty}))
    problems = problems_of(faulty)
    assert told in problems, problems
