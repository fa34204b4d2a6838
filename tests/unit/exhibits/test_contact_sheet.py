"""Contact sheets of samples and reconstructions."""

import numpy as np
import pytest

from latentdim.datasets.formats.clips import side_by_side
from latentdim.exhibits import contact_sheet
from latentdim.exhibits.context import Context, ExhibitRefused
from latentdim.exhibits.declared.examples import ContactSheetOptions
from latentdim.exhibits.examples import mosaic, pairs, principal_plane
from latentdim.outcomes.outcomes import outcomes
from latentdim.study.file import ExhibitEntry

SHEETS = [{"kind": "samples", "name": "samples"}]
GRID = [
    {"datasets": ["digits"], "methods": {"vae": None}, "dims": [2, 4], "seeds": 2},
    {"datasets": ["synthetic_8"], "methods": {"vae": None}, "dims": [4]},
]


@pytest.fixture
def made(fabricated, run_at):
    """A plan with one good image run, one diverged, and a vector run; and a function that gives a context."""
    plan = fabricated.plan(grid=GRID, metrics=["active"], exhibits=SHEETS)
    good, vectors = run_at(plan, "vae", 2, dataset="digits"), run_at(plan, "vae", 4)
    for run, shape in ((good, (1, 8, 8)), (vectors, (128,))):
        fabricated.finish(plan, run, {"active": 2})
        fabricated.examples(plan, run, shape)
    diverged = run_at(plan, "vae", 4, dataset="digits")
    fabricated.finish(plan, diverged, {}, status="diverged", reason="the loss is NaN")

    def context(**options):
        entry, found = ExhibitEntry(kind="samples", name="sheet"), outcomes(plan)
        return Context(plan, entry, ContactSheetOptions(**options), found, fabricated.reports)

    context.torn = next((plan.folder(good) / "stored").glob("examples-*"))
    return context


@pytest.mark.parametrize("draw", [contact_sheet.draw_samples, contact_sheet.draw_reconstructions])
def test_images_and_vectors_are_drawn_and_runs_without_examples_are_told(made, draw) -> None:
    context = made()
    drawn = draw(context)
    assert "VAE on digits, L = 2, 4; VAE on synthetic_8, L = 4; seed 0" in drawn.caption
    assert drawn.notes == ("digits vae L=4 seed 0: diverged, the loss is NaN.",)
    text = context.path(".svg").read_text()
    assert ">diverged<" in text
    assert "data:image/png;base64" in text
    assert "pixelated" not in text  # a page that shows it smaller would drop seams
    assert "axes all" in text


def test_a_torn_file_costs_its_panel_only(made) -> None:
    made.torn.write_bytes(b"torn")
    assert any("can't be read" in note for note in contact_sheet.draw_samples(made()).notes)


def test_a_seed_without_runs_is_refused(made) -> None:
    with pytest.raises(ExhibitRefused, match="seed 5"):
        contact_sheet.draw_samples(made(seed=5))


def test_a_mosaic_holds_every_image_in_reading_order() -> None:
    images = np.stack([np.full((1, 28, 28), value, dtype=np.float32) for value in (0.0, 0.25, 0.5)])
    picture = mosaic(images)
    assert picture.shape == (114, 114, 4)  # images twice their size, seams of two pixels
    assert [picture[0, 0, 0], picture[0, 58, 0], picture[58, 0, 0]] == [0.0, 0.25, 0.5]
    assert picture[113, 113, 3] == 0.0  # no fourth image
    assert {picture[row, 0, 3] < 1.0 for row in (56, 57)} == {True}  # the seam
    assert picture[55, 0, 3] == picture[58, 0, 3] == 1.0


