"""How studies go by: a name or a file's path, and after an ``@`` the scale: ``ard_vae@reduced``.

Without a scale a study is at the one that its file is written for.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from latentdim.study.file import Study, read_study
from latentdim.system.problems import InputError, nearest

STUDIES = Path("workflow/studies")
AT = "@"


def study_names(root: Path = STUDIES) -> list[str]:
    """Names of all studies: the folders that hold a ``study.yaml``."""
    return sorted(path.parent.name for path in root.glob("*/study.yaml"))


def study_path(name: str, root: Path = STUDIES) -> Path:
    """The file of a study given by name, or by the path of its file or folder.

    Raises:
        InputError: naming the nearest known study.
    """
    direct = Path(name)
    if direct.suffix in {".yaml", ".yml"} and direct.is_file():
        return direct
    if (direct / "study.yaml").is_file():
        return direct / "study.yaml"
    if name not in study_names(root) and (len(direct.parts) > 1 or direct.suffix in {".yaml", ".yml"}):
        problem = "not a study's file, study.yaml or another .yaml" if direct.exists() else "no such file"
        raise InputError("the command line", [f"'{name}': {problem}"])
    if name not in study_names(root):
        where = (
            "" if root.is_dir() else f": there is no folder '{root}' in '{Path.cwd()}', where studies are looked for"
        )
        raise InputError("the command line", [f"'{name}' is not a study{where or nearest(name, study_names(root))}"])
    return root / name / "study.yaml"


def file_and_scale(name: str, root: Path = STUDIES) -> tuple[Path, str]:
    """A study's file, and the scale that is named behind it; an empty text where none is.

    Raises:
        InputError: naming the nearest known study.
    """
    stem, _, scale = name.rpartition(AT)
    return (study_path(stem, root), scale) if stem and not Path(name).exists() else (study_path(name, root), "")


def scale_of(study: Study, scale: str) -> str:
    """The scale that a word means: the file's own where it is empty.

    Raises:
        InputError: naming the study's scales.
    """
    if not scale or scale == study.scale or scale in study.scales:
        return scale or study.scale
    hint = nearest(scale, (study.scale, *study.scales))
    raise InputError("the command line", [f"'{scale}' is not a scale of '{study.title}'{hint}"])


def full_name(path: Path, study: Study, scale: str) -> str:
    """What a study at a scale goes by in targets, reports and stamps: ``ard_vae``, ``ard_vae@reduced``.

    Args:
        study: as its file has it.
    """
    name = path.resolve().parent.name if path.name == "study.yaml" else path.stem
    return name if scale == study.scale else f"{name}{AT}{scale}"


def every_scale(name: str) -> list[str]:
    """A study by its own name and by those of its other scales; as it is where a scale is named already.

    Raises:
        InputError: if there is no such study, or its file isn't sound.
    """
    path, scale = file_and_scale(name)
    return [name] if scale else [name, *(f"{name}{AT}{other}" for other in read_study(path).scales)]


def at_scale(names: Sequence[str], scale: str | None) -> list[str]:
    """Studies with a scale named behind each of those that have it; those that are at a scale already stay there.

    Raises:
        InputError: if none of them has it.
    """
    if not scale:
        return list(names)
    studies = {name: file_and_scale(name) for name in names}
    read = {name: read_study(path) for name, (path, named) in studies.items() if not named}
    having = {name for name, study in read.items() if scale in (study.scale, *study.scales)}
    if read and not having:
        known = dict.fromkeys(name for study in read.values() for name in (study.scale, *study.scales))
        raise InputError(
            "the command line", [f"'{scale}' is not a scale of {' or '.join(map(repr, read))}{nearest(scale, known)}"]
        )
    return [f"{name}{AT}{scale}" if name in having else name for name in names]
