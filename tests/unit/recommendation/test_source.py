"""Data that are asked about: what is taken, and what is refused in a sentence before anything is trained."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from latentdim.cli.main import main
from latentdim.recommendation.source import source_of
from latentdim.system.problems import InputError

ROWS = np.random.default_rng(0).normal(size=(40, 6)).astype(np.float32)


def pictures(folder: Path, *sizes: tuple[int, int], count: int = 24) -> Path:
    folder.mkdir()
    draws = np.random.default_rng(1)
    for index in range(count):
        height, width = sizes[index % len(sizes)]
        Image.fromarray(draws.integers(0, 255, (height, width, 3), dtype=np.uint8)).save(folder / f"{index:03}.png")
    return folder


def saved(path: Path, **arrays: Any) -> str:
    np.savez(path, **arrays)
    return str(path)


def test_vectors_images_and_registered_names_are_taken(tmp_path: Path) -> None:
    np.save(tmp_path / "My rows.npy", ROWS)
    rows = source_of(str(tmp_path / "My rows.npy"), results=tmp_path / "r")
    assert (rows.name, rows.described["shape"], rows.described["n_test"]) == ("my_rows", [6], 8)
    folder = source_of(str(pictures(tmp_path / "pics", (8, 8))), results=tmp_path / "r")
    assert folder.described["shape"] == [3, 8, 8]
    digits = source_of("digits", results=tmp_path / "r")
    assert (digits.name, digits.block) == ("digits", None)


def test_a_file_named_as_a_registered_dataset_has_another_name(tmp_path: Path) -> None:
    np.save(tmp_path / "digits.npy", ROWS)
    assert source_of(str(tmp_path / "digits.npy"), results=tmp_path / "r").name == "my_digits"


def test_pictures_of_mixed_sizes_are_taken_with_a_size(tmp_path: Path) -> None:
    folder = str(pictures(tmp_path / "pics", (8, 8), (8, 9)))
    with pytest.raises(InputError, match="give images of one size, or --size to have all cropped"):
        source_of(folder, results=tmp_path / "r")
    assert source_of(folder, results=tmp_path / "r", size=4).described["shape"] == [3, 4, 4]


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_grey_pictures_have_one_channel_however_they_are_written(tmp_path: Path, mode: str) -> None:
    (tmp_path / "pics").mkdir()
    for index, pixels in enumerate(np.random.default_rng(2).integers(0, 255, (24, 6, 6), dtype=np.uint8)):
        Image.fromarray(pixels).convert(mode).save(tmp_path / "pics" / f"{index:02}.png")
    source = source_of(str(tmp_path / "pics"), results=tmp_path / "r")
    assert source.described["shape"] == [1, 6, 6]
    assert source.block is not None
    assert source.block["channels"] == 1


def test_labels_among_the_arrays_are_told_and_one_can_be_named(tmp_path: Path) -> None:
    path = saved(tmp_path / "both.npz", images=ROWS, labels=np.arange(40))
    with pytest.raises(InputError, match=r"name with --array one of the arrays in .*'images' and 'labels'"):
        source_of(path, results=tmp_path / "r")
    assert source_of(path, results=tmp_path / "r", array="images").described["shape"] == [6]
    with pytest.raises(InputError, match=r"--array 'image': not an array.*did you mean 'images'"):
        source_of(path, results=tmp_path / "r", array="image")


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (ROWS[:1], "holds 1 example"),
        (ROWS[:12], "holds 12 examples; at least 20"),
        (np.where(ROWS > 2, np.nan, ROWS), "found nan at"),
        (np.ones((40, 6), np.float32), "equal"),
        (np.arange(40), "holds int64; vectors must be floats"),
        (ROWS[:, :1], "single values"),
    ],
    ids=["one", "few", "nan", "constant", "labels", "column"],
)
def test_arrays_that_cannot_be_used_end_with_2(tmp_path: Path, capsys, rows: Any, sentence: str) -> None:
    np.save(tmp_path / "rows.npy", rows)
    results, out = tmp_path / "r", tmp_path / "out"
    code = main(["recommend", str(tmp_path / "rows.npy"), "--results", str(results), "--out", str(out)])
    assert code == 2
    assert sentence in capsys.readouterr().err
    assert not (results / "runs").exists()


def test_an_empty_folder_a_file_of_another_kind_and_nothing_at_all_end_with_2(tmp_path: Path, capsys) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_text("x")
    for data, sentence in (
        (tmp_path / "empty", "no image"),
        (tmp_path / "notes.txt", "not a folder of pictures, nor one of .npy"),
        (tmp_path / "nowhere.npy", "neither a file, nor a folder, nor a dataset's name"),
    ):
        assert main(["recommend", str(data), "--results", str(tmp_path / "r")]) == 2
        assert sentence in capsys.readouterr().err


def test_options_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "rows.npy", ROWS)
    with pytest.raises(InputError, match=r"--size 8: .* is a file of a single array"):
        source_of(str(tmp_path / "rows.npy"), results=tmp_path / "r", size=8)


def test_a_gpu_that_is_not_there_is_refused_before_anything_is_trained(
    tmp_path: Path, capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    np.save(tmp_path / "rows.npy", ROWS)
    where = ["--results", str(tmp_path / "r"), "--out", str(tmp_path / "out")]
    assert main(["recommend", str(tmp_path / "rows.npy"), "--device", "cuda", *where]) == 2
    assert "--device cuda: there is no GPU here" in capsys.readouterr().err


def test_a_budget_too_small_for_one_training_ends_with_2(tmp_path: Path, capsys) -> None:
    np.save(tmp_path / "rows.npy", ROWS)
    where = ["--results", str(tmp_path / "r"), "--out", str(tmp_path / "out")]
    assert main(["recommend", str(tmp_path / "rows.npy"), "--budget", "1s", *where]) == 2
    assert "the budget is too small" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
