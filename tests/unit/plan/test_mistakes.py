"""Each mistake in a study is refused before any compute: file, key, value and the nearest valid name are told."""

from collections.abc import Callable
from typing import Any

import pytest

from latentdim import registry

Refused = Callable[..., str]
ENTRY: dict[str, Any] = {"datasets": ["digits"], "methods": {"vae": {}}, "dims": [2]}


def grid(**change: Any) -> dict[str, Any]:
    return {"grid": [ENTRY | change]}


METHODS = ", ".join(sorted(method.name for method in registry.methods()))

MISTAKES = {
    "unknown method": (
        grid(methods={"ard_vea": {}}),
        f"grid.0.methods.ard_vea: not a method; did you mean 'ard_vae'? (known: {METHODS})",
    ),
    "unknown dataset": (grid(datasets=["digit"]), "grid.0.datasets.0 = 'digit': not a dataset; did you mean 'digits'?"),
    "unknown metric": (
        {"metrics": ["mse_per_pixle"]},
        "metrics.0 = 'mse_per_pixle': not a metric; did you mean 'mse_per_pixel'?",
    ),
    "unknown key in a method": (
        grid(methods={"vae": {"bta": 4.0}}),
        "grid.0.methods.vae.bta: unknown key; did you mean 'beta'? (known: beta)",
    ),
    "unknown key in the study": ({"metricks": []}, "metricks: unknown key; did you mean 'metrics'?"),
    "unknown key in the grid": (grid(dim=[2]), "grid.0.dim: unknown key; did you mean 'dims'?"),
    "unknown key in the protocol": (
        {"protocol": {"training": {"step": 10, "steps": 10}}},
        "protocol.training.step: unknown key; did you mean 'steps'?",
    ),
    "unknown key in the network": (
        {"protocol": {"training": {"steps": 10, "network": {"name": "mlp", "hiden": [10]}}}},
        "protocol.training.network.hiden: unknown key; did you mean 'hidden'?",
    ),
    "unknown network": (
        {"protocol": {"training": {"steps": 10, "network": {"name": "ard_conf"}}}},
        "protocol.training.network.name = 'ard_conf': not a network; did you mean 'ard_conv'? (known: ",
    ),
    "unknown network laid over the protocol": (
        grid(protocol={"training": {"network": {"name": "mpl"}}}),
        "grid.0.protocol.training.network.name = 'mpl': not a network; did you mean 'mlp'? (known: ",
    ),
    "a network that is only a name": (
        {"protocol": {"training": {"steps": 10, "network": "mlp"}}},
        "protocol.training.network = 'mlp': should be a network's name and its options",
    ),
    "unknown key in a network laid over the protocol": (
        grid(protocol={"training": {"network": {"name": "ard_conv", "hidden": [10]}}}),
        "grid.0.protocol.training.network.hidden: unknown key; did you mean 'fixed_hidden_seed'? (known: ",
    ),
    "unknown value in the network": (
        {"protocol": {"training": {"steps": 10, "network": {"activation": "rleu"}}}},
        "protocol.training.network.activation = 'rleu': should be 'relu', 'leaky_relu', 'tanh' or 'silu'",
    ),
    "a value out of range in the network": (
        {"protocol": {"training": {"steps": 10, "network": {"hidden": [16, 0]}}}},
        "protocol.training.network.hidden.1 = 0: should be greater than 0",
    ),
    "too few layers in the network": (
        {"protocol": {"training": {"steps": 10, "network": {"name": "ard_conv", "filters": [4]}}}},
        "protocol.training.network.filters: must not be empty",
    ),
    "unknown key laid over the protocol": (
        grid(protocol={"evaluation": {"axis": "all"}}),
        "grid.0.protocol.evaluation.axis: unknown key; did you mean 'axes'?",
    ),
    "unknown value": (
        grid(protocol={"evaluation": {"axes": "actve"}}),
        "grid.0.protocol.evaluation.axes = 'actve': should be 'all', 'active' or 'jacobian'",
    ),
    "an unknown sampler": (
        grid(protocol={"evaluation": {"sampler": {"name": "mixtur"}}}),
        "grid.0.protocol.evaluation.sampler.name = 'mixtur': should be 'model', 'standard_normal', 'gaussian', "
        "'mixture', 'flow' or 'second_stage'",
    ),
    "a setting of another sampler": (
        grid(protocol={"evaluation": {"sampler": {"name": "gaussian", "components": 3}}}),
        "components = 3 belongs to mixture, not 'gaussian'",
    ),
    "a sampler for constant codes": (
        grid(methods={"constant": {}}, protocol={"evaluation": {"sampler": {"name": "gaussian"}}}),
        "grid.0.methods.constant: its codes are constant, so evaluation.sampler.name = 'gaussian' can't be fitted; use "
        "'model'",
    ),
    "a flow on one axis": (
        grid(dims=[1, 2], protocol={"evaluation": {"sampler": {"name": "flow"}}}),
        "grid.0.dims = 1: evaluation.sampler.name = 'flow' needs two dimensions at least; use 'mixture'",
    ),
    "a mixture of more components than examples": (
        grid(
            protocol={
                "training": {"n_train": 100, "batch_size": 10},
                "evaluation": {"sampler": {"name": "mixture", "components": 101}},
            }
        ),
        "grid.0: evaluation.sampler.name = 'mixture' with 101 components needs as many training examples at least; "
        "'digits' leaves 100",
    ),
    "unknown exhibit": (
        {"exhibits": [{"kind": "curv", "name": "a"}]},
        "exhibits.0.kind = 'curv': not an exhibit; did you mean 'curve'?",
    ),
    "wrong type": (grid(dims=["8"]), "grid.0.dims.0 = '8': should be a valid integer"),
    "true is not a number": (grid(dims=[True]), "grid.0.dims.0 = True: should be a valid integer"),
    "a whole number with a point": (grid(dims=[8.0]), "grid.0.dims.0 = 8.0: should be a valid integer; write 8"),
    "an epoch with a point": (
        {"protocol": {"training": {"epochs": 1000.0}}},
        "protocol.training.epochs = 1000.0: should be a valid integer; write 1000",
    ),
    "a label that is no text to YAML": (
        grid(label=False),
        "grid.0.label = False: should be a valid string; YAML reads this one otherwise, so put it in quotes",
    ),
    "a label that is a number to YAML": (
        grid(label=1e-3),
        "grid.0.label = 0.001: should be a valid string; YAML reads",
    ),
    "a title that is a number to YAML": ({"title": 12}, "title = 12: should be a valid string; YAML reads this"),
    "a metric that the data can't have": (
        {
            "metrics": ["mse_per_pixel", "kde_log_likelihood"],
            "exhibits": [
                {
                    "kind": "curve",
                    "name": "a",
                    "options": {
                        "datasets": ["digits"],
                        "left": {"metric": "kde_log_likelihood", "curves": [{"label": "vae"}]},
                    },
                }
            ],
        },
        "exhibits.0.options.left.metric = 'kde_log_likelihood': needs vectors, which 'digits' can't give",
    ),
    "out of range": (grid(dims=[8, -16]), "grid.0.dims.1 = -16: should be greater than or equal to 1"),
    "no seeds": (grid(seeds=0), "grid.0.seeds = 0: should be greater than or equal to 1"),
    "empty grid": ({"grid": []}, "grid: must not be empty"),
    "empty dimensions": (grid(dims=[]), "grid.0.dims: must not be empty"),
    "no length": ({"protocol": {"training": {}}}, "protocol.training: give exactly one of 'epochs' and 'steps'"),
    "duplicate runs": (grid(dims=[2, 2]), "seed0 is asked for twice; each must appear once"),
    "two settings in one row": (
        {"grid": [ENTRY, ENTRY | {"methods": {"vae": {"beta": 2.0}}}]},
        "grid.1: 'vae' on 'digits' at L = 2 has 2 different settings, in grid.0 (line 2) too; "
        "give the grid entries different 'label's",
    ),
    "a sweep of nothing": (
        grid(methods={"vae": {"beta": {"sweep": []}}}),
        "grid.0.methods.vae.beta.sweep: must not be empty",
    ),
    "a sweep that is no list": (
        grid(methods={"vae": {"beta": {"sweep": 3}}}),
        "grid.0.methods.vae.beta.sweep = 3: should be a list of values",
    ),
    "a key beside a sweep": (
        grid(methods={"vae": {"beta": {"sweep": [1.0], "log": True}}}),
        "grid.0.methods.vae.beta.log: unknown key beside 'sweep'",
    ),
    "a misspelt sweep": (
        grid(methods={"vae": {"beta": {"sweeep": [1, 2]}}}),
        "grid.0.methods.vae.beta.sweeep: unknown key; did you mean 'sweep'?",
    ),
    "a misspelt sweep in a block": (
        grid(methods={"ard_vae": {"beta": {"swep": [1, 2]}}}),
        "grid.0.methods.ard_vae.beta.swep: unknown key; did you mean 'sweep'?",
    ),
    "a value of a sweep that the method refuses": (
        grid(methods={"vae": {"beta": {"sweep": [1.0, -2.0]}}}),
        "grid.0.methods.vae.beta.sweep.1 = -2.0: should be greater than",
    ),
    "a sweep of an unknown setting": (
        grid(methods={"vae": {"beat": {"sweep": [1.0]}}}),
        "grid.0.methods.vae.beat.sweep.0: unknown key; did you mean 'beta'?",
    ),
    "a value twice in a sweep": (
        grid(methods={"vae": {"beta": {"sweep": [1, 1.0]}}}),
        "seed0 is asked for twice; each must appear once",
    ),
    "a label that a sweep makes too": (
        {"grid": [ENTRY | {"label": "vae beta=2"}, ENTRY | {"methods": {"vae": {"beta": {"sweep": [2.0, 4.0]}}}}]},
        "grid.1: 'vae beta=2' on 'digits' at L = 2 has 2 different settings",
    ),
    "L above the number of input values": (
        grid(dims=[65]),
        "grid.0.dims = 65: 'vae' takes at most the 64 input values of 'digits'",
    ),
    "no factors": (
        grid(methods={"oracle": {}}),
        "grid.0.methods.oracle: needs a dataset with known factors; 'digits' has none",
    ),
    "a batch larger than the data": (
        grid(protocol={"training": {"batch_size": 5000}}),
        "fewer than protocol.training.batch_size = 5000",
    ),
    "a best checkpoint of a method without a validation loss": (
        grid(
            methods={"maskaae": {}},
            protocol={"training": {"n_validation": 100}, "evaluation": {"checkpoint": "best"}},
        ),
        "grid.0.methods.maskaae: has no validation loss to choose the 'best' checkpoint by; use 'last'",
    ),
    "a best checkpoint before the first epoch ends": (
        {"protocol": {"training": {"steps": 3, "n_validation": 100}, "evaluation": {"checkpoint": "best"}}},
        "grid.0: 3 steps are less than an epoch, so there is no 'best' checkpoint; use 'last'",
    ),
    "settings that a method can't work with": (
        grid(methods={"ard_vae": {"n_alpha": 1430}}),
        "grid.0.methods.ard_vae.n_alpha = 1430: leaves fewer than one batch of 16 of the 1438 training examples",
    ),
    "a likelihood that a method can't work with": (
        grid(methods={"maskaae": {"reconstruction": "bce"}}),
        "grid.0.methods.maskaae.reconstruction = 'bce': needs protocol.training.network.output 'sigmoid'",
    ),
    "a variance to learn for a method that has none": (
        grid(methods={"wae_mmd": {}}, protocol={"training": {"decoder_variance": "learned"}}),
        "grid.0.methods.wae_mmd: has no variance to learn beside its objective; give "
        "protocol.training.decoder_variance a number or null",
    ),
    "a variance of another likelihood": (
        {
            "protocol": {
                "training": {
                    "steps": 10,
                    "likelihood": "bernoulli",
                    "network": {"output": "sigmoid"},
                    "decoder_variance": 1.0,
                }
            }
        },
        "decoder_variance = 1.0 belongs to likelihood 'gaussian', not 'bernoulli'",
    ),
    "no metric that is defined for the data": (
        {"metrics": ["frechet_distance"]},
        "grid.0: none of the metrics asked for is defined for 'digits' (images)",
    ),
    "validation examples for distances between sets where none are held out": (
        {"protocol": {"training": {"steps": 10}, "evaluation": {"distribution": {"split": "validation"}}}},
        "protocol: evaluation.distribution.split 'validation' needs training.n_validation above 0",
    ),
    "a classifier's features of vectors": (
        {
            "protocol": {"training": {"steps": 10}, "evaluation": {"distribution": {"features": "classifier"}}},
            "metrics": ["improved_precision"],
        }
        | grid(datasets=["synthetic_4"]),
        "grid.0: metric 'improved_precision': evaluation.distribution.features = 'classifier' is for images; vectors "
        "have 'raw' ones",
    ),
    "Inception's features of vectors": (
        {
            "protocol": {"training": {"steps": 10}, "evaluation": {"distribution": {"features": "inception"}}},
            "metrics": ["prd_recall"],
        }
        | grid(datasets=["synthetic_4"]),
        "grid.0: metric 'prd_recall': evaluation.distribution.features = 'inception' is for images; vectors have 'raw' "
        "ones",
    ),
    "a classifier's features of images without classes": (
        {
            "protocol": {"training": {"steps": 10}, "evaluation": {"distribution": {"features": "classifier"}}},
            "metrics": ["improved_recall"],
        }
        | {"datasets": {"squares": {"kind": "dsprites_rendered", "levels": {"shape": 1}}}}
        | grid(datasets=["squares"]),
        "grid.0: metric 'improved_recall': evaluation.distribution.features = 'classifier' needs at least two classes; "
        "the dataset has none",
    ),
    "a registered dataset's name for other data": (
        {"datasets": {"synthetic_8": {"kind": "digits"}}},
        "datasets.synthetic_8: 'synthetic_8' is the name of a registered dataset; call yours something else",
    ),
    "clusters to make of data without classes": (
        {"metrics": ["silhouette"]} | grid(datasets=["synthetic_4"]),
        "grid.0: metric 'silhouette': the dataset has no classes, so evaluation.silhouette.clusters must say how many",
    ),
    "classes of data without them": (
        {
            "metrics": ["silhouette"],
            "protocol": {"training": {"steps": 10}, "evaluation": {"silhouette": {"labels": "classes"}}},
        }
        | grid(datasets=["synthetic_4"]),
        "grid.0: metric 'silhouette': evaluation.silhouette.labels = 'classes' needs classes; the dataset has none",
    ),
    "a network for other images": (
        grid(protocol={"training": {"network": {"name": "ard_conv", "filters": [4, 4]}}}),
        "grid.0 ('digits'): protocol.training.network.decoder_side = 2 makes 32×32 images, but they are 8×8",
    ),
    "a missing data folder": (
        {"datasets": {"mine": {"kind": "image_folder", "path": "no/such/folder"}}} | grid(datasets=["mine"]),
        "no/such/folder",
    ),
    "an unknown kind of dataset": (
        {"datasets": {"mine": {"kind": "image_foler", "path": "x"}}} | grid(datasets=["mine"]),
        "datasets.mine.kind = 'image_foler': not a kind of dataset; did you mean 'image_folder'?",
    ),
    "an unknown option of a dataset": (
        {"datasets": {"mine": {"kind": "image_folder", "pat": "x", "path": "x"}}} | grid(datasets=["mine"]),
        "datasets.mine.pat: unknown key; did you mean 'path'?",
    ),
}


