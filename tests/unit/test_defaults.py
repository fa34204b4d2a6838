"""Defaults and versions: a default that changes needs a new version, and CHANGELOG.md says what the version changed.

Only what differs from the defaults is in a run's key and in a metric's file name, so an old result would be taken for
one of the new default. ``defaults.json`` keeps every default with its version; after a change that is meant,

    pytest tests/unit/test_defaults.py --rewrite-defaults

writes it anew, except where a version still has to be raised.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from latentdim import registry
from latentdim.registry.declarations import NetworkOptions
from latentdim.study.evaluation import Evaluation
from latentdim.study.protocol import ENGINE_VERSION, Training
from latentdim.study.requested_metrics import RequestedMetric
from latentdim.system.files import write_json
from latentdim.system.identity import default_of, models_in, plain, tags

FILE = Path(__file__).with_name("defaults.json")
CHANGELOG = Path(__file__).parents[2] / "CHANGELOG.md"
REWRITE = "`pytest tests/unit/test_defaults.py --rewrite-defaults`"
REQUIRED = "(required)"
OURS = ("latentdim.", "methods.")  # what other packages declare has its own versions elsewhere

Declared = dict[str, Any]  # version, and default by the field's dotted name


def defaults_of(
    kind: type[BaseModel], *, leave_out: Collection[str] = (), above: str = ""
) -> Iterator[tuple[str, Any]]:
    """Every field's default under its dotted name; those of a union's member under ``field[tag]``."""
    for name, field in kind.model_fields.items():
        if above + name in leave_out:
            continue
        yield above + name, REQUIRED if field.is_required() else plain(default_of(field))
        for member in models_in(field.annotation):
            tag = "".join(f"[{member.model_fields[tag].default}]" for tag in tags(member))
            yield from defaults_of(member, leave_out=leave_out, above=f"{above}{name}{tag}.")


def declared() -> dict[str, Declared]:
    """Version and defaults of the engine and of everything that is registered here."""
    evaluation = dict(defaults_of(Evaluation))

    def measured_with(fields: Collection[str]) -> Declared:
        return {name: default for name, default in evaluation.items() if name.partition(".")[0] in fields}

    inside = {f"network.{name}" for name in NetworkOptions.model_fields}  # each network has its own, and its version
    found: dict[str, tuple[int, Declared]] = {
        "engine": (ENGINE_VERSION, dict(defaults_of(Training, leave_out=inside))),
    }
    for one in registry.stored_tensors():
        if one.function.startswith(OURS):
            found[f"stored {one.name}"] = (one.version, measured_with({"checkpoint", *one.uses}))
    for network in registry.networks():
        if network.options.__module__.startswith(OURS):
            found[f"network {network.name}"] = (network.version, dict(defaults_of(network.options)))
    for method in registry.methods():
        if method.config.__module__.startswith(OURS):
            found[f"method {method.name}"] = (method.version, dict(defaults_of(method.config)))
    for dataset in registry.datasets():
        if dataset.options.__module__.startswith(OURS):
            options = defaults_of(dataset.options, leave_out=dataset.options.location)
            found[f"dataset {dataset.name}"] = (dataset.version, dict(options))
    for metric in registry.metrics():
        if metric.function.startswith(OURS):
            fields = RequestedMetric.of(metric, Evaluation(), "jacobian").fields
            found[f"metric {metric.name}"] = (metric.version, measured_with(fields))
    return {name: {"version": version, "defaults": defaults} for name, (version, defaults) in sorted(found.items())}


def unversioned(owner: str, kept: Declared, now: Declared) -> list[str]:
    """Sentences about defaults that aren't those kept, though the version is the same."""
    if now["version"] > kept["version"]:
        return []
    if now["version"] < kept["version"]:
        return [f"{owner}: version {now['version']} comes after {kept['version']}; results of both would be mixed"]
    return [
        f"{owner}: the default of '{name}' was {json.dumps(kept['defaults'][name])} and is now {json.dumps(default)}, "
        f"at the same version {now['version']}. Results of the old default would be taken for the new one's: raise the "
        f"version, say in CHANGELOG.md which numbers may change, then {REWRITE}"
        for name, default in now["defaults"].items()
        if name in kept["defaults"] and kept["defaults"][name] != default
    ]


NOW = declared()


@pytest.fixture(scope="module")
def kept(request: pytest.FixtureRequest) -> dict[str, Declared]:
    """The snapshot; written anew first where that is asked for."""
    snapshot: dict[str, Declared] = json.loads(FILE.read_text(encoding="utf-8"))
    if request.config.getoption("--rewrite-defaults"):
        held_back = {name for name in NOW if name in snapshot and unversioned(name, snapshot[name], NOW[name])}
        snapshot = {name: snapshot[name] if name in held_back else NOW[name] for name in NOW}
        write_json(FILE, snapshot)
    return snapshot


@pytest.mark.parametrize("owner", NOW)
def test_a_default_changes_only_with_its_version(owner: str, kept: dict[str, Declared]) -> None:
    if owner not in kept:
        pytest.skip(f"{owner} is new: {REWRITE} adds its defaults")
    offences = unversioned(owner, kept[owner], NOW[owner])
    assert not offences, "\n".join(offences)
    assert kept[owner] == NOW[owner], f"{owner}: fields came or went, or its version was raised; {REWRITE}"


def test_nothing_is_kept_that_is_no_longer_declared(kept: dict[str, Declared]) -> None:
    assert set(kept) <= set(NOW), REWRITE


def test_the_changelog_says_what_every_raised_version_changed(kept: dict[str, Declared]) -> None:
    text = CHANGELOG.read_text(encoding="utf-8")
    for owner, entry in kept.items():
        name = owner.rpartition(" ")[2]
        for version in range(2, entry["version"] + 1):
            assert re.search(rf"`{name}` {version}\b", text), (
                f"CHANGELOG.md doesn't tell of `{name}` {version} ({owner})"
            )


def test_a_changed_default_is_told_with_both_values_and_what_to_do() -> None:
    before: Declared = {"version": 1, "defaults": {"beta": 1, "gone": 2, "rate": REQUIRED}}
    after: Declared = {"version": 1, "defaults": {"beta": 0.5, "rate": REQUIRED, "fresh": 3}}
    (told,) = unversioned("method vae", before, after)
    assert told.startswith("method vae: the default of 'beta' was 1 and is now 0.5, at the same version 1.")
    assert "raise the version" in told
    assert "--rewrite-defaults" in told
    assert unversioned("method vae", before, after | {"version": 2}) == []
    assert "version 1 comes after 2" in unversioned("method vae", before | {"version": 2}, after)[0]


def test_nested_defaults_and_those_of_a_unions_members_are_kept() -> None:
    training = dict(defaults_of(Training))
    assert training["optimizer.learning_rate"] == 0.001
    assert training["network"] == {"name": "mlp"}
    assert NOW["network mlp"]["defaults"]["hidden"] == [1000]
    assert NOW["metric mse_per_pixel"]["defaults"]["split"] == "test"
    assert "path" not in NOW["dataset mnist"]["defaults"]  # where it lies is no part of what it is
