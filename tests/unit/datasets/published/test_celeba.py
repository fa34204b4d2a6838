"""CelebA: windows and filters against numpy, the official parts, and what isn't CelebA's."""

import errno
from pathlib import Path

import numpy as np
import pytest

from latentdim.datasets import celeba
from latentdim.datasets.prepared import Writer
from latentdim.system.problems import DataRefused

LIST = "list_eval_partition.txt"
TRAIN, VALIDATION, TEST = [1, 2, 5, 7, 10], [3, 6], [4, 8, 9]


def refusal_of(shelf, **options):
    with pytest.raises(DataRefused) as refusal:
        shelf.prepare("celeba", **options)
    assert shelf.leftovers() == []
    return str(refusal.value)


def numbers_of(images):
    """Which picture each image was made from: all are grey, 20 times their number."""
    assert np.ptp(images.reshape(len(images), -1), axis=1).max() == 0
    return [round(image.mean() / 20) for image in images]


def first_of(shelf, **options):
    """What became of the first picture of the training part."""
    return shelf.in_source_order("celeba", **options)["train"][0]


def pixels_of(content, tmp_path):
    from PIL import Image

    (tmp_path / "one.jpg").write_bytes(content)
    return np.asarray(Image.open(tmp_path / "one.jpg")).astype(float)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("layout", ["celeba", "."])
def test_archive_and_folder_give_the_official_parts(shelf, make_celeba, packed, layout):
    make_celeba().write(Path("here", layout), packed=packed)
    arrays = shelf.in_source_order("celeba", path="here")
    assert arrays["train"].shape == (5, 3, 64, 64)
    assert (numbers_of(arrays["train"]), numbers_of(arrays["test"])) == (TRAIN, TEST)
    assert ("note" in shelf.prepare("celeba", path="here")) is not packed


def test_the_official_validation_part_comes_last_where_it_is_asked_for(shelf, make_celeba):
    make_celeba().write("data/celeba", packed=True)
    arrays = shelf.arrays("celeba", train_parts="train+validation")
    train = numbers_of(arrays["train"])
    assert (sorted(train[:5]), sorted(train[5:]), sorted(numbers_of(arrays["test"]))) == (TRAIN, VALIDATION, TEST)
    assert shelf.inspect("celeba", train_parts="train+validation").n_train == 7


@pytest.mark.parametrize(("crop", "rows", "columns"), [(140, (39, 178), (19, 158)), (128, (45, 172), (25, 152))])
@pytest.mark.parametrize("side", ["none", "top", "bottom", "left", "right"])
def test_the_window_is_the_one_of_the_papers_code(shelf, make_celeba, as_jpeg, crop, rows, columns, side):
    # White where the window is said to be, first and last row and column included; one line less shows at the border.
    lines = {"top": rows[0], "bottom": rows[1], "left": columns[0], "right": columns[1]}
    pixels = np.zeros((218, 178, 3), np.uint8)
    pixels[rows[0] : rows[1] + 1, columns[0] : columns[1] + 1] = 255
    if side in ("top", "bottom"):
        pixels[lines[side]] = 0
    elif side != "none":
        pixels[:, lines[side]] = 0
    make_celeba({1: as_jpeg(pixels)}).write("data/celeba")
    image = first_of(shelf, crop=crop).astype(int)
    borders = {"top": image[:, 0], "bottom": image[:, -1], "left": image[:, :, 0], "right": image[:, :, -1]}
    dark = {name for name, border in borders.items() if np.median(border) < 240}
    assert dark == ({side} - {"none"})


def test_the_box_filter_of_128_averages_four_pixels(shelf, make_celeba, as_jpeg, tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (218, 178, 3), dtype=np.uint8)
    content = as_jpeg(noise)
    make_celeba({1: content}).write("data/celeba", packed=True)
    window = pixels_of(content, tmp_path)[45:173, 25:153]
    expected = window.reshape(64, 2, 64, 2, 3).mean(axis=(1, 3)).transpose(2, 0, 1)
    found = first_of(shelf, crop=128, resize="box")
    assert np.abs(found - expected).max() <= 1.0  # Pillow rounds to a byte after each of its two passes
    others = [first_of(shelf, crop=128, resize=name) for name in ("bilinear", "bicubic", "lanczos")]
    assert all(np.abs(found.astype(int) - other).max() > 8 for other in others)


