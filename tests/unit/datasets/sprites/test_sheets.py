"""The character sheets: where they are looked for, refusals that name the sheet, and what the real ones compose to."""

import hashlib
import io
import urllib.error
import urllib.request

import numpy as np
import pytest
from PIL import Image

from latentdim.datasets.formats import sprite_sheets
from latentdim.datasets.sprites import CHARACTER_STRIDES, SpritesOptions
from latentdim.system.problems import DataRefused

FEW = {"levels": {"body": 2, "bottomwear": 1, "topwear": 2, "hair": 2, "action": 1, "direction": 1, "frame": 1}}

# Digests of the published frames of character 0000, 8 × 64 × 64 × 3 bytes, from the front, the left and the right.
PUBLISHED = {
    "walk": (
        "37e0c5275a54f561aa0e15ad1ff17589", "a4a08efbece316a2ffac9fd6036ae8bc", "03b2f5c42f57b69557264f530e968c82",
    ),
    "spellcard": (
        "07d755b6e7928eecbbe4bd3539068cc0", "84d8ad1ef18242ebae7dc6f2bfdd3a30", "3e26a2e0f94644b3f2d3818811e22c97",
    ),
    "slash": (
        "ff3de33cb7cf4a1b9b78c6f3a754e1bb", "ef0105c2122d9e3876d8de3565ec0ac6", "ba4802d46726ac1fafdbead1edd0ae5e",
    ),
}  # fmt: skip


def sequence(wardrobe, *levels):
    """The eight frames of one character in one motion, ``(8, 64, 64, 3)``."""
    frames = wardrobe.frames(np.array([(*levels, frame) for frame in range(8)]))
    return np.ascontiguousarray(frames.transpose(0, 2, 3, 1))


def md5_of(array):
    return hashlib.md5(array.tobytes()).hexdigest()


def test_the_real_sheets_compose_to_the_published_frames(real):
    wardrobe = sprite_sheets.Wardrobe.opened(SpritesOptions(path=str(real)))
    for action, digests in enumerate(PUBLISHED.values()):
        for direction, digest in enumerate(digests):
            assert md5_of(sequence(wardrobe, 0, 0, 0, 0, action, direction)) == digest
    assert md5_of(sequence(wardrobe, 5, 3, 2, 4, 2, 1)) == "4eaf606d76f18778871ba2584b5f6a79"
    walk = sequence(wardrobe, 0, 0, 0, 0, 0, 0)
    assert walk.mean() == pytest.approx(25.6879, abs=5e-5)
    assert walk.any(axis=-1).mean() == pytest.approx(0.2733, abs=5e-5)


def test_no_two_real_characters_walk_alike(real):
    wardrobe = sprite_sheets.Wardrobe.opened(SpritesOptions(path=str(real)))
    characters = np.stack(np.unravel_index(np.arange(1296), (6, 6, 6, 6)), axis=1)
    assert (characters @ CHARACTER_STRIDES).tolist() == list(range(1296))
    first = np.pad(characters, ((0, 0), (0, 3)))
    assert len({frame.tobytes() for frame in wardrobe.frames(first)}) == 1296


def test_the_real_set_is_found_by_the_variable(shelf, real, monkeypatch):
    monkeypatch.setenv("LATENTDIM_DATA", str(real.parent))
    options = {"download": False, **FEW}
    assert shelf.inspect("sprites", **options).problems == ()
    digest = shelf.prepare("sprites", **options)["digest"]
    assert digest == "2106d2e7853a42cdc9a41f9a25ae72ca33fc777366d3380bff78eb8aa0e1ea3d"


def test_sheets_lie_in_the_folder_itself_or_in_one_of_their_name(shelf, made, tmp_path, monkeypatch):
    assert shelf.inspect("sprites", path="sheets").problems == ()
    made.rename(tmp_path / "sprites_sheets")
    assert shelf.inspect("sprites", path=".").problems == ()
    monkeypatch.setenv("LATENTDIM_DATA", str(tmp_path))
    assert shelf.inspect("sprites", download=False).problems == ()


