"""Checksummed files, read whole or as a stream."""

import hashlib
from pathlib import Path

import pytest

from latentdim.datasets.formats import checksums
from latentdim.datasets.formats.checksums import Checksum
from latentdim.system.problems import DataRefused

CONTENT = bytes(range(256)) * 20_000  # more than one piece
MD5 = Checksum("md5", hashlib.md5(CONTENT).hexdigest(), len(CONTENT))
SHA256 = Checksum("sha256", hashlib.sha256(CONTENT).hexdigest())


def streamed(checksum, path):
    with checksum.opened(path) as handle:
        return handle.read()


@pytest.fixture(params=["whole", "streamed"])
def read(request):
    """Both ways of reading."""
    return streamed if request.param == "streamed" else Checksum.content


@pytest.mark.parametrize("checksum", [MD5, SHA256])
def test_the_published_file_is_read_from_its_beginning(read, checksum):
    Path("x.bin").write_bytes(CONTENT)
    assert read(checksum, Path("x.bin")) == CONTENT


@pytest.mark.parametrize("checksum", [MD5, SHA256])
def test_a_changed_byte_is_refused_with_both_digests(read, checksum):
    changed = CONTENT[:-1] + b"x"
    Path("x.bin").write_bytes(changed)
    with pytest.raises(DataRefused) as refusal:
        read(checksum, Path("x.bin"))
    found = hashlib.new(checksum.algorithm, changed).hexdigest()
    expected = f"'x.bin': expected content with {checksum.algorithm} {checksum.digest}, found {found}"
    assert str(refusal.value) == expected


def test_another_size_is_refused_and_a_stream_is_not_hashed_for_it(read, monkeypatch):
    Path("x.bin").write_bytes(CONTENT[:-1])
    monkeypatch.setattr(Checksum, "_digest_of", lambda self, handle: pytest.fail("hashed in vain"))
    with pytest.raises(DataRefused, match=r"^'x\.bin': expected 5,120,000 bytes, found 5,119,999$"):
        read(MD5, Path("x.bin"))


def test_a_file_that_cannot_be_read_is_refused(read):
    Path("x.bin").mkdir()
    with pytest.raises(DataRefused, match=r"^'x\.bin': can't be read \(Is a directory\)$"):
        read(MD5, Path("x.bin"))


def test_what_was_verified_is_what_is_read_even_if_another_file_takes_its_name():
    Path("x.bin").write_bytes(CONTENT)
    with MD5.opened(Path("x.bin")) as handle:
        Path("y.bin").write_bytes(b"another")
        Path("y.bin").replace("x.bin")
        assert handle.read() == CONTENT


def test_errors_of_the_block_are_its_own():
    Path("x.bin").write_bytes(CONTENT)
    with pytest.raises(OSError, match="elsewhere"), MD5.opened(Path("x.bin")):
        raise OSError(28, "elsewhere")


def test_checking_a_large_file_is_told(monkeypatch, capsys):
    monkeypatch.setattr(checksums, "LONG_BYTES", 1_000_000)
    Path("x.bin").write_bytes(CONTENT)
    streamed(SHA256, Path("x.bin"))
    assert capsys.readouterr().err == "prepare  checking 'x.bin' (0.0 GB)\n"


def test_in_a_sentence_it_tells_what_is_known():
    assert str(MD5) == f"5,120,000 bytes, md5 {MD5.digest}"
    assert str(SHA256) == f"sha256 {SHA256.digest}"