@pytest.mark.parametrize(("change", "told"), MISTAKES.values(), ids=list(MISTAKES))
def test_a_mistake_is_refused_in_a_sentence(refused: Refused, change: dict[str, Any], told: str) -> None:
    message = refused(change)
    assert message.startswith("…/study.yaml has 1 problem:\n"), message
    assert told in message, message


def test_all_problems_are_told_at_once(refused: Refused) -> None:
    change = grid(methods={"vae": {"bta": 1.0}, "ard_vea": {}}, datasets=["digit"]) | {"metrics": ["mse"]}
    message = refused(change)
    assert message.startswith("…/study.yaml has 4 problems:\n")
    for word in ("bta", "ard_vea", "digit", "mse"):
        assert word in message


def test_faults_of_form_and_unknown_names_are_told_together(refused: Refused) -> None:
    change = grid(dims=[-1], methods={"ard_vea": {}}, seed=3) | {"scale": "Huge", "metrics": ["mse"]}
    message = refused(change)
    for word in ("grid.0.dims.0 = -1", "ard_vea", "grid.0.seed: unknown key", "scale = 'Huge'", "metrics.0 = 'mse'"):
        assert word in message, message
    assert message.startswith("…/study.yaml has 5 problems:\n"), message


CURVE = {"left": {"metric": "kde_log_likelihood", "curves": [{"label": "vae"}]}}


