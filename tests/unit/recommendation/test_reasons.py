"""The answer in words, in a table and as data."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from latentdim.recommendation.document import Estimator, Intrinsic, Recommendation, Vote
from latentdim.recommendation.page import groups_of, span
from latentdim.recommendation.reasons import advice_of, percent, reasons_of
from latentdim.recommendation.rule import Answer, Kind, Point

TWO = Answer(Kind.ANSWER, 2, 2, 2, 2)
CIRCLE = [Point(L, {0: e}, {}) for L, e in {1: 0.0012, 2: 7e-6, 3: 5e-6}.items()]


def intrinsic(dim: float | None, *, low: float = 0.9, high: float = 1.1) -> Intrinsic:
    estimators = {"gride": Estimator(value=dim, interval=(low, high)), "danco": Estimator(value=None, note="too wide")}
    return Intrinsic(dim=dim, interval=None if dim is None else (low, high), n_used=900, estimators=estimators)


def vote(*counts: int, agrees: bool | None = True) -> Vote:
    return Vote(method="m", title="M", start=4, counts=dict(enumerate(counts)), agrees=agrees, settings={"beta": 0.5})


def why(d: Intrinsic | None, answer: Answer = TWO, points: list[Point] = CIRCLE, votes: tuple[Vote, ...] = ()) -> str:
    return " ".join(reasons_of(answer, points, intrinsic=d, votes=votes, n_values=24))


def test_the_gap_to_the_intrinsic_dimension_is_explained_with_the_errors_about_it() -> None:
    text = why(intrinsic(1.02))
    assert "The intrinsic dimension is about 1.02, which is less: data that close on themselves" in text
    assert "the error is 0.12 % at L = 1 and 0.0007 % at L = 2" in text


def sweep(errors: dict[int, float]) -> list[Point]:
    return [Point(L, {0: e}, {}) for L, e in errors.items()]


LITTLE, NOISE = "gain less than 2 % of the variance and nothing steeply", "no more than noise would let them"


@pytest.mark.parametrize(
    ("errors", "present", "absent"),
    [
        ({1: 0.5, 2: 0.01, 3: 0.0099}, f"Larger sizes {LITTLE}.", (NOISE,)),
        ({1: 0.9, 2: 0.5, 12: 0.2}, f"Larger sizes gain {NOISE}.", (LITTLE,)),
        ({1: 0.9, 2: 0.5, 3: 0.495, 12: 0.2}, f"Larger sizes {LITTLE}, or {NOISE}.", ()),
        ({1: 0.5, 2: 0.01}, "at L = 2.", ("Larger sizes",)),
    ],
)
def test_of_larger_sizes_only_what_applies_is_told(
    errors: dict[int, float], present: str, absent: tuple[str, ...]
) -> None:
    text = why(None, points=sweep(errors))
    assert present in text
    assert not any(clause in text for clause in absent)


@pytest.mark.parametrize(("beta", "end"), [(0.05, "smallest"), (5.0, "largest"), (0.5, "")])
def test_a_weight_at_the_end_of_its_grid_is_told(beta: float, end: str) -> None:
    text = why(None, votes=(vote(2).model_copy(update={"settings": {"beta": beta}}),))
    assert (f"Its β, {beta:g}, is the {end} that it was chosen from" in text) == bool(end)
    assert ("Its β" in text) == bool(end)


def test_a_distance_without_a_value_is_told() -> None:
    told = "so the error alone decides"
    assert told in why(None)
    assert told not in why(None, points=[Point(L, {0: 0.1 / L}, {0: 1.0}) for L in (1, 2, 3)])


def test_an_intrinsic_dimension_that_agrees_needs_no_explanation() -> None:
    assert "about 1.7, agrees" in why(intrinsic(1.7, low=1.2, high=2.3))
    assert "held the truth" not in why(intrinsic(1.7, low=1.2, high=2.3))
    assert "intrinsic" not in why(intrinsic(None))
    assert "intrinsic" not in why(None)


def test_an_answer_within_the_interval_alone_is_told_with_how_often_such_intervals_hold_the_truth() -> None:
    text = why(intrinsic(1.2, low=0.8, high=2.3))
    assert "L = 2 lies within its interval of 95 %, 0.8 to 2.3, which held the truth in 107 of 180 test cases." in text
    assert "The intrinsic dimension, about 1.2, agrees" not in text
    assert "held the truth in 107 of 180" in list(groups_of(recommendation()))[1].rows[0].meaning


def test_a_larger_intrinsic_dimension_is_told_as_directions_of_little_variance() -> None:
    assert "which is more: the other directions hold too little" in why(intrinsic(5.0, low=4.5, high=5.5))


def test_methods_agree_or_not_seed_by_seed() -> None:
    text = why(None, votes=(vote(2, 2, 2), vote(3, 4, agrees=False), vote(agrees=None)))
    assert "M, started from 4, keeps 2 over 3 seeds: it agrees." in text
    assert "M, started from 4, keeps 3 to 4 over 2 seeds: it disagrees." in text
    assert "counted nothing" in text


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (Answer(Kind.NOISE), "than noise of equal strength in all 24 directions"),
        (Answer(Kind.NO_BEND, by_error=3), "at L = 3, still falls at the largest size tried"),
    ],
)
def test_why_there_is_no_answer(answer: Answer, sentence: str) -> None:
    assert sentence in why(intrinsic(1.0), answer)
    assert "which is less" not in why(intrinsic(1.0), answer)


def test_advice_follows_from_what_was_found() -> None:
    assert advice_of(TWO, [vote(2)], n_examples=5000, longer="Longer.") == ("Longer.",)
    disagreeing = advice_of(TWO, [vote(5, agrees=False)], n_examples=5000, longer="Longer.")
    assert "Methods disagree" in disagreeing[0]
    few = advice_of(Answer(Kind.NOISE), [], n_examples=60, longer="Longer.")
    assert "60 examples are few" in few[1]


@pytest.mark.parametrize(("share", "text"), [(0.025, "2.5 %"), (0.00012, "0.012 %"), (1.03, "103 %"), (0.5, "50 %")])
def test_shares_are_told_in_per_cent(share: float, text: str) -> None:
    assert percent(share) == text


def recommendation(**changed: Any) -> Recommendation:
    whole: dict[str, Any] = {
        "recommended_dim": 2, "interval": (2, 3), "kind": Kind.ANSWER, "reasons": (), "advice": (),
        "intrinsic": intrinsic(1.02), "linear": {"0.95": 4}, "sweep": (), "votes": (vote(2, 3),), "weights": {},
        "data": {}, "protocol": {}, "costs": {}, "latentdim": "0",
    }  # fmt: skip
    return Recommendation(**whole | changed)


def test_everything_asked_stands_in_the_table_and_what_has_no_vote_says_so() -> None:
    latent, own, linear = groups_of(recommendation())
    assert [(row.who, row.says, row.interval) for row in latent.rows] == [
        ("Plain autoencoder, one a size", "2", "2–3"), ("M, started from 4, beta = 0.5", "2 to 3", ""),
    ]  # fmt: skip
    assert [(row.who, row.says, row.meaning) for row in own.rows[1:]] == [
        ("Gride", "1.02", ""), ("DANCo", "–", "too wide"),
    ]  # fmt: skip
    assert [row.meaning for row in linear.rows] == ["no vote"]
    assert len(list(groups_of(recommendation(intrinsic=None)))) == 2


@pytest.mark.parametrize(
    ("changed", "headline", "code"),
    [
        ({}, "recommended L = 2 (2–3)", 0),
        ({"interval": (2, 2)}, "recommended L = 2", 0),
        ({"recommended_dim": None, "kind": Kind.NOISE}, "no answer: nothing but noise was learned", 3),
        ({"recommended_dim": None, "kind": Kind.EVERY_DIMENSION}, "no answer: every dimension is needed", 3),
        ({"recommended_dim": None, "kind": Kind.NO_BEND}, "no answer: the error has no bend", 3),
    ],
)
def test_headline_and_exit_code(changed: dict[str, Any], headline: str, code: int) -> None:
    answer = recommendation(**changed)
    assert (answer.headline, answer.exit_code) == (headline, code)
    assert Recommendation.model_validate_json(answer.model_dump_json()) == answer


def test_every_key_is_described_and_others_are_refused() -> None:
    schema = Recommendation.model_json_schema()
    described = {name for name, field in schema["properties"].items() if "description" in field or "$ref" in field}
    assert described == set(Recommendation.model_fields) - {"format"}
    with pytest.raises(ValidationError):
        recommendation(best=3)


def test_an_interval_of_one_size_is_that_size() -> None:
    assert (span(7.0, 9.0), span(1.93, 2.304), span(3.0, 3.0)) == ("7–9", "1.93–2.3", "3")
