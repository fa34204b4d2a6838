"""Which part each file of a folder belongs to, by the names of the folders above it.

A folder is named for a part where its whole name says so (``Train``, ``val2017``, ``test_set``), or where it begins or
ends so and another beside it is called the same but for the part: ``X_train`` and ``X_test``, ``imagesTr`` and
``imagesTs``, ``trainA`` and ``testA``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from latentdim.datasets.formats.sources import listed, quoted, random_part, shuffled_parts
from latentdim.system.counting import counted
from latentdim.system.problems import DataRefused

Role = Literal["train", "validation", "test"]
WORDS: dict[Role, str] = {"train": "training|train", "validation": "validation|valid|val", "test": "testing|test"}
SHORT: dict[Role, str] = {"train": "tr", "validation": "va", "test": "ts|te"}  # only where a name ends so
SUFFIX = r"(?:[ _-]?(?:set|images|data|\d+))?"
GAP = r"[ ._-]+"


@dataclass(frozen=True)
class Parts:
    """Which files are trained on and which are held out, by name.

    Attributes:
        note: where the split comes from, and what is left out by it.
    """

    train: list[str]
    test: list[str]
    note: str


def parts_of(root: Path, names: Sequence[str], *, by_folder: bool, test_fraction: float) -> Parts:
    """The split that folders are named for; else a share is held out at random, whole files at a time.

    Folders named for training and test are the parts; where there is none for test, those for validation are held out,
    else they are left out (a validation part is cut from the training part, see the protocol's ``n_validation``).

    Args:
        names: of the files, relative to ``root``.

    Raises:
        DataRefused: where such names don't make a split: none for training, images outside of them, or names for
            different parts that don't match.
    """
    roles = _roles_of_folders(names)
    members: dict[Role | None, list[str]] = {}
    folders: dict[Role, dict[str, None]] = {}
    for name in names:
        role, folder = _part_above(name, roles)
        members.setdefault(role, []).append(name)
        if role:
            folders.setdefault(role, {})[folder] = None
    if by_folder and members.keys() == {None}:
        _verify_no_mismatch(root, names)
    if not by_folder or len(members) == 1:
        train, test = shuffled_parts(len(names), test_fraction=test_fraction, name="image_folder")
        note = random_part(len(test), of=len(names), noun="files")
        if folders:
            note += "; sub-folders named for parts are pooled" if len(members) > 1 else _lone(folders)
        return Parts([names[i] for i in train], [names[i] for i in test], note)
    _verify_roles(root, members, [folder for its in folders.values() for folder in its])
    held_out: Role = "test" if "test" in members else "validation"
    note = f"training part: {listed(folders['train'])}; test part: {listed(folders[held_out])}"
    if held_out == "test" and "validation" in members:
        n_unused = counted(len(members["validation"]), "picture")
        note += f"; left out: {n_unused} in {listed(folders['validation'])} (n_validation cuts from the training part)"
    return Parts(members["train"], members[held_out], note)


def _lone(folders: Mapping[Role, Iterable[str]]) -> str:
    """What a note says where all images lie in folders named for one part."""
    ((role, names),) = folders.items()
    other = "training" if role != "train" else "test"
    return f": all lie in {listed(names)}, and no folder is named for {other}"


def _siblings(names: Sequence[str]) -> dict[str, dict[str, None]]:
    """The folders that hold images, at any depth, by the folder that they lie in, which is empty for the root."""
    inside: dict[str, dict[str, None]] = {}
    for folder in dict.fromkeys(name.rpartition("/")[0] for name in names):
        while folder:
            above, _, last = folder.rpartition("/")
            inside.setdefault(above, {})[last] = None
            folder = above
    return inside


def _roles_of_folders(names: Sequence[str]) -> dict[str, Role]:
    """The folders that are named for a part, by their whole name or as one of a pair."""
    roles: dict[str, Role] = {}
    for above, inside in _siblings(names).items():
        start = f"{above}/" if above else ""
        stems: dict[str, dict[str, Role]] = {}
        for folder in inside:
            if role := _named(folder):
                roles[start + folder] = role
            for role, stem, _ in _affixes(folder):
                stems.setdefault(stem, {})[start + folder] = role
        for alike in stems.values():
            if _split_up(alike.values()):
                roles |= {folder: role for folder, role in alike.items() if folder not in roles}
    return roles


def _part_above(name: str, roles: Mapping[str, Role]) -> tuple[Role | None, str]:
    """The part of the outermost folder above a file that is named for one, and that folder."""
    above = name.split("/")[:-1]
    for depth in range(1, len(above) + 1):
        folder = "/".join(above[:depth])
        if folder in roles:
            return roles[folder], folder
    return None, ""


def _named(folder: str) -> Role | None:
    """The part that a whole name says."""
    whole = (role for role, words in WORDS.items() if re.fullmatch(f"(?:{words}){SUFFIX}", folder, re.IGNORECASE))
    return next(whole, None)


def _affixes(folder: str) -> Iterator[tuple[Role, str, bool]]:
    """The parts that a name begins or ends with, the rest of it, and whether a gap or a capital sets the two apart."""
    for role, words in WORDS.items():
        if ends := re.fullmatch(f"(.+?)({GAP})?({words}){SUFFIX}", folder, re.IGNORECASE):
            stem, gap, word = ends.groups()
            yield role, stem.casefold(), bool(gap) or (word[0].isupper() and not stem[-1].isupper())
        if begins := re.fullmatch(f"({words}){SUFFIX}({GAP})?(.+)", folder, re.IGNORECASE):
            word, gap, stem = begins.groups()
            yield role, stem.casefold(), bool(gap) or (stem[0].isupper() and not word[-1].isupper())
        if short := re.fullmatch(rf"(.+?)(?:{GAP}(?i:{SHORT[role]})|(?<=[a-z0-9])(?:{SHORT[role].title()}))", folder):
            yield role, short[1].casefold(), True


def _split_up(roles: Iterable[Role]) -> bool:
    """Whether there is a part to train on and one to hold out."""
    return "train" in roles and not {"validation", "test"}.isdisjoint(roles)


def _verify_no_mismatch(root: Path, names: Sequence[str]) -> None:
    """Whether no folders beside each other seem to be named for parts, each of something else.

    Raises:
        DataRefused: if some do; pooling them might train on what is to be held out.
    """
    for above, inside in _siblings(names).items():
        marked = {folder: role for folder in inside for role, _, apart in _affixes(folder) if apart}
        if _split_up(marked.values()):
            start = f"{above}/" if above else ""
            raise DataRefused(
                f"path = {quoted(root)}: {listed(start + folder for folder in sorted(marked))} seem to be named for "
                "parts, but don't differ by these alone; call them 'train' and 'test', or give split: random to pool "
                "them all"
            )


def _verify_roles(root: Path, members: Mapping[Role | None, list[str]], folders: Sequence[str]) -> None:
    """Whether folders named for parts make a split.

    Raises:
        DataRefused: if none is for training, or images lie outside of them.
    """
    start = f"path = {quoted(root)}: has the sub-folder{'s' if len(folders) > 1 else ''} {listed(folders)}"
    pooled = "or give split: random to pool them all"
    if None in members:
        strays = members[None]
        raise DataRefused(
            f"{start}, but also {counted(len(strays), 'image')} outside of "
            f"{'them' if len(folders) > 1 else 'it'} ({quoted(strays[0])}…); move them, {pooled}"
        )
    if "train" not in members:
        raise DataRefused(f"{start}, but none that is named for training ('train'); rename one, {pooled}")