def test_a_window_of_64_is_copied_and_null_takes_the_whole_picture(shelf, make_celeba, as_jpeg, tmp_path):
    noise = np.random.default_rng(1).integers(0, 256, (218, 178, 3), dtype=np.uint8)
    content = as_jpeg(noise)
    make_celeba({1: content}).write("data/celeba")
    decoded = pixels_of(content, tmp_path)
    small = first_of(shelf, crop=64)
    np.testing.assert_array_equal(small, decoded[77:141, 57:121].transpose(2, 0, 1))
    whole = first_of(shelf, crop=None)
    # Every pixel has a part in it: the mean of the whole picture stays, that of a window is another.
    assert abs(whole.mean() - decoded.mean()) < 0.5


def test_what_is_cut_out_is_part_of_the_identity_and_where_it_lies_is_not(shelf, make_celeba):
    make_celeba()
    given = [{}, {"crop": 128}, {"crop": None}, {"resize": "bicubic"}, {"train_parts": "train+validation"}]
    keys = [shelf.spec("celeba", **options).key for options in given]
    assert len(set(keys)) == len(keys)
    assert shelf.spec("celeba", path="x").key == shelf.spec("celeba", download=False).key == keys[0]


def test_a_picture_replaced_in_an_unpacked_folder_is_prepared_again(shelf, make_celeba, as_jpeg):
    small = make_celeba()
    packed, here = small.write("packed", packed=True), small.write("here")
    before, digest = shelf.inspect("celeba", path="here").fingerprint, shelf.prepare("celeba", path="here")["digest"]
    assert shelf.inspect("celeba", path=str(packed)).fingerprint == shelf.inspect("celeba").fingerprint != before
    (here / "new.jpg").write_bytes(as_jpeg(np.full((218, 178, 3), 255, np.uint8)))
    (here / "new.jpg").replace(here / "img_align_celeba" / "000002.jpg")
    assert shelf.inspect("celeba", path="here").fingerprint != before
    assert shelf.prepare("celeba", path="here")["digest"] != digest


@pytest.mark.parametrize("packed", [False, True])
def test_a_picture_of_another_size_or_mode_is_refused_by_name(shelf, make_celeba, as_jpeg, packed):
    place = (
        "'here/img_align_celeba.zip', 'img_align_celeba/000005.jpg'" if packed else "'here/img_align_celeba/000005.jpg'"
    )
    for pixels, found in (
        (np.zeros((178, 218, 3), np.uint8), "218×178 in RGB"),
        (np.zeros((218, 178), np.uint8), "178×218 in L"),
    ):
        make_celeba({5: as_jpeg(pixels)}).write("here", packed=packed)
        expected = f"{place}: expected 178×218 pixels (width × height) in RGB, found {found}"
        assert refusal_of(shelf, path="here") == expected


