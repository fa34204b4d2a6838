"""Preparing datasets in a folder of the test's own, with nothing from the machine leaking in."""

from __future__ import annotations

import gzip
import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from latentdim import registry
from latentdim.datasets import mnist
from latentdim.datasets.formats.idx import Expected
from latentdim.datasets.prepared import permutation, prepare
from latentdim.datasets.spec import DatasetSpec
from latentdim.registry.declarations import SourceCheck, SourceInfo, resolve
from latentdim.system.seeds import stream

REAL_DATA = os.environ.get("LATENTDIM_DATA")
REAL_DATA = str(Path(REAL_DATA).expanduser().resolve()) if REAL_DATA else None


@dataclass
class Shelf:
    """A results folder, and datasets prepared into it."""

    results: Path

    def inspect(self, kind: str, **options: Any) -> SourceInfo:
        """What planning sees."""
        return self.spec(kind, **options).info

    def check(self, kind: str, **options: Any) -> SourceCheck:
        """What the headers of its source tell."""
        spec = self.spec(kind, **options)
        checked: SourceCheck = resolve(spec.kind.check)(spec.options)
        return checked

    def spec(self, kind: str, **options: Any) -> DatasetSpec:
        """A dataset 'mine' of that kind, looked at now."""
        declared = registry.datasets().get(kind)
        chosen = declared.options.model_validate(options)
        return DatasetSpec("mine", declared, chosen, resolve(declared.inspect)(chosen))

    def prepare(self, kind: str, **options: Any) -> dict[str, Any]:
        """Prepare it and return its description."""
        return prepare(self.spec(kind, **options), self.results)

    def arrays(self, kind: str, **options: Any) -> dict[str, NDArray[Any]]:
        """Prepare it and return its arrays by name."""
        spec = self.spec(kind, **options)
        assert spec.info.problems == ()
        prepare(spec, self.results)
        return {path.stem: np.load(path, allow_pickle=False) for path in spec.folder(self.results).glob("*.npy")}

    def in_source_order(self, kind: str, **options: Any) -> dict[str, NDArray[Any]]:
        """Prepare it and return its arrays as they were before they were permuted."""
        return {
            name: values[np.argsort(permutation(name.partition("_")[0], len(values)))]
            for name, values in self.arrays(kind, **options).items()
        }

    def leftovers(self) -> list[str]:
        """Whatever lies in the results folder, apart from leases (empty files) and refusals."""
        ignored = (".lease", ".refused.json")
        return [str(path) for path in self.results.rglob("*") if path.is_file() and not path.name.endswith(ignored)]


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """An empty results folder."""
    return Shelf(tmp_path / "results")


@pytest.fixture(autouse=True)
def own_surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The working folder is the test's own, and no data folder is set."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LATENTDIM_DATA", raising=False)


@pytest.fixture
def real_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """The user's data folder, or the test is skipped."""
    if not REAL_DATA:
        pytest.skip("the full MNIST is only tried where LATENTDIM_DATA names its folder")
    monkeypatch.setenv("LATENTDIM_DATA", REAL_DATA)


@dataclass(frozen=True)
class SmallMnist:
    """Files in MNIST's format, whose digests replace the real ones."""

    contents: dict[str, bytes]

    def write(self, folder: Path, *, packed: bool = False) -> Path:
        """The four files, plain or gzipped."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in self.contents.items():
            if packed:
                (folder / f"{name}.gz").write_bytes(gzip.compress(content))
            else:
                (folder / name).write_bytes(content)
        return folder


@pytest.fixture
def small_mnist(monkeypatch: pytest.MonkeyPatch) -> SmallMnist:
    """MNIST of 20 + 10 images."""
    draws = np.random.default_rng(0)
    contents, files = {}, {}
    for part, prefix, n in (("train", "train", 20), ("test", "t10k", 10)):
        for array, shape, magic, ending in (
            (part, (n, 28, 28), 2051, "images-idx3-ubyte"),
            (f"{part}_labels", (n,), 2049, "labels-idx1-ubyte"),
        ):
            name = f"{prefix}-{ending}"
            header = b"".join(number.to_bytes(4, "big") for number in (magic, *shape))
            contents[name] = header + draws.integers(0, 10 if len(shape) == 1 else 256, shape, dtype=np.uint8).tobytes()
            files[array] = Expected(name, shape, hashlib.md5(contents[name]).hexdigest())
    monkeypatch.setattr(mnist, "FILES", files)
    return SmallMnist(contents)


@pytest.fixture
def mutations() -> Callable[[bytes, int], list[bytes]]:
    """Damaged copies of a file's content: bytes changed, cut out, doubled, cut off."""

    def mutated(content: bytes, count: int) -> list[bytes]:
        draws = np.random.default_rng(1)
        found = []
        for index in range(count):
            copy = bytearray(content)
            # half of them near the start, where the headers are
            place = int(draws.integers(0, min(120, len(copy)) if index % 2 else len(copy)))
            length = int(draws.integers(1, 20))
            match index % 5:
                case 0 | 1:
                    copy[place] ^= int(draws.integers(1, 256))
                case 2:
                    del copy[place : place + length]
                case 3:
                    copy[place:place] = copy[place : place + length]
                case 4:
                    del copy[place:]
            found.append(bytes(copy))
        return found

    return mutated


@pytest.fixture
def picture() -> Callable[..., NDArray[np.uint8]]:
    """Writes a random image and returns its pixels; ``seed`` gives another one under the same name."""

    def written(
        path: str | Path, *, width: int = 6, height: int = 4, mode: str = "RGB", seed: str = "", **options: Any
    ) -> NDArray[np.uint8]:
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        channels = {"RGB": (3,), "L": (), "RGBA": (4,)}[mode]
        values = stream("picture", path.name, seed).integers(0, 256, (height, width, *channels), dtype=np.uint8)
        Image.fromarray(values).save(path, **options)
        return values

    return written


@pytest.fixture
def album(picture: Callable[..., NDArray[np.uint8]]) -> Callable[..., dict[str, NDArray[np.uint8]]]:
    """Writes several images and returns their pixels by name."""

    def filled(folder: str, count: int = 20, **options: Any) -> dict[str, NDArray[np.uint8]]:
        names = [f"{index:02}.png" for index in range(count)]
        return {name: picture(Path(folder) / name, **options) for name in names}

    return filled


@pytest.fixture
def pages() -> Callable[..., list[NDArray[np.uint8]]]:
    """Writes a grey file of several pages or frames, and returns their pixels."""

    def written(path: str | Path, count: int, **options: Any) -> list[NDArray[np.uint8]]:
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        draws = stream("pages", path.name)
        values = [draws.integers(0, 256, (4, 6), dtype=np.uint8) for _ in range(count)]
        first, *others = (Image.fromarray(page) for page in values)
        first.save(path, save_all=True, append_images=others, **options)
        return values

    return written
