"""Traversals, manifolds, covariances and relevance: what is drawn, marked, told and refused."""

import re

import numpy as np
import pytest
from matplotlib.figure import Figure

from latentdim.exhibits import covariance, manifold, relevance, traversal
from latentdim.exhibits.context import Context, ExhibitRefused
from latentdim.exhibits.declared.latent_space import (
    CovarianceOptions,
    ManifoldOptions,
    RelevanceOptions,
    TraversalOptions,
)
from latentdim.outcomes.outcomes import outcomes
from latentdim.study.file import ExhibitEntry
from latentdim.system.problems import InputError

GRID = [
    {"datasets": ["digits"], "methods": {"vae": None}, "dims": [2, 4]},
    {"datasets": ["synthetic_8"], "methods": {"vae": None}, "dims": [2]},
]
EXHIBITS = [
    {"kind": "traversal", "name": "traversal", "options": {"dataset": "digits", "label": "vae", "dim": 2}},
    *({"kind": kind, "name": kind} for kind in ("manifold", "covariance", "relevance")),
]
ORANGE = "#d55e00"


def latents(dim: int, *, images: bool) -> dict[str, np.ndarray]:
    """What a run stores: relevance falls from the last axis to the first, which isn't active."""
    strength = np.arange(dim, dtype=np.float32)
    active = (strength > 0).astype(np.uint8)
    found = {
        "axis_variance": strength**2 + 1, "axis_relevance": strength, "active_own": np.ones(dim, np.uint8),
        "active_jacobian": active, "covariance": np.diag(strength) - 0.25,
    }  # fmt: skip
    if images:
        order = np.argsort(-strength)
        frames = np.zeros((2, dim, 7, 1, 8, 8), np.uint8)
        frames += (20 * order[:, None] + np.arange(7)).astype(np.uint8)[None, :, :, None, None, None]
        found |= {"traversal": frames, "traversal_axes": order}
    if images and dim == 2:
        found["manifold"] = np.arange(36, dtype=np.uint8).reshape(6, 6, 1, 1, 1) * np.ones((1, 8, 8), np.uint8)
    return found


@pytest.fixture
def context(fabricated, run_at):
    """A function that gives an exhibit's context, over two image runs and one of vectors."""
    plan = fabricated.plan(grid=GRID, metrics=["active"], exhibits=EXHIBITS)
    for dim, dataset in ((2, "digits"), (4, "digits"), (2, "synthetic_8")):
        run = run_at(plan, "vae", dim, dataset=dataset)
        fabricated.finish(plan, run, {"active": dim})
        fabricated.store(plan, run, latents(dim, images=dataset == "digits"))

    def build(options, *, without: str = ""):
        found = outcomes(plan)
        if without:
            run = run_at(plan, "vae", 4, dataset="digits")
            kept = {name: value for name, value in latents(4, images=True).items() if name != without}
            fabricated.store(plan, run, kept)
        entry = ExhibitEntry(kind="it", name="it")
        return Context(plan, entry, options, found, fabricated.reports)

    return build


def test_a_traversal_frames_its_inactive_axes_and_says_so(context) -> None:
    made = context(TraversalOptions(dataset="digits", label="vae", dim=4))
    drawn = traversal.draw(made)
    assert "all 4 latent axes, the most relevant first" in drawn.caption
    assert "−3 to 3 standard deviations" in drawn.caption
    assert "Framed: one axis that doesn't count as active by the Jacobian rule, which counts 3 of 4" in drawn.caption
    assert drawn.alt.index("axis 3: σ 3.16, 50.0%") < drawn.alt.index("axis 0 (framed): σ 1.00, 0.0%")
    svg = made.path(".svg").read_text()
    assert svg.count(f"stroke: {ORANGE}") == 4  # the four sides of one frame
    assert svg.count("data:image/png;base64") == 4
    assert {">−3σ<", ">0<", ">+3σ<"} <= set(re.findall(r">[^<>]+<", svg))


