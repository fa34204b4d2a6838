"""What differs from the defaults, whatever way it is written."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, Field

from latentdim.system.identity import differences, digest


class Inner(BaseModel):
    width: int = 3
    rate: float = 0.5


class Round(BaseModel):
    name: Literal["round"] = "round"
    radius: float = 1.0


class Square(BaseModel):
    name: Literal["square"] = "square"
    side: float = 1.0


Shape = Annotated[Round | Square, Field(discriminator="name")]


class Side(StrEnum):
    LEFT, RIGHT = "left", "right"


class Outer(BaseModel):
    steps: int
    beta: float = 1.0
    inner: Inner = Inner()
    shaped: Inner = Inner(width=7)
    optional: Inner | None = None
    shape: Shape = Round()
    shapes: tuple[Shape, ...] = ()
    widths: tuple[int, ...] = (4, 5)
    flag: bool = False
    count: int | bool = 1
    names: frozenset[str] = frozenset({"b", "a"})
    levels: dict[str, int] = Field(default_factory=dict)
    place: Path = Path("here")
    side: Side = Side.LEFT


def of(**given: object) -> dict[str, object]:
    return differences(Outer.model_validate({"steps": 9, **given}))


def test_a_required_field_is_always_there_and_a_default_never() -> None:
    assert of() == {"steps": 9}


@pytest.mark.parametrize(
    "written",
    [
        {"beta": 1.0}, {"beta": 1}, {"inner": {}}, {"inner": {"width": 3}}, {"shaped": {"width": 7}},
        {"optional": None}, {"shape": {"name": "round"}}, {"shape": {"name": "round", "radius": 1}}, {"shapes": []},
        {"widths": [4, 5]}, {"widths": (4, 5)}, {"flag": False}, {"names": ["a", "b"]}, {"levels": {}},
        {"place": "here"}, {"side": "left"},
    ],
)  # fmt: skip
def test_a_default_written_out_is_as_one_left_out(written: dict[str, object]) -> None:
    assert of(**written) == of()


@pytest.mark.parametrize(
    ("written", "differs"),
    [
        ({"beta": 2}, {"beta": 2}),
        ({"beta": 0.5}, {"beta": 0.5}),
        ({"inner": {"rate": 1}}, {"inner": {"rate": 1}}),
        ({"shaped": {}}, {"shaped": {}}),  # its class's defaults, which aren't the field's
        ({"optional": {}}, {"optional": {}}),
        ({"shape": {"name": "square"}}, {"shape": {"name": "square"}}),
        ({"shape": {"name": "round", "radius": 2}}, {"shape": {"name": "round", "radius": 2}}),
        ({"shapes": [{"name": "round"}]}, {"shapes": [{"name": "round"}]}),
        ({"widths": [5, 4]}, {"widths": [5, 4]}),
        ({"count": True}, {"count": True}),  # equal in Python, and yet another setting
        ({"names": ["c", "b", "a"]}, {"names": ["a", "b", "c"]}),
        ({"levels": {"x": 1}}, {"levels": {"x": 1}}),
        ({"place": "there"}, {"place": "there"}),
        ({"side": "right"}, {"side": "right"}),
    ],
)
def test_what_differs_is_told_in_plain_json(written: dict[str, object], differs: dict[str, object]) -> None:
    assert of(**written) == {"steps": 9} | differs


def test_two_settings_never_share_what_differs() -> None:
    given: list[dict[str, object]] = [
        {}, {"optional": {}}, {"optional": {"width": 4}}, {"inner": {"width": 4}}, {"shaped": {"width": 4}},
        {"shaped": {}}, {"shape": {"name": "square"}}, {"shape": {"name": "square", "side": 2.0}},
        {"shape": {"name": "round", "radius": 2.0}}, {"shapes": [{"name": "square"}]}, {"count": True}, {"flag": True},
    ]  # fmt: skip
    assert len({digest(of(**one)) for one in given}) == len(given)


def test_a_new_field_at_its_default_changes_nothing() -> None:
    class Grown(Outer):
        fresh: float = 0.1
        block: Inner = Inner()
        member: Shape = Square()

    assert differences(Grown(steps=9, beta=3.0)) == differences(Outer(steps=9, beta=3.0))


def test_fields_can_be_left_out() -> None:
    outer = Outer(steps=9, beta=3.0)
    assert differences(outer, leave_out={"steps"}) == {"beta": 3}


def test_models_that_could_be_mistaken_for_each_other_are_refused() -> None:
    class Either(BaseModel):
        one: Inner | Round = Inner()

    with pytest.raises(TypeError, match=r"Either\.one admits several models, of which Inner has no tag"):
        differences(Either())
