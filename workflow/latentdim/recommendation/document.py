"""The answer as data: what `recommendation.json` holds, and what the Python call returns."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from latentdim.intrinsic.estimate import COVERED
from latentdim.recommendation.rule import Kind
from latentdim.registry.declarations import Strict
from latentdim.system.files import write_json

FILE = "recommendation.json"
COVERAGE = "held the truth in {} of {} test cases".format(*COVERED)  # told wherever the interval is


class Estimator(Strict):
    """One estimator of the intrinsic dimension."""

    value: float | None = Field(description="null where it refused")
    interval: tuple[float, float] | None = Field(None, description="null where it gives none")
    note: str = Field("", description="what a reader must know of it, or why it refused")


class Intrinsic(Strict):
    """The intrinsic dimension d: how many numbers tell one example from its neighbours."""

    dim: float | None = Field(description="geometric mean of `distances` and `directions`; null where there is none")
    interval: tuple[float, float] | None = Field(
        None, description=f"of 95 % as the calibration's kinds have it; {COVERAGE}"
    )
    estimators: dict[str, Estimator] = Field(default_factory=dict)
    duplicates: int = Field(0, description="examples that are copies of others; left out")
    n_used: int = Field(0, description="examples that the estimates rest on")
    noise: float = Field(0.0, description="standard deviation of noise that was taken away, as a share of the data's")
    notes: tuple[str, ...] = ()


class Size(Strict):
    """One size of the sweep."""

    dim: int = Field(description="latent dimensions L of the autoencoder")
    errors: dict[int, float] = Field(description="seed → held-out squared error as a share of the data's variance")
    distances: dict[int, float] = Field(description="seed → Fréchet distance of samples to held-out data")


class Vote(Strict):
    """A method that finds its own size."""

    method: str
    title: str
    start: int = Field(description="the size that it started from")
    settings: dict[str, float] = Field(default_factory=dict, description="a weight that was chosen for it")
    counts: dict[int, int] = Field(description="seed → dimensions that it counts as active")
    agrees: bool | None = Field(description="all counts lie in the recommended interval; null where it counted nothing")


class Recommendation(Strict):
    """How many latent dimensions some data need, and why."""

    recommended_dim: int | None = Field(description="the answer; null where there is none")
    interval: tuple[int, int] | None = Field(description="sizes that the answer can't be told from")
    kind: Kind = Field(
        description="answer; noise: no size explains more than noise would be; no_bend: the error still falls at the "
        "largest size tried; every_dimension: it still falls where a code is nearly as large as an example; "
        "copies: most examples are copies of others, so nothing was trained"
    )
    reasons: tuple[str, ...] = Field(description="why, in sentences")
    advice: tuple[str, ...] = Field(description="what to do next, in sentences")
    intrinsic: Intrinsic | None = Field(description="null where its packages aren't installed")
    linear: dict[str, int] = Field(description="share of the variance → principal components that hold it")
    sweep: tuple[Size, ...] = Field(description="one plain autoencoder a size")
    votes: tuple[Vote, ...] = Field(description="methods that find their own size")
    weights: dict[str, float] = Field(description="weight of ARD-VAE tried → its error on the validation part")
    data: dict[str, Any] = Field(description="name, source, shape, examples, SHA-256 of the prepared arrays")
    protocol: dict[str, Any] = Field(description="network, steps, batch size, examples, seeds, sizes")
    costs: dict[str, float] = Field(description="runs, and the seconds that their trainings took altogether")
    latentdim: str = Field(description="version of the suite")
    format: Literal[1] = 1

    @property
    def exit_code(self) -> int:
        """Of the command: 0, or 3 where there is no answer."""
        return 0 if self.recommended_dim is not None else 3

    @property
    def headline(self) -> str:
        """``recommended L = 8 (7–9)``, or ``no answer``."""
        if self.recommended_dim is None or self.interval is None:
            return {
                Kind.NOISE: "no answer: nothing but noise was learned",
                Kind.EVERY_DIMENSION: "no answer: every dimension is needed",
                Kind.COPIES: "no answer: most examples are copies of others",
            }.get(self.kind, "no answer: the error has no bend")
        low, high = self.interval
        return f"recommended L = {self.recommended_dim}{f' ({low}–{high})' if low < high else ''}"

    def write(self, folder: Path) -> Path:
        """Write ``recommendation.json`` into a folder."""
        write_json(folder / FILE, self.model_dump(mode="json"))
        return folder / FILE
