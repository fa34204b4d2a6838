"""Mean squared length of codes."""

from latentdim import Metric
from latentdim.metrics.context import Measured, MetricContext

METRIC = Metric(
    name="code_norm", title="Code norm", function="toys.metric:measure", definition="mean of |z|² over codes",
    samples="n_reference examples of the split", source="this package", better=None, unit="1",
    range=(0.0, float("inf")), uses=("split", "n_reference"),
)  # fmt: skip


def measure(context: MetricContext) -> Measured:
    """Over the reference examples."""
    codes = context.codes(context.reference()).double()
    return Measured(float(codes.square().sum(dim=1).mean()), len(codes))
