"""EuroSAT: classes, the random split, and what isn't EuroSAT's."""

from pathlib import Path

import numpy as np
import pytest

from latentdim.datasets import eurosat
from latentdim.datasets.formats.sources import shuffled_parts
from latentdim.system.problems import DataRefused


def refusal_of(shelf, **options):
    with pytest.raises(DataRefused) as refusal:
        shelf.prepare("eurosat", **options)
    assert shelf.leftovers() == []
    return str(refusal.value)


def classes_and_numbers(images):
    """What each picture was made from: red is 20 times its class, green 20 times its number."""
    means = images.reshape(len(images), 3, -1).mean(axis=2)
    return [tuple(round(value / 20) for value in mean[:2]) for mean in means]


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("layout", ["eurosat", "."])
def test_every_picture_is_in_one_part_with_its_class(shelf, make_eurosat, packed, layout):
    make_eurosat().write(Path("here", layout), packed=packed)
    arrays = shelf.arrays("eurosat", path="here", test_fraction=0.25)
    assert (arrays["train"].shape, arrays["test"].shape) == ((15, 3, 64, 64), (5, 3, 64, 64))
    found = classes_and_numbers(np.concatenate([arrays["train"], arrays["test"]]))
    assert sorted(found) == [(index, number) for index in range(10) for number in (2, 10)]
    labels = np.concatenate([arrays["train_labels"], arrays["test_labels"]])
    assert labels.tolist() == [index for index, _ in found]
    assert labels.tolist() != sorted(labels)
    note = shelf.prepare("eurosat", path="here", test_fraction=0.25)["note"]
    assert note.startswith("test part: 5 of 20 pictures, drawn at random")
    assert ("weren't verified" in note) is not packed


def test_archive_and_folder_give_the_same_order(shelf, make_eurosat):
    small = make_eurosat()
    small.write("folder")
    small.write("archive", packed=True)
    one = shelf.arrays("eurosat", path="folder")
    other = type(shelf)(shelf.results / "other").arrays("eurosat", path="archive")
    assert len(one["test"]) == 2
    for name, values in one.items():
        np.testing.assert_array_equal(values, other[name])


def test_the_split_is_drawn_from_the_pictures_by_class_and_number(shelf, make_eurosat):
    make_eurosat().write("data/eurosat", packed=True)
    arrays = shelf.arrays("eurosat", test_fraction=0.25)
    ordered = [(index, number) for index in range(10) for number in (2, 10)]
    for part, places in zip(("train", "test"), shuffled_parts(20, test_fraction=0.25, name="eurosat"), strict=True):
        assert classes_and_numbers(arrays[part]) == [ordered[place] for place in places]


def test_a_picture_replaced_in_an_unpacked_folder_is_prepared_again(shelf, make_eurosat, as_jpeg):
    here = make_eurosat().write("here")
    before, digest = shelf.inspect("eurosat", path="here").fingerprint, shelf.prepare("eurosat", path="here")["digest"]
    assert shelf.inspect("eurosat", path="here").fingerprint == before
    (here / "2750" / "River" / "River_2.jpg").write_bytes(as_jpeg(np.full((64, 64, 3), 255, np.uint8)))
    assert shelf.inspect("eurosat", path="here").fingerprint != before
    assert shelf.prepare("eurosat", path="here")["digest"] != digest


def test_the_archive_which_is_verified_has_one_fingerprint_wherever_it_lies(shelf, make_eurosat):
    small = make_eurosat()
    absent = shelf.inspect("eurosat").fingerprint  # it is downloaded as the archive
    found = {shelf.inspect("eurosat", path=str(small.write(name, packed=True))).fingerprint for name in ("one", "two")}
    assert found == {absent}


def test_another_share_is_another_dataset(shelf, make_eurosat):
    make_eurosat()
    assert shelf.spec("eurosat", test_fraction=0.2).key != shelf.spec("eurosat").key
    assert shelf.spec("eurosat", path="x").key == shelf.spec("eurosat", download=False).key == shelf.spec("eurosat").key


