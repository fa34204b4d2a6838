"""One value in a sentence."""

from pydantic import Field

from latentdim import Exhibit, ExhibitOptions
from latentdim.exhibits.context import Context, Drawn
from latentdim.system.files import write_text


class HeadlineOptions(ExhibitOptions):
    """Which metric."""

    metric: str = Field("code_norm", description="whose smallest value is told")


def draw(context: Context) -> Drawn:
    """Write the sentence."""
    assert isinstance(context.options, HeadlineOptions)
    name = context.options.metric
    values = [value for group in context.groups if group.metric == name for value in group.values]
    write_text(context.path(".txt"), f"The smallest {name} is {min(values):.3g}.\n")
    return Drawn("A headline.", context.cells(), metrics=frozenset({name}))


EXHIBIT = Exhibit(
    name="headline", title="Headline", options=HeadlineOptions, draw="toys.exhibit:draw", files=(".txt",),
    stored=("first_codes",),
)  # fmt: skip
