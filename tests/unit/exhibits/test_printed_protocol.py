"""The protocol beneath an exhibit: the fields that count, and where they differ."""

from latentdim.exhibits import results_table
from latentdim.exhibits.context import Context
from latentdim.exhibits.printed_protocol import printed_protocol
from latentdim.exhibits.protocol_places import places_by_value
from latentdim.outcomes.outcomes import outcomes
from latentdim.plan.run import Run
from latentdim.report.exhibit_runs import runs_in_words
from latentdim.study.evaluation import Evaluation
from latentdim.study.requested_metrics import RequestedMetric

WIDE = {"training": {"network": {"name": "mlp", "hidden": [32]}, "batch_size": 60}, "evaluation": {"axes": "jacobian"}}


def printed(fabricated, metrics, *, methods=None, **second):
    """The protocol of two grid entries, the second with changes."""
    first = {"datasets": ["synthetic_8"], "methods": methods or {"vae": None}, "dims": [4]}
    grid = [first, {"datasets": ["synthetic_4"], "methods": {"vae": None}, "dims": [4]} | second]
    return printed_protocol(fabricated.plan(grid=grid, metrics=["frechet_distance", "active", "nac"]).cells, metrics)


def test_fields_that_agree_are_printed_once(fabricated) -> None:
    lines = [line for line in printed(fabricated, ["frechet_distance"]).lines() if line.startswith("Training")]
    assert "batch_size 50" in lines[0]
    assert "steps 300" in lines[0]
    assert all(field.shared for field in printed(fabricated, ["frechet_distance"]).training)


def test_fields_that_differ_name_where(fabricated) -> None:
    told = printed(fabricated, ["frechet_distance"], protocol=WIDE)
    differing = {field.name: dict(field.values) for field in (*told.training, *told.evaluation) if not field.shared}
    assert differing["batch_size"] == {"50": ("synthetic_8",), "60": ("synthetic_4",)}
    assert differing["axes"] == {"all": ("synthetic_8",), "jacobian": ("synthetic_4",)}
    assert "network" in differing


def test_a_field_that_only_some_cells_set_says_which_and_one_that_none_sets_is_left_out(fabricated) -> None:
    told = printed(fabricated, ["active"], protocol={"training": {"decoder_variance": "learned"}})
    fields = {field.name: dict(field.values) for field in told.training}
    assert fields["decoder_variance"] == {"not set": ("synthetic_8",), "learned": ("synthetic_4",)}
    assert "n_train" not in fields
    assert "epochs" not in fields


def test_a_dataset_split_between_two_values_is_named_with_its_labels(fabricated) -> None:
    wide = {"protocol": WIDE, "datasets": ["synthetic_8", "synthetic_4"]}
    told = printed(fabricated, ["frechet_distance"], methods={"ard_vae": None}, **wide)
    sizes = next(field for field in told.training if field.name == "batch_size")
    assert sizes.values == {"50": ("ard_vae",), "60": ("vae",)}


def test_places_that_neither_datasets_nor_labels_tell_apart_are_spelled_out(fabricated) -> None:
    grid = [
        {"datasets": ["synthetic_8"], "methods": {"vae": None, "ard_vae": None}, "dims": [4]},
        {"datasets": ["synthetic_8"], "methods": {"wae_mmd": None}, "dims": [4], "protocol": WIDE},
        {"datasets": ["synthetic_4"], "methods": {"wae_mmd": None}, "dims": [4]},
        {"datasets": ["synthetic_4"], "methods": {"vae": None}, "dims": [4], "protocol": WIDE},
        {"datasets": ["synthetic_5"], "methods": {"vae": None}, "dims": [4]},
    ]
    told = printed_protocol(fabricated.plan(grid=grid).cells, ["active"])
    sizes = next(field for field in told.training if field.name == "batch_size")
    assert sizes.values == {
        "50": ("synthetic_8 vae", "synthetic_8 ard_vae", "synthetic_4 wae_mmd", "synthetic_5"),
        "60": ("synthetic_8 wae_mmd", "synthetic_4 vae"),
    }


def test_cells_of_one_label_are_told_apart_by_their_dimensions_else_by_their_seeds(fabricated) -> None:
    slower = {"protocol": {"training": {"batch_size": 60}}}
    grid = [
        {"datasets": ["synthetic_8"], "methods": {"vae": None}, "dims": [3, 10], "seeds": 2},
        {"datasets": ["synthetic_8"], "methods": {"vae": None}, "dims": [5]} | slower,
    ]
    plan = fabricated.plan(grid=grid)
    told = printed_protocol(plan.cells, ["active"], runs=plan.runs)
    sizes = next(field for field in told.training if field.name == "batch_size")
    assert sizes.values == {"50": ("synthetic_8 vae L = 3, 10",), "60": ("synthetic_8 vae L = 5",)}
    one, other = plan.cells
    runs = [Run(one, 3, 0), Run(one, 3, 1), Run(other, 3, 2)]
    places = places_by_value({"50": [one], "60": [other]}, runs)
    assert places == {"50": [("synthetic_8", "vae", "seed 0, 1")], "60": [("synthetic_8", "vae", "seed 2")]}


