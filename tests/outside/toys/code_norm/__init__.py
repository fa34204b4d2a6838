"""Mean length of codes, to a power that a study may choose. Declared free of torch."""

from pydantic import Field

from latentdim import EvaluationFields, Metric, Strict


class CodeNorm(Strict):
    """How lengths are averaged."""

    power: float = Field(2.0, gt=0, description="of the length of a code")


class CodeNormFields(EvaluationFields):
    """What the evaluation half has for it."""

    code_norm: CodeNorm = CodeNorm()


METRIC = Metric(
    name="code_norm", title="Code norm", function="toys.code_norm.measure:measure",
    definition="mean of |z|^power over codes", samples="n_reference examples of the split", source="this package",
    better=None, unit="1", range=(0.0, float("inf")), uses=("split", "n_reference", "code_norm"),
    fields=CodeNormFields, checks="toys.code_norm.checks:checks",
)  # fmt: skip
