"""Which scale a study is at that is named without one, and what each of its scales takes. No torch."""

from __future__ import annotations

from pathlib import Path

from latentdim.plan.demand import in_brief
from latentdim.plan.expand import plan_study
from latentdim.study.file import read_study
from latentdim.study.naming import AT, file_and_scale
from latentdim.system.problems import InputError, nearest


def at_set_scale(name: str, scale: str, *, results: Path) -> str:
    """A study's name with the scale behind it that an invocation is set to, where it names none and has several.

    Raises:
        InputError: if it has several and not this one, or none is set: then with what each would take.
    """
    if not has_choice(name):
        return name
    path, _ = file_and_scale(name)
    study = read_study(path)
    known = (study.scale, *study.scales)
    if scale and scale not in known:
        raise InputError(str(path), [f"'{scale}' is not a scale of '{name}'{nearest(scale, known)}"])
    if not scale:
        choice = "\n    ".join(scales_in_brief(name, results))
        raise InputError(str(path), [f"it has several scales; name one of them:\n    {choice}"])
    return f"{name}{AT}{scale}"


def has_choice(name: str) -> bool:
    """Whether a study has several scales and none is named behind it.

    Raises:
        InputError: if there is no such study, or its file isn't sound.
    """
    path, named = file_and_scale(name)
    return not named and bool(read_study(path).scales)


def scales_in_brief(name: str, results: Path) -> list[str]:
    """A line for each scale of a study: by what name, how many runs, and what they would take.

    Raises:
        InputError: if one of them has problems.
    """
    study = read_study(file_and_scale(name)[0])
    return [
        f"{name}{AT}{scale}: {in_brief(plan_study(f'{name}{AT}{scale}', results=results))}"
        for scale in (study.scale, *study.scales)
    ]
