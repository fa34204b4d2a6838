"""Published sets made small: files in the real layouts, whose digests and counts replace the real ones."""

from __future__ import annotations

import gzip
import hashlib
import io
import pickle
import struct
import sys
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from latentdim.datasets import celeba, cifar10, eurosat, fashion_mnist
from latentdim.datasets.formats.checksums import Checksum
from latentdim.datasets.formats.idx import Expected


def md5(content: bytes) -> Checksum:
    """The checksum of a made file."""
    return Checksum("md5", hashlib.md5(content).hexdigest())


@dataclass(frozen=True)
class SmallSet:
    """Files by their place below a folder: unpacked, and as they are handed round."""

    plain: dict[str, bytes]
    packed: dict[str, bytes]

    def write(self, folder: str | Path, *, packed: bool = False) -> Path:
        """One of the two forms."""
        for name, content in (self.packed if packed else self.plain).items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return Path(folder)


@pytest.fixture
def small_fashion(monkeypatch: pytest.MonkeyPatch) -> SmallSet:
    """FashionMNIST of 20 + 10 images, every class equally frequent."""
    draws = np.random.default_rng(3)
    plain, packed, files = {}, {}, {}
    for part, prefix, n in (("train", "train", 20), ("test", "t10k", 10)):
        values = {
            part: (2051, "images-idx3-ubyte", draws.integers(0, 256, (n, 28, 28), dtype=np.uint8)),
            f"{part}_labels": (2049, "labels-idx1-ubyte", draws.permutation(n).astype(np.uint8) % 10),
        }
        for array, (magic, ending, content) in values.items():
            name = f"{prefix}-{ending}"
            plain[name] = struct.pack(f">{1 + content.ndim}I", magic, *content.shape) + content.tobytes()
            packed[f"{name}.gz"] = gzip.compress(plain[name], mtime=0)
            files[array] = Expected(name, content.shape, packed_md5=md5(packed[f"{name}.gz"]).digest)
    monkeypatch.setattr(fashion_mnist, "FILES", files)
    return SmallSet(plain, packed)


class Python2Pickler(pickle._Pickler):
    """Writes strings and bytes as Python 2 did, in which CIFAR-10 was pickled."""

    def save_string(self, value: str | bytes) -> None:
        """The instruction for a string of bytes."""
        content = value if isinstance(value, bytes) else value.encode("latin1")
        self.write(pickle.BINSTRING + struct.pack("<i", len(content)) + content)

    dispatch: ClassVar = {**pickle._Pickler.dispatch, str: save_string, bytes: save_string}


@pytest.fixture
def pickled() -> Callable[[Any], bytes]:
    """Pickles as Python 2 and its numpy did."""

    def content(value: Any) -> bytes:
        buffer = io.BytesIO()
        Python2Pickler(buffer, protocol=2).dump(value)
        return buffer.getvalue().replace(b"cnumpy._core.", b"cnumpy.core.")

    return content


@pytest.fixture
def tarred() -> Callable[[dict[str, bytes]], bytes]:
    """A gzipped archive of files by name."""

    def content(files: dict[str, bytes]) -> bytes:
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
            for name, file in files.items():
                info = tarfile.TarInfo(name)
                info.size = len(file)
                archive.addfile(info, io.BytesIO(file))
        return buffer.getvalue()

    return content


@dataclass(frozen=True)
class SmallCifar(SmallSet):
    """Also the images ``(N, 3, 32, 32)`` and classes by batch."""

    values: dict[str, tuple[NDArray[np.uint8], list[int]]]


@pytest.fixture
def small_cifar(monkeypatch, pickled, tarred) -> SmallCifar:
    """CIFAR-10 of four images a batch."""
    draws = np.random.default_rng(4)
    values, plain = {}, {}
    for name in cifar10.BATCHES:
        images = draws.integers(0, 256, (4, 3, 32, 32), dtype=np.uint8)
        values[name] = (images, draws.integers(0, 10, 4).tolist())
        batch = {"batch_label": name, "labels": values[name][1], "data": images.reshape(4, -1), "filenames": ["x"] * 4}
        plain[f"cifar-10-batches-py/{name}"] = pickled(batch)
    packed = tarred({"cifar-10-batches-py/readme.html": b"<p>", **plain})
    checksums = {name: md5(plain[f"cifar-10-batches-py/{name}"]) for name in cifar10.BATCHES}
    monkeypatch.setattr(cifar10, "BATCHES", checksums)
    monkeypatch.setattr(cifar10, "ARCHIVE_CHECKSUM", md5(packed))
    monkeypatch.setattr(cifar10, "PER_BATCH", 4)
    return SmallCifar(plain, {"cifar-10-python.tar.gz": packed}, values)


