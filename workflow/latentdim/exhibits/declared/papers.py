"""Tables of papers, laid out from a study's reference.csv, declared. Free of torch, pandas and matplotlib."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field, PositiveInt

from latentdim.exhibits.declared.options import Names
from latentdim.registry.declarations import Exhibit, ExhibitOptions, Mention, Query, Strict

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


class ListedNetwork(Strict):
    """A network, by runs of the grid that have it."""

    dataset: str = Field(description="a dataset of the grid", examples=["mnist"])
    label: str = Field(description="a row label of the grid", examples=["vae"])
    dim: PositiveInt = Field(description="initial latent dimension", examples=[2])
    outputs: PositiveInt = Field(
        1, description="numbers that the encoder gives for each latent dimension: 2 for a mean and a variance"
    )


class ArchitectureOptions(ExhibitOptions):
    """Networks layer by layer with their parameters, beside the counts that a paper prints."""

    networks: tuple[ListedNetwork, ...] = Field(
        min_length=1,
        description="one after another",
        examples=[[{"dataset": "mnist", "label": "vae", "dim": 2, "outputs": 2}]],
    )
    table: str = Field("", description="of reference.csv, whose rows `parameters encoder.1` … are printed counts")

    def mentions(self) -> Iterator[Mention]:
        """The coordinates of each."""
        for index, one in enumerate(self.networks):
            yield Mention(f"networks.{index}.dataset", "dataset", one.dataset)
            yield Mention(f"networks.{index}.label", "label", one.label)
            yield Mention(f"networks.{index}.dim", "dim", one.dim)

    def queries(self) -> Iterator[Query]:
        """The coordinates together."""
        for index, one in enumerate(self.networks):
            names: Names = {"dataset": (one.dataset,), "label": (one.label,), "dim": (one.dim,)}
            yield Query(f"networks.{index}", names)


class SettingsOptions(ExhibitOptions):
    """The settings in force, by method and dataset."""

    datasets: tuple[str, ...] = Field((), description="names of datasets; all where empty")
    labels: tuple[str, ...] = Field((), description="row labels (a method's name where the grid gives none)")

    def mentions(self) -> Iterator[Mention]:
        """Datasets and labels."""
        yield from (Mention(f"datasets.{index}", "dataset", name) for index, name in enumerate(self.datasets))
        yield from (Mention(f"labels.{index}", "label", name) for index, name in enumerate(self.labels))


PAPERS = (
    Exhibit(
        name="architecture",
        title="Networks",
        options=ArchitectureOptions,
        draw="latentdim.exhibits.architecture:draw",
        files=TABLE,
    ),
    Exhibit(
        name="settings",
        title="Settings in force",
        options=SettingsOptions,
        draw="latentdim.exhibits.settings_table:draw",
        files=TABLE,
    ),
    Exhibit(
        name="paper_table",
        title="A paper's table",
        options=PaperTableOptions,
        draw="latentdim.exhibits.paper_table:draw",
        files=TABLE,
    ),
)
