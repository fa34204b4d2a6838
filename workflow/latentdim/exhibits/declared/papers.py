"""Tables of papers, laid out from a study's reference.csv, declared. Free of torch, pandas and matplotlib."""

from __future__ import annotations

from pydantic import Field

from latentdim.registry.declarations import Exhibit, ExhibitOptions, Strict

TABLE = (".md", ".csv", ".tex")


class Beside(Strict):
    """Another paper's numbers, for cells whose own are lost."""

    study: str = Field(description="whose reference.csv has them", examples=["maskaae"])
    table: str = Field(description="of that reference", examples=["T1"])
    names: dict[str, str] = Field(
        default_factory=dict, description="a row or column of this table → the one that it is there, where they differ"
    )


class PaperTableOptions(ExhibitOptions):
    """A table of a paper in its own shape: ours, the paper's, the difference and a verdict in each cell."""

    table: str = Field(description="as in reference.csv beside the study file", examples=["T1"])
    rows: str = Field("", description="heading of the column that names the rows")
    beside: Beside | None = Field(None, description="another paper's numbers, for cells whose own are lost")


PAPERS = (
    Exhibit(
        name="paper_table",
        title="A paper's table",
        options=PaperTableOptions,
        draw="latentdim.exhibits.paper_table:draw",
        files=TABLE,
    ),
)