def test_missing_sheets_are_a_problem_naming_each(shelf, made):
    (made / "hair/3.png").unlink()
    (made / "shoes/1.png").rename(made / "shoes/0.png")
    (problem,) = shelf.inspect("sprites", path="sheets").problems
    assert problem.startswith("path = 'sheets': SPRITES isn't whole there")
    assert "'hair/3.png' (md5 " in problem
    assert "'shoes/1.png' (md5 " in problem
    assert "body" not in problem.split("missing")[1].split("; the nearest")[0]
    with pytest.raises(DataRefused, match=r"'hair/3\.png'"):
        shelf.prepare("sprites", path="sheets", **FEW)


def test_without_sheets_there_is_a_problem_saying_where_to_get_them(shelf):
    assert shelf.inspect("sprites").problems == ()  # they will be downloaded
    (problem,) = shelf.inspect("sprites", download=False).problems
    assert "'body/0.png'" in problem
    assert "into 'data/sprites_sheets' (from https://github.com/YingzhenLi/Sprites, commit 3ce4048)" in problem


def test_a_download_fetches_each_sheet_from_the_fixed_commit(shelf, contents, made, monkeypatch):
    asked = []

    def urlopen(url):
        asked.append(url)
        return io.BytesIO(contents["/".join(url.split("/")[-2:])])

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    assert len(shelf.arrays("sprites", **FEW)["train"]) > 0
    assert len(set(asked)) == 25
    start = "https://raw.githubusercontent.com/YingzhenLi/Sprites/3ce4048c5227802bd8f1888e293fd3afdba91c0c/"
    assert all(url.startswith(start) for url in asked)


def test_a_download_tells_how_far_it_is_and_which_sheet_failed(shelf, contents, monkeypatch, capsys):
    def urlopen(url):
        if url.endswith("hair/3.png"):
            raise urllib.error.URLError("no route to host")
        return io.BytesIO(contents["/".join(url.split("/")[-2:])])

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    with pytest.raises(DataRefused, match=r"couldn't be downloaded \('hair/3\.png': .*no route to host.*\); put "):
        shelf.prepare("sprites", **FEW)
    told = capsys.readouterr().err
    assert "prepare  'body/0.png', sheet 1 of 25\n" in told
    assert "prepare  'hair/3.png', sheet 22 of 25\n" in told
    assert "'hair/4.png'" not in told


def repainted(content, change):
    """A sheet that still is a good picture, of another size, mode or colour."""
    image = Image.open(io.BytesIO(content)).convert("RGBA")
    if change == "a smaller picture":
        image = image.crop((0, 0, 576, 960))
    elif change == "a grey picture":
        image = image.convert("L")
    else:
        image.putpixel((70, 640), (1, 2, 3, 255))
    target = io.BytesIO()
    image.save(target, "PNG")
    return target.getvalue()


@pytest.mark.parametrize("change", ["a smaller picture", "a grey picture", "one pixel"])
def test_another_picture_under_a_sheets_name_is_refused(shelf, made, contents, change):
    (made / "topwear/5.png").write_bytes(repainted(contents["topwear/5.png"], change))
    with pytest.raises(DataRefused, match=r"'sheets/topwear/5\.png': expected content with md5 \w+, found "):
        shelf.prepare("sprites", path="sheets", **FEW)
    assert shelf.leftovers() == []


@pytest.mark.parametrize("name", ["body/0.png", "hair/2.png"])
def test_thirty_damaged_copies_of_a_sheet_are_refused_by_name(shelf, made, contents, mutations, name):
    for content in mutations(contents[name], 30):
        if content == contents[name]:
            continue
        (made / name).write_bytes(content)
        with pytest.raises(DataRefused) as refusal:
            shelf.prepare("sprites", path="sheets", **FEW)
        assert str(refusal.value).startswith(f"'sheets/{name}': expected content with md5 ")
        assert "\n" not in str(refusal.value)
        assert shelf.leftovers() == []