def test_by_the_methods_own_rule_no_axis_is_framed_here(context) -> None:
    made = context(TraversalOptions(dataset="digits", label="vae", dim=4, rule="own"))
    assert "none is framed, by the method's own rule, which counts 4 of 4" in traversal.draw(made).caption
    assert ORANGE not in made.path(".svg").read_text()


def test_a_traversal_may_show_fewer_axes_and_another_base(context) -> None:
    drawn = traversal.draw(context(TraversalOptions(dataset="digits", label="vae", dim=4, base=0, count=2)))
    assert "the 2 most relevant latent axes" in drawn.caption
    assert "None of the axes shown is inactive, so none is framed, by the Jacobian rule, which counts 3 of 4" in (
        drawn.caption
    )
    assert "the code of held-out example 0" in drawn.caption
    assert {"inactive", "pictures", "n_jacobian"} <= drawn.fields


def test_a_base_that_no_run_stores_is_refused_with_the_setting_to_raise(context) -> None:
    with pytest.raises(
        ExhibitRefused, match=r"store 1 held-out.*example 3 needs evaluation.pictures.bases of at least 4"
    ):
        traversal.draw(context(TraversalOptions(dataset="digits", label="vae", dim=4, base=3)))


@pytest.mark.parametrize("draw", [traversal.draw])
def test_vectors_have_no_traversal(context, draw) -> None:
    with pytest.raises(ExhibitRefused, match="a traversal shows images, and 'synthetic_8' holds vectors"):
        draw(context(TraversalOptions(dataset="synthetic_8", label="vae", dim=2)))


def test_a_run_that_stored_no_traversal_is_told(context) -> None:
    made = context(TraversalOptions(dataset="digits", label="vae", dim=4), without="traversal")
    with pytest.raises(ExhibitRefused, match="digits vae L=4 seed 0: no 'traversal' is stored"):
        traversal.draw(made)


def test_a_manifold_shows_the_runs_with_two_dimensions(context) -> None:
    made = context(ManifoldOptions())
    drawn = manifold.draw(made)
    assert "VAE on digits; L = 2, seed 0" in drawn.caption
    assert drawn.notes == ("Left out, since a manifold shows images: synthetic_8 (vectors).",)
    assert manifold.draw(context(ManifoldOptions(datasets=("digits",)))).notes == ()
    svg = made.path(".svg").read_text()
    assert svg.count("data:image/png;base64") == 1
    assert {">−1.38<", ">+1.38<"} <= set(re.findall(r">[^<>]+<", svg))  # the quantile at 1/12 and 11/12


@pytest.mark.parametrize(
    ("draw", "options"),
    [(traversal.draw, TraversalOptions(dataset="digits", label="vae", dim=2)), (manifold.draw, ManifoldOptions())],
)
def test_a_picture_of_clips_says_that_it_shows_first_frames(context, monkeypatch, draw, options) -> None:
    assert "frame is shown" not in draw(context(options)).caption
    monkeypatch.setattr("latentdim.datasets.spec.DatasetSpec.is_clips", True)
    assert "Of each clip its first frame is shown." in draw(context(options)).caption


def test_a_manifold_of_another_dimension_is_refused_while_planning(fabricated) -> None:
    exhibit = {"kind": "manifold", "name": "it", "options": {"dims": [4]}}
    with pytest.raises(InputError) as refused:
        fabricated.plan(grid=GRID, exhibits=[exhibit])
    assert any("a manifold can only be laid out for L = 2" in problem for problem in refused.value.problems)


def test_a_grid_without_two_dimensions_or_images_has_no_manifold(fabricated, context) -> None:
    made = context(ManifoldOptions())
    narrowed = [o for o in made.outcomes if o.run.dim == 4]
    with pytest.raises(ExhibitRefused, match="for L = 2, and these runs have L = 4"):
        manifold.draw(Context(made.plan, made.entry, made.options, narrowed, made.folder))
    with pytest.raises(ExhibitRefused, match="hold vectors"):
        manifold.draw(context(ManifoldOptions(datasets=("synthetic_8",))))


