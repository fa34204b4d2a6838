"""What is wrong with a folder of images, told when planning or by the preparing job."""

import re
from pathlib import Path

import pytest

from latentdim.system.problems import DataRefused


def test_mixed_sizes_are_refused_by_the_preparing_job(shelf, picture, album):
    album("in", 6)
    picture("in/03.png", width=5, height=9)
    picture("in/04.png", width=7)
    assert shelf.inspect("image_folder", path="in").problems == ()
    with pytest.raises(DataRefused) as refusal:
        shelf.prepare("image_folder", path="in")
    sentence = (
        "'in/03.png' and 'in/04.png' (2 of 6 files): is of another size than '00.png', 6×4 (width × height); "
        "give images of one size, or 'size' to have all cropped and resized (the first: 5×9)"
    )
    assert str(refusal.value) == sentence
    assert shelf.check("image_folder", path="in").problems == (sentence,)
    assert shelf.leftovers() == []
    assert shelf.prepare("image_folder", path="in", size=4)["shape"] == [3, 4, 4]


@pytest.mark.parametrize("name", ["x.png", "x.jpg", "x.bmp", "x.tif"])
def test_a_truncated_image_is_refused_by_name(shelf, name, picture, album):
    album("in", 4, width=40, height=40)
    picture(f"in/{name}", width=40, height=40)
    content = Path("in", name).read_bytes()
    Path("in", name).write_bytes(content[: len(content) * 2 // 3])
    assert shelf.inspect("image_folder", path="in").problems == ()
    with pytest.raises(DataRefused, match=f"'in/{name}': (can't be decoded|isn't a readable image)"):
        shelf.prepare("image_folder", path="in")
    assert shelf.leftovers() == []


def test_other_content_under_an_images_name_is_refused(shelf, album):
    album("in", 4)
    for content in (b"", b"not an image", b"GIF89a" + bytes(50)):
        Path("in/x.png").write_bytes(content)
        with pytest.raises(DataRefused, match=r"'in/x\.png': (is empty|isn't a readable image|can't be decoded)"):
            shelf.prepare("image_folder", path="in")


def test_an_unreadable_first_image_does_not_hide_the_size(shelf, album):
    album("in", 4)
    Path("in/00.png").write_bytes(b"")
    assert shelf.inspect("image_folder", path="in").shape == (3, 4, 6)
    for name in ("01.png", "02.png", "03.png"):
        Path("in", name).write_bytes(b"")
    (problem,) = shelf.inspect("image_folder", path="in").problems
    files = "'in/00.png', 'in/01.png', 'in/02.png' and 'in/03.png' (4 of 4 files)"
    assert problem == f"path = 'in': none of the 4 images can be read; {files}: is empty"


def test_of_many_damaged_images_the_first_eight_are_named(shelf, album):
    album("in", 20, width=40, height=40)
    for index in (*range(3, 13), 15):
        path = Path("in", f"{index:02}.png")
        path.write_bytes(path.read_bytes()[:-200] if index != 15 else b"no image")
    with pytest.raises(DataRefused) as refusal:
        shelf.prepare("image_folder", path="in")
    named = ", ".join(f"'in/{index:02}.png'" for index in range(3, 11))
    assert str(refusal.value).startswith(
        "11 of 20 files can't be used: 'in/15.png': isn't a readable image (BMP, GIF, JPEG, PNG, PPM, TIFF, WEBP); "
        f"{named} and 2 more (10 of 20 files): can't be decoded (the first: "
    )


def _damaged(name, picture, damage):
    picture(f"in/{name}", width=40, height=40)
    content = Path("in", name).read_bytes()
    changed = {
        "empty": b"", "other": b"no image", "cut": content[: len(content) * 2 // 3], "early": content[:30],
        "flipped": content[:60] + bytes(255 - byte for byte in content[60:120]) + content[120:],
    }  # fmt: skip
    Path("in", name).write_bytes(changed[damage])


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@pytest.mark.parametrize("options", [{}, {"size": 16}, {"pages": "all"}])
def test_every_damaged_file_is_named_whatever_is_wrong_with_it(shelf, album, picture, options):
    album("in", 4, width=40, height=40)
    damaged = {
        f"{damage}.{ending}": damage
        for damage, endings in {
            "empty": ("png", "bmp"), "other": ("gif", "jpg"), "early": ("tif", "webp"),
            "cut": ("png", "jpg", "bmp", "tif", "webp"), "flipped": ("png",),
        }.items()
        for ending in endings
    }  # fmt: skip
    for name, damage in damaged.items():
        _damaged(name, picture, damage)
    Path("in/gone.png").symlink_to("nowhere.png")
    Path("in/loop.png").symlink_to("loop.png")
    assert shelf.inspect("image_folder", path="in", **options).problems == ()
    with pytest.raises(DataRefused) as refusal:
        shelf.prepare("image_folder", path="in", **options)
    sentence = str(refusal.value)
    assert sentence.startswith("14 of 18 files can't be used: ")
    assert sorted(re.findall(r"'in/([a-z]+\.[a-z]+)'", sentence)) == sorted([*damaged, "gone.png", "loop.png"])
    assert "'in/empty.bmp' and 'in/empty.png' (2 of 18 files): is empty;" in sentence
    assert "'in/gone.png' and 'in/loop.png' (2 of 18 files): is a broken link (the first: to 'nowhere.png')" in sentence
    assert shelf.leftovers() == []


def test_where_all_are_damaged_all_are_told(shelf, picture):
    for name, damage in {"a.png": "empty", "b.gif": "other", "c.tif": "empty"}.items():
        _damaged(name, picture, damage)
    Path("in/d.png").symlink_to("nowhere.png")
    kinds = (
        "4 of 4 files can't be used: 'in/a.png' and 'in/c.tif' (2 of 4 files): is empty; 'in/b.gif': isn't a readable "
        "image (BMP, GIF, JPEG, PNG, PPM, TIFF, WEBP); 'in/d.png': is a broken link (to 'nowhere.png')"
    )
    problems = shelf.inspect("image_folder", path="in").problems
    assert problems == (f"path = 'in': none of the 4 images can be read; {kinds}",)
    assert shelf.check("image_folder", path="in", size=4).problems == (kinds,)
    with pytest.raises(DataRefused, match=r"^4 of 4 files can't be used"):
        shelf.prepare("image_folder", path="in", size=4)


def test_the_size_that_others_differ_from_is_that_of_a_picture_that_can_be_read(shelf, album, picture):
    album("in", 3)
    picture("in/02.png", width=9)
    Path("in/00.png").write_bytes(b"")
    (problem,) = shelf.check("image_folder", path="in").problems
    assert problem.startswith(
        "2 of 3 files can't be used: 'in/00.png': is empty; 'in/02.png': is of another size than '01.png', 6×4"
    )


def test_a_broken_link_to_what_no_ending_tells_is_counted_as_one(shelf, album):
    album("in", 3)
    Path("in/cats").symlink_to("nowhere")
    assert shelf.check("image_folder", path="in").notes[0].endswith("other files, 1 leading nowhere (broken links)")


def test_several_pages_are_refused_where_one_is_expected(shelf, album, pages):
    album("in", 4, mode="L")
    pages("in/x.tif", 3)
    pages("in/y.gif", 2)
    sentence = (
        "'in/x.tif' and 'in/y.gif' (2 of 6 files): holds several pages or frames; give pages: all to take each as a "
        "picture, or pages: first (the first: 3 of them)"
    )
    assert shelf.check("image_folder", path="in").problems == (sentence,)
    with pytest.raises(DataRefused) as refusal:
        shelf.prepare("image_folder", path="in")
    assert str(refusal.value) == sentence
    described = shelf.prepare("image_folder", path="in", pages="all")
    assert described["n_train"] + described["n_test"] == 9


def test_a_missing_folder_is_a_problem_naming_the_nearest(shelf, tmp_path, album):
    album("data/faces", 2)
    (problem,) = shelf.inspect("image_folder", path="data/face").problems
    assert problem == (
        f"path = 'data/face': there is no such folder (a relative path starts at the working folder, '{tmp_path}'); "
        "did you mean 'data/faces'?"
    )
    (problem,) = shelf.inspect("image_folder", path=str(tmp_path / "no/such/place")).problems
    assert problem.endswith(f"there is no such folder; of it, '{tmp_path}' exists")
    (problem,) = shelf.inspect("image_folder", path="data/faces/00.png").problems
    assert problem == "path = 'data/faces/00.png': is a file, not a folder"
    (problem,) = shelf.inspect("image_folder", path="$HOME").problems
    assert problem.startswith("path = '$HOME': there is no such folder")


def test_a_folder_without_images_is_a_problem_saying_what_is_there(shelf, picture):
    Path("in/deep").mkdir(parents=True)
    (problem,) = shelf.inspect("image_folder", path="in").problems
    assert problem == (
        "path = 'in': no images in it or below; an image's name ends in .apng, .bmp, .gif, .jfif, .jpe, .jpeg, .jpg, "
        ".pbm, .pgm, .png, .pnm, .ppm, .tif, .tiff, .webp; other files: nothing else"
    )
    Path("in/a.svg").write_bytes(b"")
    Path("in/deep/b.svg").write_bytes(b"")
    Path("in/deep/README").write_text("")
    (problem,) = shelf.inspect("image_folder", path="in").problems
    assert problem.endswith("other files: 2 '.svg' and 1 'README'")
    picture("in/x.png")
    (problem,) = shelf.inspect("image_folder", path="in").problems
    assert problem.startswith("path = 'in': only one image ('x.png') in it or below")


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@pytest.mark.parametrize("name", ["x.png", "x.jpg", "x.tif", "x.bmp", "x.webp"])
def test_thirty_damaged_copies_never_end_in_a_traceback(shelf, mutations, name, picture, album):
    album("in", 2, width=16, height=16)
    picture(f"in/{name}", width=16, height=16)
    whole, sentences = Path("in", name).read_bytes(), []
    for number, content in enumerate(mutations(whole, 30)):
        Path("in", name).write_bytes(content)
        other = type(shelf)(shelf.results / str(number))
        try:
            found = other.arrays("image_folder", path="in")
            assert found["train"].shape == (2, 3, 16, 16)
        except DataRefused as refusal:
            sentences.append(str(refusal))
    assert all(f"'in/{name}'" in sentence for sentence in sentences)
