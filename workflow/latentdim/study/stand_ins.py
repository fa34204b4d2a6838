"""Stand-ins: data drawn here in the place of published ones that they follow, under their own names. Free of torch."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError

from latentdim import registry
from latentdim.registry.declarations import Dataset
from latentdim.study.file import Study
from latentdim.study.scale import in_place


def stand_ins_of(study: Study) -> dict[str, str]:
    """The names of those of a study's datasets that have a stand-in, each with the stand-in's."""
    names = dict.fromkeys([*study.datasets, *(name for entry in study.grid for name in entry.datasets)])
    kinds = {name: _kind(study, name) for name in names}
    return {name: _renamed(name, kind) for name, kind in kinds.items() if kind and kind.stand_in}


def with_stand_ins(study: Study, names: Mapping[str, str]) -> Study:
    """The study with stand-ins in the place of what they stand for, in its grid and its exhibits.

    One that :func:`stand_ins_of` names for a declared dataset is declared with those of its options that it has, too.

    Args:
        names: dataset → its stand-in.
    """
    datasets = dict(study.datasets)
    for name in names:
        kind = _kind(study, name) if name in datasets else None
        if kind and kind.stand_in and names[name] == _renamed(name, kind) not in datasets:
            stand_in = registry.datasets().get(kind.stand_in)
            known = set(stand_in.options.model_fields) - stand_in.options.location
            own = {key: value for key, value in datasets.pop(name).items() if key in known}
            datasets[names[name]] = {"kind": stand_in.name} | own
    grid = tuple(
        entry.model_copy(update={"datasets": tuple(dict.fromkeys(names.get(one, one) for one in entry.datasets))})
        for entry in study.grid
    )
    exhibits = tuple(one.model_copy(update={"options": in_place(one.options, names)}) for one in study.exhibits)
    return study.model_copy(update={"datasets": datasets, "grid": grid, "exhibits": exhibits})


def _kind(study: Study, name: str) -> Dataset | None:
    """The kind of a dataset; None where the study names none that there is."""
    if name in study.datasets:
        kind = study.datasets[name].get("kind")
        return registry.datasets().get(kind) if isinstance(kind, str) and kind in registry.datasets() else None
    try:
        found = registry.dataset_by_name(name)
    except ValidationError:  # told when it is planned
        return None
    return found[0] if found else None


def _renamed(name: str, kind: Dataset) -> str:
    """``dsprites_rendered``; of a name that doesn't hold its kind's, both: ``mine_dsprites_rendered``."""
    return name.replace(kind.name, kind.stand_in) if kind.name in name else f"{name}_{kind.stand_in}"