def test_a_covariance_is_absolute_and_spans_zero_to_one() -> None:
    found = covariance.normalised(np.array([[2.0, -1.0, 0.0], [-1.0, 4.0, 0.5], [0.0, 0.5, 1.0]]))
    np.testing.assert_allclose(found, [[0.5, 0.25, 0.0], [0.25, 1.0, 0.125], [0.0, 0.125, 0.25]])
    np.testing.assert_array_equal(covariance.normalised(np.zeros((3, 3))), np.zeros((3, 3)))


def test_matrices_stand_side_by_side_with_their_inactive_axes_marked(context) -> None:
    made = context(CovarianceOptions(rule="jacobian"))
    drawn = covariance.draw(made)
    assert "don't count as active by the Jacobian rule" in drawn.caption
    assert "VAE on digits, L = 4: 3 of 4 axes active" in drawn.alt
    svg = made.path(".svg").read_text()
    assert svg.count("data:image/png;base64") == 4  # three matrices and the scale
    assert svg.count(f"fill: {ORANGE}") == 2 * 3  # beside the row and above the column of one axis each
    assert covariance.draw(context(CovarianceOptions())).caption.count("All axes are active.") == 1


def test_relevance_bars_are_sorted_and_coloured_by_what_counts(context) -> None:
    made = context(RelevanceOptions(datasets=("digits",), dims=(4,)))
    drawn = relevance.draw(made)
    assert (
        drawn.alt == "VAE on digits, L = 4: 3 active; relevance axis 3 50.0%, axis 2 33.3%, axis 1 16.7%, axis 0 0.0%"
    )
    svg = made.path(".svg").read_text()
    assert svg.count(f"fill: {relevance.ACTIVE}") == 2 * 3 + 1  # and the legend
    assert svg.count(f"fill: {relevance.INACTIVE}") == 2 * 1 + 1


@pytest.mark.parametrize(("n", "columns"), [(1, 1), (3, 3), (4, 4), (5, 3), (6, 3), (7, 4), (8, 4), (9, 3), (12, 4)])
def test_matrices_stand_so_that_little_stays_blank(n, columns) -> None:
    assert covariance._columns(n) == columns


@pytest.mark.parametrize("heights", [[0.9, 0.5, 0.35], [0.36, 0.31, 0.3], [9.0, 2.0, 1.5], [1.0, 1e-4, 1e-9]])
def test_a_logarithmic_axis_always_has_numbers(heights) -> None:
    axes = Figure().subplots()
    relevance._bars(axes, np.array(heights), np.arange(3), np.full(3, relevance.ACTIVE), log=True)
    low, high = axes.get_ylim()
    ticks = [tick for tick in axes.get_yticks() if low <= tick <= high]
    texts = axes.yaxis.get_major_formatter().format_ticks(ticks)
    assert len(ticks) >= 3
    assert all(texts)
    assert len(set(texts)) == len(texts)


def test_of_many_axes_some_are_numbered() -> None:
    axes = Figure().subplots()
    order = np.arange(64)[::-1]
    relevance._bars(axes, np.ones(64), order, np.full(64, relevance.ACTIVE), log=False)
    assert list(axes.get_xticks()) == list(range(0, 64, 4))
    assert [text.get_text() for text in axes.get_xticklabels()][:3] == ["63", "59", "55"]


@pytest.mark.parametrize(("largest", "digits"), [(31.6, 2), (1.0, 2), (0.12, 2), (0.0123, 3), (0.0, 2)])
def test_all_deviations_of_a_traversal_have_the_same_digits(largest, digits) -> None:
    image = np.zeros((1, 1, 4), np.float32)
    rows = [traversal.Row(axis, image, deviation, 0.5, True) for axis, deviation in enumerate((largest, largest / 50))]
    assert traversal._digits(rows) == digits


def test_a_run_without_its_arrays_costs_its_own_panel_only(context) -> None:
    for draw, options in ((relevance.draw, RelevanceOptions()), (covariance.draw, CovarianceOptions())):
        drawn = draw(context(options, without="active_own"))
        assert drawn.notes == ("digits vae L=4 seed 0: no 'active_own' is stored.",)
