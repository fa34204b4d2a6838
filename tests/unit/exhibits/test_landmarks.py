"""A paper's numbers in our figure: told apart from what was measured, each with its source."""

import pytest
from matplotlib.figure import Figure

from latentdim.exhibits.declared.numbers import CurveOptions, Landmark
from latentdim.exhibits.landmarks import landmark_notes, lettered, mark_landmarks, places_of
from latentdim.study.file import validated
from latentdim.system.problems import InputError

SOURCE = "MaskAAE, Fig. 4c"
LOWEST = Landmark(at=13.0, text="lowest FID of the WAE", source=SOURCE, datasets=("mnist",))
ACTIVE = Landmark(at=(10.0, 13.0), axis="right", text="active dimensions", source=SOURCE)
SIDE = {"metric": "frechet_distance", "curves": [{"label": "wae_mmd"}]}


def test_each_is_told_with_its_number_and_source() -> None:
    assert list(landmark_notes([LOWEST, ACTIVE])) == [
        "a, as the paper states it: lowest FID of the WAE, 13 on mnist (MaskAAE, Fig. 4c).",
        "b, as the paper states it: active dimensions, 10 to 13 (MaskAAE, Fig. 4c).",
    ]


def test_a_panel_has_those_of_its_dataset_under_one_letter_everywhere() -> None:
    assert [letter for letter, _ in lettered([LOWEST, ACTIVE], "mnist")] == ["a", "b"]
    assert [letter for letter, _ in lettered([LOWEST, ACTIVE], "synthetic_8")] == ["b"]
    assert places_of([LOWEST, ACTIVE], "mnist") == {13.0}


def test_lines_and_bands_lie_where_the_paper_says_and_widen_the_axes() -> None:
    panel = Figure().subplots()
    right = panel.twinx()
    panel.plot([2, 8], [1, 2])
    right.plot([2, 8], [7, 8])
    mark_landmarks(panel, right, [LOWEST, ACTIVE], "mnist")
    assert [line.get_xdata()[0] for line in panel.lines[1:]] == [13.0]
    (band,) = right.patches
    assert (band.get_y(), band.get_height()) == (10.0, 3.0)
    assert right.get_ylim()[1] >= 13.0
    assert [text.get_text() for axes in (panel, right) for text in axes.texts] == ["a", "b"]


def test_a_landmark_on_an_axis_that_is_not_there_is_refused() -> None:
    mark = {"at": 13, "axis": "right", "text": "active", "source": SOURCE}
    with pytest.raises(InputError, match="a landmark lies on the right axis, which the curve doesn't have"):
        validated(CurveOptions, {"datasets": ["mnist"], "left": SIDE, "landmarks": [mark]}, title="options")


def test_a_landmark_needs_a_source() -> None:
    options = {"datasets": ["mnist"], "left": SIDE, "landmarks": [{"at": 13, "text": "lowest"}]}
    with pytest.raises(InputError, match=r"landmarks\.0\.source: this key is required"):
        validated(CurveOptions, options, title="options")
