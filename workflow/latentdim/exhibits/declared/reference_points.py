"""What a measure gives where there is nothing to find, and where there is all, declared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from latentdim.exhibits.declared.options import FIGURE, RunOptions
from latentdim.registry.declarations import Exhibit, ExhibitOptions, Mention, Query

Of = Literal["silhouette", "nac", "mig", "frechet", "deviation", "checkpoint"]


class ReferencePointOptions(ExhibitOptions):
    """What a measure gives of samples whose law is known, computed as the report is made; no run is behind it.

    ``silhouette``: k-means' score of standard normal points over the dimension. ``nac``: of independent axes over the
    number of codes. ``mig``: of a code with one factor an axis on dSprites' factor space over the bins. ``frechet``:
    between two samples of one law over their size. ``deviation``: the population and the sample standard deviation over
    the number of seeds, as shares of the true one. ``checkpoint``: the best of k equally good checkpoints.
    """

    of: Of = Field(description="which one", examples=["silhouette"])
    run: RunOptions | None = Field(
        None, description="of silhouette: a run that records stop_silhouette and present_dim, drawn beside it"
    )

    def mentions(self) -> Iterator[Mention]:
        """The run's coordinates."""
        yield from (one._replace(key=f"run.{one.key}") for one in (self.run.mentions() if self.run else ()))

    def queries(self) -> Iterator[Query]:
        """The run's coordinates together."""
        yield from (one._replace(key="run") for one in (self.run.queries() if self.run else ()))


REFERENCE_POINTS = (
    Exhibit(
        name="reference_point",
        title="What a measure gives of what is known",
        options=ReferencePointOptions,
        draw="latentdim.exhibits.reference_point:draw",
        files=FIGURE,
    ),
)