def move(folder, old, new):
    (folder / new).parent.mkdir(exist_ok=True)
    (folder / old).rename(folder / new)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("River/River_2.jpg", "Sea/Sea_2.jpg", "'2750/Sea/Sea_2.jpg' isn't named like EuroSAT's pictures"),
        ("River/River_2.jpg", "River/2.jpg", "'2750/River/2.jpg' isn't named like EuroSAT's pictures"),
        ("River/River_2.jpg", "River/Forest_2.jpg", "'2750/River/Forest_2.jpg' isn't named like EuroSAT's pictures"),
        ("River/River_2.jpg", "River/River2.jpg", "'2750/River/River2.jpg' isn't named like EuroSAT's pictures"),
        ("River/River_2.jpg", "River_2.jpg", "'2750/River_2.jpg' isn't named like EuroSAT's pictures"),
        ("River/River_2.jpg", "River/River_2.png", "expected 20 pictures of 10 classes, found 19 of 10"),
        ("River", ".River", "expected 20 pictures of 10 classes, found 18 of 9"),
    ],
)
def test_other_names_are_refused(shelf, make_eurosat, old, new, sentence):
    here = make_eurosat().write("here")
    move(here / "2750", old, new)
    assert refusal_of(shelf, path="here") == f"'here/2750': {sentence}"


@pytest.mark.parametrize("packed", [False, True])
def test_a_wrong_picture_is_refused_by_name(shelf, make_eurosat, as_jpeg, packed):
    for pixels, found in (
        (np.zeros((64, 63, 3), np.uint8), "63×64 in RGB"),
        (np.zeros((64, 64), np.uint8), "64×64 in L"),
    ):
        make_eurosat({"2750/River/River_2.jpg": as_jpeg(pixels)}).write("here", packed=packed)
        place = "'here/EuroSAT.zip', '2750/River/River_2.jpg'" if packed else "'here/2750/River/River_2.jpg'"
        expected = f"{place}: expected 64×64 pixels (width × height) in RGB, found {found}"
        assert refusal_of(shelf, path="here") == expected


def test_a_changed_archive_is_refused(shelf, make_eurosat):
    here = make_eurosat().write("here", packed=True)
    content = bytearray((here / "EuroSAT.zip").read_bytes())
    content[500] ^= 1
    (here / "EuroSAT.zip").write_bytes(content)
    assert refusal_of(shelf, path="here").startswith("'here/EuroSAT.zip': expected content with md5 ")


def test_absence_says_what_to_put_where(shelf, make_eurosat):
    (problem,) = shelf.inspect("eurosat", download=False).problems
    assert problem == (
        "download = False, and EuroSAT isn't in 'data' (LATENTDIM_DATA may name its folder): put 'EuroSAT.zip' (md5 "
        "c8fa014336c82ac7804f0398fcb19387), packed or unpacked as the folder '2750', into 'data/eurosat' (from https://zenodo.org/records/7711810)"
    )


def test_a_download_keeps_the_archive(shelf, make_eurosat, torchvision_class):
    small = make_eurosat()

    def download(root, *, download):
        small.write(Path(root, "eurosat"), packed=True)
        small.write(Path(root, "eurosat"))

    torchvision_class("EuroSAT", download)
    assert shelf.arrays("eurosat")["train"].shape == (18, 3, 64, 64)
    assert [path.name for path in Path("data").rglob("*") if path.is_file()] == ["EuroSAT.zip"]


def test_the_published_set_has_ten_classes_in_order():
    assert len(eurosat.CLASSES) == 10
    assert list(eurosat.CLASSES) == sorted(eurosat.CLASSES)
    info = eurosat.inspect(eurosat.EurosatOptions())
    assert (info.n_train, info.shape, info.n_classes) == (24_300, (3, 64, 64), 10)
