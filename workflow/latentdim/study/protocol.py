"""The protocol: whatever can change a number and isn't the method's own, in two halves.

The training half enters a run's key, the evaluation half the name of a metric's file, each as far as it differs from
the defaults: another evaluation setting never retrains anything, and neither does a new setting at its default.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from latentdim.registry.declarations import Strict
from latentdim.study.evaluation import Evaluation
from latentdim.study.network import DEFAULT, NetworkBlock, default_network

# Raise it when the engine may give other numbers, or when a default of the training half changes, and say in
# CHANGELOG.md which numbers: every run then becomes new.
ENGINE_VERSION = 2

# What a study's protocol is laid over: a network block that doesn't name itself is the default network's.
BASE: dict[str, Any] = {"training": {"network": {"name": DEFAULT}}}


class Optimizer(Strict):
    """The optimiser of methods that don't bring their own."""

    name: Literal["adam", "rmsprop", "adagrad", "sgd"] = "adam"
    learning_rate: PositiveFloat = Field(1e-3, description="before the schedule")
    beta1: float = Field(0.9, ge=0, lt=1, description="adam only")
    beta2: float = Field(0.999, ge=0, lt=1, description="adam only")
    eps: PositiveFloat = Field(1e-8, description="added to the root of the squared gradients' mean")
    amsgrad: bool = Field(False, description="adam only: divide by the largest mean square so far (Reddi et al., 2018)")
    weight_decay: float = Field(0.0, ge=0, description="L2 penalty's factor, added to the gradient")


class Schedule(Strict):
    """How the learning rate moves."""

    name: Literal["constant", "cosine", "plateau"] = "constant"
    factor: float = Field(0.5, gt=0, lt=1, description="plateau: what the rate is multiplied by")
    patience: PositiveInt = Field(
        10,
        description="plateau: epochs without improvement until the rate falls (as Keras counts; torch falls one later)",
    )
    threshold: float = Field(1e-4, ge=0, description="plateau: smallest absolute improvement that counts")


class Training(Strict):
    """The half that can change a trained model."""

    network: NetworkBlock = Field(
        default_factory=default_network, description="name of a registered network, and its options"
    )
    scaling: Literal["unit", "symmetric", "standardised"] = Field(
        "unit",
        description="what the network sees. Images: [0, 1], [−1, 1]; vectors: as they are (unit, symmetric); "
        "standardised: centred and divided by one standard deviation of the training data",
    )
    n_train: PositiveInt | None = Field(None, description="use only the first so many training examples")
    n_validation: int = Field(0, ge=0, description="the last so many training examples are held out for validation")
    likelihood: Literal["gaussian", "bernoulli"] = Field(
        "gaussian", description="gaussian: squared error without 1/2; bernoulli: cross-entropy on logits"
    )
    reduction: Literal["sum", "mean"] = Field(
        "sum", description="over an example's values; over the batch always the mean"
    )
    decoder_variance: PositiveFloat | Literal["learned"] | None = Field(
        None,
        description="σ² of a value under likelihood gaussian. null: none is named, and the loss is the squared error "
        "alone; a number: the loss is the negative log-density under it, in nats; learned: the same, one σ² of all "
        "values being learned along from 1 (for methods with a posterior)",
    )
    optimizer: Optimizer = Optimizer()
    schedule: Schedule = Schedule()
    batch_size: int = Field(100, ge=2, description="examples in one update")
    epochs: PositiveInt | None = Field(None, description="length in passes over the training data; or give steps")
    steps: PositiveInt | None = Field(None, description="length in parameter updates; or give epochs")
    precision: Literal["float32", "bfloat16"] = Field("float32", description="bfloat16: autocast around the loss")
    threads: PositiveInt = Field(1, le=256, description="CPU threads; numbers depend on it")

    @model_validator(mode="after")
    def _consistent(self) -> Training:
        if (self.epochs is None) == (self.steps is None):
            raise ValueError("give exactly one of 'epochs' and 'steps'")
        if self.schedule.name == "plateau" and not self.n_validation:
            raise ValueError("schedule 'plateau' watches the validation loss: n_validation must be above 0")
        if self.likelihood == "bernoulli" and self.network.output != "sigmoid":
            raise ValueError("likelihood 'bernoulli' needs network.output 'sigmoid'")
        if self.likelihood == "bernoulli" and self.decoder_variance is not None:
            raise ValueError(
                f"decoder_variance = {self.decoder_variance!r} belongs to likelihood 'gaussian', not 'bernoulli'"
            )
        if self.scaling == "symmetric" and self.network.output == "sigmoid":
            raise ValueError(
                "scaling 'symmetric' reaches below 0, which network.output 'sigmoid' can't; use 'tanh' or 'linear'"
            )
        if self.scaling == "standardised" and self.network.output != "linear":
            raise ValueError("scaling 'standardised' has no bounds, which only network.output 'linear' can reach")
        if self.scaling != "unit" and self.likelihood == "bernoulli":
            raise ValueError("likelihood 'bernoulli' needs scaling 'unit'")
        return self


class Protocol(Strict):
    """Both halves, and a name under which exhibits print them."""

    name: str = "default"
    training: Training
    evaluation: Evaluation = Evaluation()

    @model_validator(mode="after")
    def _consistent(self) -> Protocol:
        if self.evaluation.checkpoint == "best" and not self.training.n_validation:
            raise ValueError(
                "evaluation.checkpoint 'best' means the lowest validation loss: training.n_validation must be above 0"
            )
        if self.evaluation.split == "validation" and not self.training.n_validation:
            raise ValueError("evaluation.split 'validation' needs training.n_validation above 0")
        if self.evaluation.distribution.split == "validation" and not self.training.n_validation:
            raise ValueError("evaluation.distribution.split 'validation' needs training.n_validation above 0")
        return self


def merged(base: dict[str, Any], override: dict[str, Any]) -> dict[str, Any]:
    """``base`` with ``override`` laid over it, key by key; a block whose ``name`` changes is replaced whole.

    The length of a training is one field in two units, so naming one of ``epochs`` and ``steps`` drops the other.
    """
    result = dict(base)
    if "epochs" in override:
        result.pop("steps", None)
    if "steps" in override:
        result.pop("epochs", None)
    for key, value in override.items():
        old = result.get(key)
        if isinstance(value, dict) and isinstance(old, dict) and value.get("name", old.get("name")) == old.get("name"):
            result[key] = merged(old, value)
        else:
            result[key] = value
    return result