@pytest.mark.parametrize("packed", [False, True])
def test_a_truncated_picture_is_refused_by_name(shelf, make_celeba, as_jpeg, packed):
    whole = as_jpeg(np.random.default_rng(0).integers(0, 256, (218, 178, 3), dtype=np.uint8))
    for content in (whole[: len(whole) // 2], b"", b"GIF89a"):
        make_celeba({9: content}).write("here", packed=packed)
        assert "img_align_celeba/000009.jpg': " in refusal_of(shelf, path="here")


def test_a_changed_list_is_refused(shelf, make_celeba):
    here = make_celeba().write("here", packed=True)
    (here / LIST).write_bytes((here / LIST).read_bytes().replace(b"000003.jpg 1", b"000003.jpg 0"))
    assert refusal_of(shelf, path="here").startswith(f"'here/{LIST}': expected content with md5 ")


def test_a_truncated_archive_is_refused(shelf, make_celeba):
    here = make_celeba().write("here", packed=True)
    archive = here / "img_align_celeba.zip"
    archive.write_bytes(archive.read_bytes()[:-30])
    assert refusal_of(shelf, path="here").startswith("'here/img_align_celeba.zip': expected content with md5 ")


def test_a_folder_with_other_pictures_is_refused(shelf, make_celeba):
    here = make_celeba().write("here")
    folder = here / "img_align_celeba"
    (folder / ".hidden.jpg").write_bytes(b"")
    (folder / "Thumbs.db").write_bytes(b"")
    assert shelf.arrays("celeba", path="here")["train"].shape == (5, 3, 64, 64)
    (folder / "000007.jpg").rename(folder / "7.jpg")
    text = refusal_of(type(shelf)(shelf.results / "other"), path="here")
    start = f"'here/img_align_celeba': expected the 10 pictures of '{LIST}', but it "
    assert text == start + "lacks 1 of them: 'img_align_celeba/000007.jpg'"
    (folder / "000007.jpg").write_bytes((folder / "7.jpg").read_bytes())
    text = refusal_of(type(shelf)(shelf.results / "other"), path="here")
    assert text == start + "has others too: 'img_align_celeba/7.jpg'"


def test_a_missing_list_is_a_problem_naming_it(shelf, make_celeba):
    here = make_celeba().write("here")
    (here / LIST).unlink()
    (problem,) = shelf.inspect("celeba", path="here").problems
    assert problem == (
        "path = 'here': CelebA isn't whole there, nor in its 'celeba'; missing, packed or unpacked as the folder "
        f"'img_align_celeba': '{LIST}' ({celeba.CHECKSUMS[LIST]})"
    )


def test_a_full_disk_is_told_as_such(shelf, make_celeba, monkeypatch):
    def full(self, name, *, shape, dtype):
        raise OSError(errno.ENOSPC, "No space left on device")

    make_celeba().write("here", packed=True)
    monkeypatch.setattr(Writer, "array", full)
    assert refusal_of(shelf, path="here").startswith("no room left in ")


def test_progress_is_told_on_standard_error(shelf, make_celeba, monkeypatch, capsys):
    make_celeba().write("here")
    monkeypatch.setattr("latentdim.datasets.formats.picture_archives.PROGRESS_EVERY", 2)
    shelf.prepare("celeba", path="here")
    assert [line for line in capsys.readouterr().err.splitlines() if "pictures" in line] == [
        "prepare  2 of 5 pictures", "prepare  4 of 5 pictures", "prepare  2 of 3 pictures"
    ]  # fmt: skip


def test_a_download_keeps_list_and_archive(shelf, make_celeba, torchvision_class):
    small = make_celeba()

    def download(root, *, split, download):
        small.write(Path(root, "celeba"), packed=True)
        small.write(Path(root, "celeba"))

    torchvision_class("CelebA", download)
    shelf.prepare("celeba")
    assert sorted(path.name for path in Path("data/celeba").iterdir()) == ["img_align_celeba.zip", LIST]
    assert [path.name for path in Path("data").iterdir()] == ["celeba"]


class FileURLRetrievalError(Exception):
    """As gdown raises where the host's quota is used up: of no kind that others know."""


@pytest.mark.parametrize("error", [RuntimeError("'gdown' is required"), FileURLRetrievalError("Too many users")])
def test_a_failed_download_says_what_to_put_where(shelf, make_celeba, torchvision_class, error):
    def download(root, *, split, download):
        Path(root, "half").write_bytes(b"half")
        raise error

    make_celeba()
    torchvision_class("CelebA", download)
    told = refusal_of(shelf)
    assert told.startswith(f"CelebA couldn't be downloaded ({error}); put '{LIST}' (md5 ")
    assert ", 'img_align_celeba.zip' (md5 " in told
    assert told.endswith(
        ", packed or unpacked as the folder 'img_align_celeba', into 'data/celeba' (from "
        "https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html), or name its folder by path or LATENTDIM_DATA"
    )
    assert [path for path in Path("data").rglob("*") if path.is_file()] == []


def test_the_published_counts_are_all_pictures():
    assert sum(celeba.COUNTS.values()) == 202_599
    assert {len(checksum.digest) for checksum in celeba.CHECKSUMS.values()} == {32}
