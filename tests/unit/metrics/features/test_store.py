"""What runs share: read back where it is the same, made anew where anything about it changed."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event
from time import sleep, time
from types import SimpleNamespace

import pytest
import torch

from latentdim.metrics.features import sets, store
from latentdim.metrics.features.store import kept
from latentdim.metrics.fid.measure import measure
from latentdim.system.leases import lease
from latentdim.training.data import Split


@pytest.fixture
def context(pictured, tmp_path):
    return pictured(n_test=80, n_generated=70, fid={"layer": 64}, cache=tmp_path / "features")


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many examples went through an extractor, call by call."""
    seen, whole = [], sets.extracted

    def watched(extractor: object, examples: torch.Tensor) -> torch.Tensor:
        seen.append(len(examples))
        return whole(extractor, examples)

    monkeypatch.setattr(sets, "extracted", watched)
    return seen


def files(context) -> list[str]:
    return sorted(path.name.rsplit("-", 1)[0] for path in context.cache.glob("*.safetensors"))


def test_a_second_run_reads_the_reference_and_gets_the_same_value(context, small_inception, looked_at):
    first = measure(context)
    assert looked_at == [80, 70]
    assert files(context) == ["inception-64-features", "inception-64-floor", "inception-64-moments"]
    second = measure(replace(context, shared={}))
    assert looked_at == [80, 70, 70]
    assert second == first
    assert measure(replace(context, shared={}, cache=None)) == first


def test_metrics_of_one_run_share_both_sets(context, small_inception, looked_at):
    measure(replace(context, cache=None))
    measure(replace(context, cache=None))
    assert looked_at == [80, 70]


def other_pixel(context, monkeypatch, inception_file, tmp_path):
    values = context.data.test.values.clone()
    values[3, 0, 0, 0] ^= 1
    return replace(context, data=replace(context.data, test=Split(values)))


def fewer(context, *given):
    return of_evaluation(context, n_reference=75)


def other_resize(context, *given):
    return of_evaluation(context, fid={"layer": 64, "resize": "bilinear"})


def other_split(context, *given):
    data = replace(context.data, train=context.data.test)
    return replace(of_evaluation(context, split="train"), data=data)


def other_weights(context, monkeypatch, inception_file, tmp_path):
    state = torch.load(inception_file, weights_only=True)
    state["Conv2d_1a_3x3.conv.weight"] *= 1.01
    torch.save(state, tmp_path / "other.pth")
    monkeypatch.setenv("LATENTDIM_INCEPTION", str(tmp_path / "other.pth"))
    return context


def other_generated_pixels(context, *given):
    return of_evaluation(context, fid={"layer": 64, "quantisation": "truncate"})


def other_threads(context, monkeypatch, *given):
    monkeypatch.setattr(torch, "get_num_threads", lambda: 7)
    return context


def of_evaluation(context, **fields):
    evaluation = context.evaluation.model_validate(context.evaluation.model_dump() | fields)
    return replace(context, evaluation=evaluation)


@pytest.mark.parametrize(
    ("change", "anew"),
    [(other_pixel, True), (fewer, True), (other_resize, True), (other_split, True), (other_weights, True),
     (other_threads, True), (other_generated_pixels, False)],
)  # fmt: skip
def test_what_may_change_the_reference_s_features_makes_them_anew(
    context, small_inception, looked_at, monkeypatch, tmp_path, change: Callable[..., object], anew: bool
):
    measure(context)
    del looked_at[:]
    other = replace(change(context, monkeypatch, small_inception, tmp_path), shared={})
    measure(other)
    n_reference = min(80, other.evaluation.n_reference)
    assert looked_at == ([n_reference, 70] if anew else [70])


def test_a_damaged_file_is_made_again(context):
    first = kept(context, "thing", {"a": 1}, lambda: {"x": torch.arange(3.0)})
    (path,) = context.cache.glob("thing-*.safetensors")
    path.write_bytes(path.read_bytes()[:-5])
    again = kept(replace(context, shared={}), "thing", {"a": 1}, lambda: {"x": torch.arange(3.0)})
    assert torch.equal(first["x"], again["x"])
    read = kept(replace(context, shared={}), "thing", {"a": 1}, lambda: pytest.fail("made again"))
    assert torch.equal(first["x"], read["x"])


def test_while_one_makes_it_the_others_wait_and_read(context, monkeypatch, capsys):
    polled, path = Event(), context.cache / "thing.safetensors"

    def polls(seconds: float) -> None:
        polled.set()
        sleep(0.01)

    monkeypatch.setattr("latentdim.system.leases.time", SimpleNamespace(sleep=polls, time=time))
    made = {"x": torch.ones(2)}
    with ThreadPoolExecutor(1) as other, lease(context.cache / ".thing.lease"):
        waiting = other.submit(store._on_disk, path, lambda: pytest.fail("made twice"), torch.device("cpu"))
        assert polled.wait(timeout=20)
        store._made(path, lambda: made)
        assert torch.equal(waiting.result(timeout=20)["x"], made["x"])
    assert capsys.readouterr().err.count("thing.safetensors is being made: held by process") == 1


def test_a_maker_that_fails_leaves_nothing_behind(context):
    with pytest.raises(ZeroDivisionError):
        kept(context, "thing", {}, lambda: {"x": torch.ones(1) / (1 // 0)})
    assert [path.name for path in context.cache.iterdir() if path.suffix != ".lease"] == []
    assert kept(context, "thing", {}, lambda: {"x": torch.ones(1)})["x"].item() == 1.0