def jpeg(pixels: NDArray[np.uint8], **options: Any) -> bytes:
    """A picture ``(height, width, 3)`` as a JPEG file, as finely as the format can."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", **{"quality": 100, "subsampling": 0, **options})
    return buffer.getvalue()


@pytest.fixture
def as_jpeg() -> Callable[..., bytes]:
    """A picture as a JPEG file."""
    return jpeg


def zipped(files: dict[str, bytes]) -> bytes:
    """An archive of files by name."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()


@pytest.fixture
def make_celeba(monkeypatch: pytest.MonkeyPatch) -> Callable[..., SmallSet]:
    """CelebA of 5 + 2 + 3 pictures, in which picture i of 1 … 10 is the grey 20 i, or as given."""

    def made(pictures: dict[int, bytes] | None = None) -> SmallSet:
        parts = [0, 0, 1, 2, 0, 1, 0, 2, 2, 0]
        grey = {i: jpeg(np.full((218, 178, 3), 20 * i, np.uint8)) for i in range(1, 11)} | (pictures or {})
        lines = "".join(f"{i:06}.jpg {part}\n" for i, part in enumerate(parts, start=1)).encode()
        plain = {f"img_align_celeba/{i:06}.jpg": content for i, content in grey.items()}
        packed = zipped(plain)
        monkeypatch.setattr(celeba, "COUNTS", {"train": 5, "validation": 2, "test": 3})
        checksums = {"list_eval_partition.txt": md5(lines), "img_align_celeba.zip": md5(packed)}
        monkeypatch.setattr(celeba, "CHECKSUMS", checksums)
        listing = {"list_eval_partition.txt": lines}
        return SmallSet({**listing, **plain}, {**listing, "img_align_celeba.zip": packed})

    return made


@pytest.fixture
def make_eurosat(monkeypatch: pytest.MonkeyPatch) -> Callable[..., SmallSet]:
    """EuroSAT of two pictures a class, numbers 2 and 10: red is 20 × class, green 20 × number, or as given."""

    def made(pictures: dict[str, bytes] | None = None) -> SmallSet:
        plain = {
            f"2750/{name}/{name}_{number}.jpg": jpeg(
                np.broadcast_to(np.array([20 * index, 20 * number, 0], np.uint8), (64, 64, 3))
            )
            for index, name in enumerate(eurosat.CLASSES)
            for number in (2, 10)
        } | (pictures or {})
        packed = zipped(plain)
        monkeypatch.setattr(eurosat, "COUNT", 20)
        monkeypatch.setattr(eurosat, "CHECKSUM", md5(packed))
        return SmallSet(plain, {"EuroSAT.zip": packed})

    return made


@pytest.fixture
def torchvision_class(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Callable[..., Any]], None]:
    """Puts a function in the place of one of torchvision's loaders."""

    def replace(name: str, loader: Callable[..., Any]) -> None:
        monkeypatch.setitem(sys.modules, "torchvision", SimpleNamespace())
        monkeypatch.setitem(sys.modules, "torchvision.datasets", SimpleNamespace(**{name: loader}))

    return replace


@pytest.fixture
def damaged(mutations: Callable[[bytes, int], list[bytes]]) -> Callable[[bytes, int], list[bytes]]:
    """Damaged copies of a file's content: as ``mutations``, and two sections exchanged. None equals the original."""

    def copies(content: bytes, count: int) -> list[bytes]:
        draws = np.random.default_rng(2)
        found = mutations(content, count - count // 6)
        while len(found) < count:
            first, middle, second, end = np.sort(draws.integers(0, len(content) + 1, 4))
            found.append(
                content[:first] + content[second:end] + content[middle:second] + content[first:middle] + content[end:]
            )
        return [copy for copy in found if copy != content]

    return copies
