"""A search in place of a grid entry's sizes, as it stands in a study file."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, PositiveInt, StrictInt, model_validator

from latentdim.registry.declarations import Strict

Size = Annotated[StrictInt, Field(ge=1)]


class SearchedDims(Strict):
    """Sizes that a search asks for one after another, each after the values of the earlier ones."""

    search: Literal["linear", "grid", "ternary", "ternary_as_printed"] = Field(
        description="linear: every size from smallest to largest; grid: every one of `sizes`; ternary: thirds of the "
        "range; ternary_as_printed: MaskAAE's Algorithm 1 with its inverted branch"
    )
    metric: str = Field(description="whose best value is sought; one of those that the entry measures")
    smallest: Size | None = Field(None, description="of the range; grid has none")
    largest: Size | None = Field(None, description="of the range, itself included; grid has none")
    step: PositiveInt = Field(1, description="linear only: between one size and the next")
    sizes: tuple[Size, ...] | None = Field(None, description="grid only: the sizes")

    @model_validator(mode="after")
    def _has_sizes(self) -> SearchedDims:
        if self.search == "grid":
            if not self.sizes:
                raise ValueError("search 'grid' needs 'sizes', and at least one")
            if len(set(self.sizes)) < len(self.sizes):
                raise ValueError(f"sizes = {list(self.sizes)}: one is given twice")
            if (self.smallest, self.largest) != (None, None):
                raise ValueError("search 'grid' has 'sizes', no 'smallest' and 'largest'")
        elif self.sizes is not None:
            raise ValueError(f"'sizes' belong to search 'grid', not to '{self.search}'")
        elif self.smallest is None or self.largest is None:
            raise ValueError(f"search '{self.search}' needs 'smallest' and 'largest'")
        elif self.smallest > self.largest:
            raise ValueError(
                f"smallest = {self.smallest} is above largest = {self.largest}, so there is no size to try"
            )
        if self.step > 1 and self.search != "linear":
            raise ValueError(f"'step' belongs to search 'linear', not to '{self.search}'")
        return self

    @property
    def candidates(self) -> tuple[int, ...]:
        """Every size that the search may ask for."""
        if self.sizes is not None:
            return self.sizes
        assert self.smallest is not None
        assert self.largest is not None
        return tuple(range(self.smallest, self.largest + 1, self.step))