@pytest.mark.parametrize(("size", "shown"), [(8, 48), (28, 56), (32, 64), (64, 64)])
def test_images_are_enlarged_by_whole_numbers_and_all_seams_are_equally_wide(size, shown) -> None:
    images = np.random.default_rng(size).random((9, 1, size, size), dtype=np.float32)
    picture = mosaic(images)
    opaque = picture[..., 3] == 1.0
    inside = (np.arange(len(picture)) % (shown + 2)) < shown
    assert len(picture) == 3 * (shown + 2) - 2
    np.testing.assert_array_equal(opaque, inside[:, None] & inside[None, :])
    last = picture[-shown:, -shown:, 0]
    np.testing.assert_array_equal(last, images[8, 0].repeat(shown // size, 0).repeat(shown // size, 1))


def test_values_outside_the_range_are_clipped_and_colours_kept() -> None:
    image = np.array([-1.0, 0.5, 2.0], dtype=np.float32).reshape(1, 3, 1, 1).repeat(28, 2).repeat(28, 3)
    np.testing.assert_array_equal(mosaic(image)[11, 11], [0.0, 0.5, 1.0, 1.0])


def test_each_original_stands_above_its_reconstruction() -> None:
    originals = np.linspace(0.1, 0.8, 8, dtype=np.float32)[:, None, None, None] * np.ones((1, 1, 28, 28), np.float32)
    picture = pairs(originals, originals + 0.1)
    assert picture.shape[1] == 4 * 58 - 2
    assert picture[0, 58, 0] == pytest.approx(0.2)
    assert picture[58, 58, 0] == pytest.approx(0.3)
    assert all(0.0 < picture[row, 0, 3] < 1.0 for row in (56, 57))
    below = 2 * 56 + 2 + 8
    assert picture[below, 0, 0] == pytest.approx(0.5)
    assert picture[below + 58, 0, 0] == pytest.approx(0.6)


@pytest.mark.parametrize(("pixels", "columns"), [(8 * 58, 8), (7 * 58, 4), (3 * 58, 2), (20, 1)])
def test_pairs_take_the_room_that_they_are_given_in_full_rows(pixels, columns) -> None:
    images = np.zeros((8, 1, 28, 28), np.float32)
    assert pairs(images, images, pixels).shape[1] == columns * 58 - 2


def test_the_principal_plane_is_that_of_the_originals() -> None:
    spread = np.zeros((4, 5), dtype=np.float32)
    spread[:, 3], spread[:, 1] = [-3, -1, 1, 3], [1, -1, -1, 1]
    moved, others = principal_plane(spread + 7, spread[:2] + 8)
    np.testing.assert_allclose(moved, spread[:, [3, 1]], atol=1e-6)
    np.testing.assert_allclose(others, spread[:2][:, [3, 1]] + 1, atol=1e-6)


def test_one_dimensional_data_have_a_plane_too() -> None:
    moved, _ = principal_plane(np.array([[1.0], [3.0]], np.float32), np.array([[2.0]], np.float32))
    np.testing.assert_allclose(moved, [[-1, 0], [1, 0]], atol=1e-6)


def clips(n: int, frames: int) -> np.ndarray:
    """Clips of 28 × 28 whose frame f is all red f / 10, green n / 100, blue 1."""
    made = np.ones((n, frames, 3, 28, 28), np.float32)
    made[:, :, 0] = np.arange(frames)[None, :, None, None] / 10
    made[:, :, 1] = np.arange(n)[:, None, None, None] / 100
    return made.reshape(n, 3 * frames, 28, 28)


def test_the_frames_of_a_clip_stand_side_by_side_in_their_order_and_colours() -> None:
    picture = side_by_side(clips(5, 8))
    assert picture.shape == (5, 3, 28, 8 * 28)
    for frame in range(8):
        np.testing.assert_allclose(picture[4, :, 3, 28 * frame + 5], [frame / 10, 0.04, 1.0], rtol=1e-6)
    images = np.random.default_rng(0).random((2, 3, 4, 5), dtype=np.float32)
    assert side_by_side(images) is images


def test_clips_are_laid_out_so_that_the_picture_is_no_taller_than_wide() -> None:
    height, width = mosaic(clips(64, 8)).shape[:2]
    assert (height, width) == (22 * 58 - 2, 3 * (8 * 56 + 2) - 2)
    picture = pairs(clips(16, 8), clips(16, 8))
    assert picture.shape[1] == 2 * (8 * 56 + 2) - 2
    assert picture[0, 7 * 56 + 6, 0] == pytest.approx(0.7)
    assert picture[58, 7 * 56 + 6, 0] == pytest.approx(0.7)  # its reconstruction, right below


@pytest.mark.parametrize("draw", [contact_sheet.draw_samples, contact_sheet.draw_reconstructions])
def test_the_caption_says_what_of_a_clip_is_shown(fabricated, draw) -> None:
    datasets = {"walks": {"kind": "sprites", "form": "clips", "levels": {"frame": 2}}}
    grid = [{"datasets": ["walks"], "methods": {"vae": None}, "dims": [2]}]
    plan = fabricated.plan(datasets=datasets, grid=grid, metrics=["active"], exhibits=SHEETS)
    (run,) = (run for run in plan.runs if run.seed == 0)
    fabricated.finish(plan, run, {"active": 2})
    fabricated.examples(plan, run, (6, 64, 64))
    found = outcomes(plan)
    entry = ExhibitEntry(kind="samples", name="sheet")
    drawn = draw(Context(plan, entry, ContactSheetOptions(), found, fabricated.reports))
    assert "The frames of a clip stand side by side." in drawn.caption
