"""What models cost: seconds, memory, energy, parameters; and whether the training was long enough. Free of torch."""

from __future__ import annotations

from latentdim.registry.declarations import Metric

INFINITY = float("inf")


METRIC = (
    Metric(
        name="train_seconds",
        title="Training time",
        function="latentdim.metrics.costs.measure:train_seconds",
        definition="wall-clock seconds of the training loop, without start-up and evaluation; refused where another "
        "run shared the device",
        samples="one training",
        source="the run's record",
        better="lower",
        unit="s",
        range=(0.0, INFINITY),
        of_machine=True,
        checks="latentdim.metrics.costs.checks:checks",
    ),
    Metric(
        name="examples_per_second",
        title="Training speed",
        function="latentdim.metrics.costs.measure:examples_per_second",
        definition="steps × batch size over the seconds of the training loop; refused where another run shared the "
        "device",
        samples="one training",
        source="the run's record",
        better="higher",
        unit="examples/s",
        range=(0.0, INFINITY),
        of_machine=True,
        checks="latentdim.metrics.costs.checks:checks",
    ),
    Metric(
        name="peak_memory",
        title="Peak memory",
        function="latentdim.metrics.costs.measure:peak_memory",
        definition="largest memory while the model was fitted: allocated by torch on a GPU, resident in the process "
        "(libraries and mapped data included) on the CPU",
        samples="one training",
        source="the run's record",
        better="lower",
        unit="MB",
        range=(0.0, INFINITY),
        of_machine=True,
        checks="latentdim.metrics.costs.checks:checks",
    ),
    Metric(
        name="energy",
        title="Energy",
        function="latentdim.metrics.costs.measure:energy",
        definition="energy that the GPU's own counter gained while the model was fitted; refused where another run "
        "shared it, or it has no counter",
        samples="one training",
        source="the run's record",
        better="lower",
        unit="J",
        range=(0.0, INFINITY),
        of_machine=True,
        checks="latentdim.metrics.costs.checks:checks",
    ),
    Metric(
        name="parameters",
        title="Parameters",
        function="latentdim.metrics.costs.measure:parameters",
        definition="trainable numbers of the model that is left after training",
        samples="none",
        source="the model",
        better="lower",
        unit="1",
        range=(0.0, INFINITY),
        checks="latentdim.metrics.costs.checks:checks",
    ),
    Metric(
        name="late_improvement",
        title="Late improvement",
        function="latentdim.metrics.costs.measure:late_improvement",
        definition="share by which the reconstruction term fell from the last tenth but one of the training to its "
        "last tenth; a table tells that a training had not converged where it is above 1 %",
        samples="one training",
        source="the run's history",
        better=None,
        unit="1",
        range=(-INFINITY, 1.0),
        checks="latentdim.metrics.costs.checks:checks",
    ),
    Metric(
        name="prior_refresh_seconds",
        title="b_L",
        function="latentdim.metrics.costs.measure:prior_refresh_seconds",
        definition="seconds of one refresh of the prior's variances: examples on the device are encoded and sampled; "
        "median of 10 after a warm-up. Taken again where another run shared the device",
        samples="10,000 training examples, at most all",
        source="ARD-VAE, supplement, Table 3",
        better="lower",
        unit="s",
        range=(0.0, INFINITY),
        of_machine=True,
        checks="latentdim.metrics.costs.checks:checks",
    ),
)
