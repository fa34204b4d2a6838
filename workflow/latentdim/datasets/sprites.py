"""SPRITES (Li & Mandt, 2018): 1,296 characters in nine short motions of eight frames, composed from their sheets.

A character is a body, bottomwear, topwear and hair (six of each). The published split holds 296 characters out, the
same in all motions; where fewer levels are kept, each character stays in its part. Classes are the nine motions: walk,
spellcard and slash, each from the front, the left and the right. As published, some frames of the last two actions are
the same image.

The art comes from the Liberated Pixel Cup and the Universal LPC spritesheet project under CC-BY-SA 3.0 or GPL 3.0, and
frames are derived works: same licence, credits along.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field, field_validator

from latentdim.datasets.factor_spaces.kept import Kept, kept_space, whole_levels, write_part
from latentdim.datasets.factor_spaces.prepared import prepared_space
from latentdim.datasets.formats.local_copies import DownloadOptions
from latentdim.datasets.formats.sprite_sheets import SIDE, Wardrobe, published
from latentdim.registry.declarations import Dataset, SourceInfo
from latentdim.system.seeds import stream

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from latentdim.datasets.factor_spaces.factor_space import FactorSpace
    from latentdim.datasets.prepared import Writer

    Levels = NDArray[np.int64]

CHARACTERS, N_TRAIN, SPLIT_SEED = 6**4, 1000, 423
CHARACTER_STRIDES = np.array([216, 36, 6, 1])
CREDITS = (
    "sprites: Liberated Pixel Cup (lpc.opengameart.org) and Universal LPC spritesheet "
    "(github.com/jrconway3/Universal-LPC-spritesheet), CC-BY-SA 3.0 or GPL 3.0; Stephen Challener (Redshrike), "
    "Johannes Sjölund (Wulax), Marcel van de Steeg, Manuel Riecke (MrBeast), Joe White, Mark Weyer, Nila122, "
    "Matthew Krohn, JRConway3, JaidynReiman, Luke Mehl, Lanea Zimmerman (Sharm), Shaun Williams, Thane Brimhall, "
    "Daniel Eddeland, Barbara Rivera, Lori Angela Nagel, neo4cat6"
)


class SpritesKept(Kept):
    """How many levels of each factor are kept."""

    body: int = Field(6, ge=1, le=6)
    bottomwear: int = Field(6, ge=1, le=6)
    topwear: int = Field(6, ge=1, le=6)
    hair: int = Field(6, ge=1, le=6)
    action: int = Field(3, ge=1, le=3, description="walk, spellcard, slash")
    direction: int = Field(3, ge=1, le=3, description="front, left, right")
    frame: int = Field(8, ge=1, le=8)


class SpritesOptions(DownloadOptions):
    """What one example is, how much is used, and where the sheets lie. All frames take 1.2 GB."""

    form: Literal["frames", "clips"] = Field(
        "frames", description="frames: each an image of 3 × 64 × 64; clips: all frames of a motion as one, 24 × 64 × 64"
    )
    levels: SpritesKept = Field(SpritesKept(), description="how many evenly spaced levels of each factor are kept")

    @field_validator("levels")
    @classmethod
    def _fills_both_parts(cls, levels: SpritesKept) -> SpritesKept:
        if not 0 < np.count_nonzero(_in_training(levels)) < len(_in_training(levels)):
            raise ValueError("should keep characters of both parts of the published split; keep more of their levels")
        return levels

    @property
    def kept(self) -> Kept:
        """The factors that tell examples apart."""
        return self.levels if self.form == "frames" else self.levels.model_copy(update={"frame": 1})

    @property
    def shape(self) -> tuple[int, int, int]:
        """Shape of an example; the channels of a clip are those of its first frame, its second, …"""
        return (3 if self.form == "frames" else 3 * self.levels.frame, SIDE, SIDE)

    @property
    def n_classes(self) -> int | None:
        """Kept motions; None where that is a single one."""
        n = self.levels.action * self.levels.direction
        return n if n > 1 else None


def inspect(options: SpritesOptions) -> SourceInfo:
    """Presence only; the contents are checked by ``prepare``."""
    in_training = _in_training(options.levels)
    n_factors = len(_varying(options))
    per_character = len(options.kept) // len(in_training)
    bytes_each = int(np.prod(options.shape)) + 4 * n_factors + 8
    return SourceInfo(
        problems=published().problems(options),
        download=published().to_download(options),
        shape=options.shape,
        n_train=int(in_training.sum()) * per_character,
        n_factors=n_factors,
        n_classes=options.n_classes,
        n_combinations=len(options.kept),
        prepared_mb=len(options.kept) * bytes_each / 1e6,
    )


def prepare(options: SpritesOptions, writer: Writer) -> None:
    """Check the sheets and compose both parts, each in random order, with factors and motions.

    Raises:
        DataRefused: naming the sheet that isn't as published, or what to put where if the download fails.
    """
    composed = _composed(options, Wardrobe.opened(options))
    levels = composed.levels(np.arange(len(composed)))
    whole = whole_levels(options.kept, levels)
    in_training = _permutation_rank()[whole[:, :4] @ CHARACTER_STRIDES] < N_TRAIN
    motions = _motions(whole)
    for part, members in (("train", np.flatnonzero(in_training)), ("test", np.flatnonzero(~in_training))):
        chosen = stream("sprites", part).permutation(members)
        classes = motions[chosen] if options.n_classes else None
        write_part(writer, part, composed, levels[chosen], classes=classes)
    writer.facts["credits"] = CREDITS


def factor_space(options: SpritesOptions, folder: Path) -> FactorSpace:
    """Any combination of the factors, from the prepared arrays, which hold them all."""
    return prepared_space(folder, _varying(options))


def _varying(options: SpritesOptions) -> dict[str, int]:
    return {name: k for name, k in options.kept.counts().items() if k > 1}


def _composed(options: SpritesOptions, wardrobe: Wardrobe) -> FactorSpace:
    """The kept factor space, composed from the sheets."""
    if options.form == "frames":
        return kept_space(options.levels, wardrobe.frames)
    frames = options.levels.levels()[-1]

    def clips(levels: Levels) -> NDArray[np.uint8]:
        each = np.repeat(levels, len(frames), axis=0)
        each[:, -1] = np.tile(frames, len(levels))
        return wardrobe.frames(each).reshape(len(levels), *options.shape)

    return kept_space(options.kept, clips)


def _motions(whole: Levels) -> Levels:
    """Classes 0 … n − 1 of the kept motions in the published order, which is 3 · action + direction where all are."""
    return np.unique(3 * whole[:, 4] + whole[:, 5], return_inverse=True)[1].astype(np.int64)


def _in_training(kept: SpritesKept) -> NDArray[np.bool_]:
    """Which of the kept characters are in the training part of the published split."""
    characters = np.array(np.meshgrid(*kept.levels()[:4], indexing="ij")).reshape(4, -1).T @ CHARACTER_STRIDES
    return _permutation_rank()[characters] < N_TRAIN


def _permutation_rank() -> Levels:
    """Where each character stands in the published order; the first 1,000 are for training."""
    order = np.random.RandomState(SPLIT_SEED).permutation(CHARACTERS)
    return np.argsort(order)


DATASET = Dataset(
    name="sprites",
    title="SPRITES",
    pattern="sprites",
    options=SpritesOptions,
    inspect="latentdim.datasets.sprites:inspect",
    prepare="latentdim.datasets.sprites:prepare",
    in_random_order=True,
    factor_space="latentdim.datasets.sprites:factor_space",
    source="composed from the character sheets of github.com/YingzhenLi/Sprites, commit 3ce4048 (art of the Liberated "
    "Pixel Cup and the Universal LPC spritesheet project), from a folder or downloaded",
    licence="CC-BY-SA 3.0 or GPL 3.0, frames and pictures of them too; the prepared data name those to credit",
    citation="Y. Li and S. Mandt (2018), Disentangled Sequential Autoencoder, ICML; Liberated Pixel Cup, "
    "lpc.opengameart.org; Universal LPC spritesheet, github.com/jrconway3/Universal-LPC-spritesheet",
)
