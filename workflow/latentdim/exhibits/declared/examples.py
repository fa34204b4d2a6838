"""Pictures of a few examples, declared. Free of torch, pandas and matplotlib."""

from __future__ import annotations

from pydantic import Field, PositiveInt

from latentdim.exhibits.declared.options import PICTURE, SeedOptions
from latentdim.registry.declarations import Exhibit


class ContactSheetOptions(SeedOptions):
    """Small multiples of images, or of scattered points for vectors: a row for each label, a column for each size."""

    count: PositiveInt = Field(16, description="images in each panel, at most; points are all shown")


EXAMPLES = (
    Exhibit(
        name="samples",
        title="Samples",
        options=ContactSheetOptions,
        draw="latentdim.exhibits.contact_sheet:draw_samples",
        files=PICTURE,
        stored=("examples",),
    ),
    Exhibit(
        name="reconstructions",
        title="Reconstructions",
        options=ContactSheetOptions,
        draw="latentdim.exhibits.contact_sheet:draw_reconstructions",
        files=PICTURE,
        stored=("examples",),
    ),
)