def test_an_exhibit_counts_and_notes_the_runs_that_it_draws(fabricated) -> None:
    exhibit = {"kind": "results", "name": "results", "options": {"dims": [3]}}
    grid = [
        {"datasets": ["synthetic_8"], "methods": {"vae": None}, "dims": [3, 10], "seeds": 2},
        {"datasets": ["synthetic_8"], "methods": {"vae": None}, "dims": [5], "note": "only here"},
    ]
    plan = fabricated.plan(grid=grid, exhibits=[exhibit])
    planned = plan.exhibits[0]
    drawn = results_table.draw(Context(plan, planned.entry, planned.options, outcomes(plan), fabricated.reports))
    assert runs_in_words(drawn, outcomes(plan)).startswith("0 of 2 runs done")
    assert [cell.note for cell in drawn.cells] == [""]
    assert not drawn.table.footnotes or "only here" not in drawn.table.footnotes[0].text


def test_only_fields_that_move_the_metrics_shown_are_printed(fabricated) -> None:
    names = {field.name for field in printed(fabricated, ["active"]).evaluation}
    assert names == {"checkpoint"}
    names = {field.name for field in printed(fabricated, ["frechet_distance"]).evaluation}
    assert {"axes", "split", "n_generated", "n_reference"} <= names
    assert "n_covariance" not in names
    names = {field.name for field in printed(fabricated, ["frechet_distance"], protocol=WIDE).evaluation}
    assert {"n_jacobian", "relevance_share"} <= names


def test_examples_depend_on_the_choice_of_axes_alone(fabricated) -> None:
    assert [field.name for field in printed(fabricated, []).evaluation] == ["axes"]


def test_fields_that_a_method_leaves_unused_are_told(fabricated) -> None:
    told = printed(fabricated, ["frechet_distance"], methods={"pca": None})
    assert "batch_size" in told.unused["pca"]
    assert next(field for field in told.training if field.name == "batch_size").values == {"50": ()}


def test_settings_of_a_method_are_printed_with_each_variant(fabricated) -> None:
    told = printed(fabricated, ["active"], methods={"vae": {"beta": 4.0}})
    assert told.settings == {"vae (synthetic_8)": "beta 4", "vae (synthetic_4)": "beta 1"}


def test_what_is_printed_is_exactly_what_names_the_metrics_file(fabricated) -> None:
    metrics = [{"name": "frechet_distance", "axes": axes} for axes in ("all", "active", "jacobian")]
    grid = [{"datasets": ["synthetic_8"], "methods": {"vae": None}, "dims": [4]}]
    cell = fabricated.plan(grid=grid, metrics=[*metrics, "active", "active_jacobian", "nac"]).cells[0]
    evaluation = cell.protocol.evaluation
    for requested in cell.metrics:
        for name in type(evaluation).model_fields:
            another = (
                Evaluation.model_validate({name: {"name": "gaussian"}}).sampler if name == "sampler" else "another"
            )
            changed = evaluation.model_copy(update={name: another})
            file = RequestedMetric.of(requested.metric, changed, requested.axes).file
            assert (file != requested.file) == (name in requested.fields)


def test_what_chooses_the_weights_is_printed(fabricated) -> None:
    evaluation = {"checkpoint": "best(frechet_distance)", "evaluate_every": 1}
    protocol = {"training": {"epochs": 2, "batch_size": 50}, "evaluation": evaluation}
    names = {field.name for field in printed(fabricated, ["nac"], protocol=protocol).evaluation}
    assert {"checkpoint", "evaluate_every", "axes", "n_generated", "n_reference"} <= names
    protocol["evaluation"] = {"evaluate_every": 1}
    assert not names & {field.name for field in printed(fabricated, ["active"], protocol=protocol).evaluation} - {
        "checkpoint"
    }


def test_data_are_named_by_their_kind_and_options_without_places(fabricated) -> None:
    datasets = {
        "mine": {"kind": "dsprites_rendered", "levels": {"position_x": 2, "position_y": 2}, "n": 300},
        "own": {"kind": "mnist", "path": "/somewhere/private"},
    }
    grid = [{"datasets": ["mine", "own"], "methods": {"vae": None}, "dims": [4]}]
    plan = fabricated.plan(datasets=datasets, grid=grid, metrics=["mse_per_pixel"])
    told = printed_protocol(plan.cells, ["mse_per_pixel"])
    kept = "levels (shape 3, scale 6, orientation 40, position_x 2, position_y 2)"
    assert told.data["mine"] == f"dSprites (re-rendered): {kept}, n 300, test_fraction 0.1, seed 0"
    assert told.data["own"] == "MNIST: size 28; licence CC BY-SA 3.0"
    assert "private" not in "".join(told.lines())


def test_a_licence_is_told_where_the_data_are_somebody_elses(fabricated, tmp_path) -> None:
    (tmp_path / "a").mkdir()
    datasets = {"mine": {"kind": "image_folder", "path": str(tmp_path / "a"), "size": 8}}
    grid = [{"datasets": ["sprites", "synthetic_4", "mine"], "methods": {"vae": None}, "dims": [4]}]
    plan = fabricated.plan(datasets=datasets, grid=grid, metrics=["mse_per_pixel"])
    told = printed_protocol(plan.cells, ["mse_per_pixel"])
    assert "; licence CC-BY-SA 3.0 or GPL 3.0, frames and pictures of them too" in told.data["sprites"]
    assert "licence" not in told.data["synthetic_4"] + told.data["mine"]