def test_a_metric_that_one_of_two_datasets_cannot_have_is_refused_with_its_reason(refused: Refused) -> None:
    """Where the grid has it, but not on the dataset of this curve, and where a table asks for it there."""
    exhibits = [
        {"kind": "curve", "name": "a", "options": CURVE | {"datasets": ["digits"]}},
        {"kind": "results", "name": "b", "options": {"datasets": ["digits"], "metrics": ["kde_log_likelihood"]}},
    ]
    change = grid(datasets=["digits", "synthetic_4"]) | {"metrics": ["active", "kde_log_likelihood"]}
    message = refused(change | {"exhibits": exhibits})
    assert "exhibits.0.options.left.curves.0.label: needs vectors, which 'digits' can't give" in message
    assert "exhibits.1.options.metrics.0.name: needs vectors, which 'digits' can't give" in message


def test_a_wrong_name_of_an_exhibit_hides_nothing_else(refused: Refused) -> None:
    exhibits = [
        {"kind": "curv", "name": "Not a name"},
        {"kind": "results", "name": "Not a name", "options": {"datset": []}},
        {"kind": "reslts", "name": "b", "titel": "B"},
    ]
    message = refused({"exhibits": exhibits})
    assert message.startswith("…/study.yaml has 7 problems:\n"), message
    for word in (
        "exhibits.0.name = 'Not a name'", "exhibits.1.name = 'Not a name'", "exhibits.2.titel: unknown key",
        "exhibits.0.kind = 'curv': not an exhibit; did you mean 'curve'?", "exhibits.2.kind = 'reslts'",
        "exhibits.1.options.datset: unknown key", "the name 'Not a name' is given 2 times",
    ):  # fmt: skip
        assert word in message, message


@pytest.mark.parametrize(
    ("block", "words"),
    [
        ({"smallest": 8, "largest": 2, "metric": "mse_per_pixle"}, ["smallest = 8 is above", "not a metric that this"]),
        ({"smallest": 2, "metric": "mse_per_pixel"}, ["search 'ternary' needs 'smallest' and 'largest'"]),
        ({"smallest": 0, "largest": 4, "metric": "mse_per_pixle"}, ["smallest = 0", "not a metric that this"]),
        ({"smallest": 2, "largest": 4, "metric": "mse_per_pixel", "stpe": 2}, ["dims.stpe: unknown key"]),
    ],
)
def test_a_misspelt_search_hides_no_other_mistake_of_its_block(refused: Refused, block: Any, words: list[str]) -> None:
    message = refused(grid(dims={"search": "ternery"} | block))
    assert message.startswith(f"…/study.yaml has {len(words) + 1} problems:\n"), message
    for word in ("grid.0.dims.search = 'ternery'", *words):
        assert word in message, message
