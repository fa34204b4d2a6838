"""Mean length of codes, to a power."""

from latentdim.metrics.context import Measured, MetricContext
from toys.code_norm import CodeNormFields


def measure(context: MetricContext) -> Measured:
    """Over the reference examples."""
    codes, power = context.codes(context.reference()).double(), context.fields(CodeNormFields).code_norm.power
    return Measured(float(codes.norm(dim=1).pow(power).mean()), len(codes))
