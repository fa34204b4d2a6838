"""Which weights are measured: what can't be there is refused before any compute; files' names tell them apart."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from latentdim import registry
from latentdim.plan import cost
from latentdim.plan.expand import plan_study
from latentdim.plan.preflight import needed_mb
from latentdim.registry.declarations import Method
from latentdim.study.evaluation import Evaluation
from latentdim.study.requested_metrics import RequestedMetric

Refused = Callable[..., str]
ENTRY: dict[str, Any] = {"datasets": ["digits"], "methods": {"vae": {}}, "dims": [2]}


def grid(**change: Any) -> dict[str, Any]:
    return {"grid": [ENTRY | change]}


def weights(**evaluation: Any) -> dict[str, Any]:
    return {"training": {"epochs": 3, "batch_size": 16}, "evaluation": evaluation}


MISTAKES = {
    "a best checkpoint of a control": (
        grid(methods={"pca": {}}, protocol=weights(checkpoint="best(mse_per_pixel)", evaluate_every=1)),
        "grid.0.methods.pca: isn't trained in steps, so evaluation.checkpoint = 'best(mse_per_pixel)' doesn't exist; "
        "use 'last'",
    ),
    "a checkpoint within stages": (
        grid(methods={"two_stage_vae": {}}, protocol=weights(checkpoint=1, evaluate_every=1)),
        "grid.0.methods.two_stage_vae: is trained in stages (first, second), of which no weights are kept on the way; "
        "use evaluation.checkpoint 'last' without evaluate_every",
    ),
    "a checkpoint beyond the training's end": (
        grid(protocol=weights(checkpoint=4, evaluate_every=2)),
        "grid.0: evaluation.checkpoint = 4, evaluation.evaluate_every = 2: the training has 3 whole epochs",
    ),
    "weights to choose from beyond the training's end": (
        grid(protocol=weights(checkpoint="best(mse_per_pixel)", evaluate_every=4)),
        "evaluation.evaluate_every = 4: the training has 3 whole epochs",
    ),
    "a checkpoint between those that are kept": (
        grid(protocol=weights(checkpoint=3, evaluate_every=2)),
        "grid.0.protocol.evaluation: checkpoint = 3 is no multiple of evaluate_every = 2, whose weights are kept; take "
        "2 or 4, or another evaluate_every",
    ),
    "a checkpoint where none are kept": (
        grid(protocol=weights(checkpoint="best(mse_per_pixel)")),
        "grid.0.protocol.evaluation: checkpoint = 'best(mse_per_pixel)' takes weights that were kept after some "
        "epochs: evaluate_every says which",
    ),
    "a misspelt metric that chooses": (
        grid(protocol=weights(checkpoint="best(mse_per_pixl)", evaluate_every=1)),
        "grid.0.protocol.evaluation.checkpoint = 'best(mse_per_pixl)': 'mse_per_pixl' is not a metric; did you mean "
        "'mse_per_pixel'?",
    ),
    "a metric without a direction that chooses": (
        {"protocol": weights(checkpoint="best(active)", evaluate_every=1)},
        ": protocol.evaluation.checkpoint = 'best(active)': neither a higher nor a lower 'active' is better",
    ),
    "a metric of the machine that chooses": (
        {"protocol": weights(checkpoint="best(train_seconds)", evaluate_every=1)},
        "'train_seconds' tells of the machine, not of the weights",
    ),
    "a metric that chooses and isn't defined for the data": (
        grid(protocol=weights(checkpoint="best(mig)", evaluate_every=1)),
        "evaluation.checkpoint = 'best(mig)': 'mig' needs images with a factor space, which 'digits' isn't",
    ),
    "another checkpoint": (
        {"protocol": weights(checkpoint="first")},
        "protocol.evaluation.checkpoint = 'first': give 'last', 'best', 'best(<metric>)' or a number of epochs, from 1",
    ),
    "no epochs": ({"protocol": weights(checkpoint=0)}, "protocol.evaluation.checkpoint = 0: give 'last', 'best'"),
}


@pytest.mark.parametrize(("change", "sentence"), MISTAKES.values(), ids=list(MISTAKES))
def test_weights_that_wont_be_there_are_refused(refused: Refused, change: dict[str, Any], sentence: str) -> None:
    message = refused({"protocol": {"training": {"epochs": 3, "batch_size": 16}}} | change)
    assert message.startswith("…/study.yaml has 1 problem:\n"), message
    assert sentence in message, message


@pytest.fixture
def measuring() -> Iterator[Callable[..., Method]]:
    """A function that registers a copy of the VAE, ``measuring``, whose declaration measures something."""
    methods = registry.methods().declarations

    def declare(*names: str) -> Method:
        methods["measuring"] = replace(methods["vae"], name="measuring", measures=names)  # type: ignore[index]
        return methods["measuring"]

    yield declare
    methods.pop("measuring", None)  # type: ignore[attr-defined]


MEASURES = {
    "mse_per_pixl": "measures 'mse_per_pixl', which is not a metric; did you mean 'mse_per_pixel'?",
    "mig": "grid.0.methods.measuring: measures 'mig': 'mig' needs images with a factor space, which 'digits' isn't",
}


@pytest.mark.parametrize(("metric", "sentence"), MEASURES.items(), ids=list(MEASURES))
def test_a_metric_that_a_method_cant_measure_is_refused(
    refused: Refused, measuring: Callable[..., Method], metric: str, sentence: str
) -> None:
    measuring(metric)
    assert sentence in refused(grid(methods={"measuring": {}}))


def test_a_metric_is_held_against_the_settings_that_the_method_measures_it_with(
    refused: Refused, measuring: Callable[..., Method], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LATENTDIM_INCEPTION", "/nowhere/weights.pth")

    def measures(config: Any) -> dict[str, Any]:
        return {"prd_recall": {"distribution": {"features": "inception" if config.beta > 1 else "raw"}}}

    method = replace(measuring(), measures=measures)
    registry.methods().declarations["measuring"] = method  # type: ignore[index]
    message = refused(grid(methods={"measuring": {"beta": {"sweep": [1.0, 2.0]}}}))
    assert message.count("measures 'prd_recall'") == message.count("LATENTDIM_INCEPTION") == 1


def test_the_versions_of_what_a_method_measures_are_part_of_its_key(
    sound_study: Path, measuring: Callable[..., Method], monkeypatch: pytest.MonkeyPatch
) -> None:
    sound_study.write_text(sound_study.read_text().replace("vae:", "measuring:"))

    def key() -> str:
        return plan_study(str(sound_study)).cells[0].key

    measuring()
    without = key()
    measuring("mse_per_pixel")
    one = key()
    metrics = registry.metrics()
    newer = replace(metrics.get("mse_per_pixel"), version=metrics.get("mse_per_pixel").version + 1)
    monkeypatch.setitem(metrics.declarations, "mse_per_pixel", newer)  # type: ignore[arg-type]
    assert len({without, one, key()}) == 3


def file_of(metric: str, **evaluation: Any) -> str:
    return RequestedMetric.of(registry.metrics().get(metric), Evaluation(**evaluation), None).file


def test_a_file_of_chosen_weights_is_named_for_all_that_chooses_them() -> None:
    best = {"checkpoint": "best(frechet_distance)", "evaluate_every": 2}
    name = file_of("active", **best)
    assert name != file_of("active")
    assert name != file_of("active", **best | {"checkpoint": "best(mse_per_pixel)"})
    assert name != file_of("active", **best | {"evaluate_every": 1})
    assert name != file_of("active", **best | {"n_generated": 500})  # which the Fréchet distance depends on
    assert name == file_of("active", **best | {"kde": {"steps": 5}})


def test_a_file_of_given_weights_is_named_for_them_alone() -> None:
    assert file_of("active", evaluate_every=3) == file_of("active")
    four = file_of("active", evaluate_every=2, checkpoint=4)
    assert four == file_of("active", evaluate_every=4, checkpoint=4)
    assert len({four, file_of("active"), file_of("active", evaluate_every=2, checkpoint=6)}) == 3


def test_evaluating_on_the_way_trains_nothing_else_and_costs_time_and_space(sound_study: Path, tmp_path: Path) -> None:
    text = sound_study.read_text()
    plain = plan_study(str(sound_study), results=tmp_path / "results")
    sound_study.write_text(
        text.replace("steps: 10", "epochs: 9").replace("training:", "evaluation: {evaluate_every: 2}\n  training:")
    )
    nine = plan_study(str(sound_study), results=tmp_path / "results")
    sound_study.write_text(text.replace("steps: 10", "epochs: 9"))
    seldom = plan_study(str(sound_study), results=tmp_path / "results")
    assert nine.cells[0].key == seldom.cells[0].key != plain.cells[0].key
    assert cost.evaluations_of(nine.cells[0].protocol, nine.cells[0].dataset.info) == 4
    assert nine.cells[0].minutes(2) - seldom.cells[0].minutes(2) == pytest.approx(4 * cost.SECONDS_PER_RUN / 60)
    prepared = sum(spec.preparing_mb for spec in plain.datasets.values())
    one_run = needed_mb(seldom) - prepared - 0.2  # weights, and a checkpoint of three times their size
    assert needed_mb(nine) - needed_mb(seldom) == pytest.approx(one_run)
