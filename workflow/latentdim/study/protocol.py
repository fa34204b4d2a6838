"""The protocol: whatever can change a number and isn't the method's own, in two halves.

The training half enters a run's key, the evaluation half the name of a metric's file, each as far as it differs from
the defaults: another evaluation setting never retrains anything, and neither does a new setting at its default.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from latentdim.registry.declarations import Strict
from latentdim.study.evaluation import Evaluation

# Raise these when the engine or the networks may give other numbers, or when a default of the training half changes,
# and say in CHANGELOG.md which numbers: every run (that has a network) then becomes new.
ENGINE_VERSION = 2
NETWORKS_VERSION = 1

Activation = Literal["relu", "leaky_relu", "tanh", "silu"]
Output = Literal["linear", "sigmoid", "tanh"]


class Mlp(Strict):
    """Fully connected encoder and decoder, mirror images of each other."""

    name: Literal["mlp"] = "mlp"
    hidden: tuple[PositiveInt, ...] = Field((1000,), description="widths of the encoder's hidden layers")
    activation: Activation = "relu"
    output: Output = Field("linear", description="what the decoder's last layer goes through")
    initialisation: Literal["torch", "glorot_uniform"] = Field(
        "torch", description="law of the initial weights; glorot_uniform (zero biases) is Keras's default"
    )


class ArdConv(Strict):
    """The convolutional networks of ARD-VAE (supplement, Tables 4 and 5): kernels of 4 and ReLU.

    The defaults are the MNIST column of Table 4 (32×32×1); ``last_stride: 1`` with ``decoder_side: 8`` gives its
    CIFAR-10 column. Table 5 (DSprites, 3D Shapes) is filters 32, 32, 64, 64, decoder_filters 64, 32, 32 and
    decoder_side 4, without batch normalisation and symmetric input. What follows its decoder's dense layer isn't
    stated; here it is nothing.
    """

    name: Literal["ard_conv"] = "ard_conv"
    filters: tuple[PositiveInt, ...] = Field((64, 128, 256, 512), min_length=2, description="encoder, stride 2 each")
    decoder_filters: tuple[PositiveInt, ...] = Field((256, 128, 64), min_length=1, description="decoder, stride 2 each")
    decoder_side: PositiveInt = Field(
        2, description="side of the decoder's first feature map (as many channels as the encoder ends with)"
    )
    last_stride: Literal[1, 2] = Field(2, description="stride of the last transposed convolution")
    output: Output = "sigmoid"
    batch_norm: bool = Field(True, description="batch normalisation before each ReLU; Table 5 has none")
    symmetric_input: bool = Field(True, description="the encoder first maps its input by 2x − 1 (released code)")
    initialisation: Literal["torch", "keras"] = Field(
        "keras",
        description="keras: He-normal hidden convolutions, Glorot-uniform dense and last layers, zero biases",
    )
    fixed_hidden_seed: bool = Field(
        False, description="draw the hidden convolutions from one seed in every run, as the released code does"
    )
    norm_eps: PositiveFloat = Field(1e-3, description="Keras's default, where torch has 1e-5")
    norm_momentum: float = Field(0.01, gt=0, le=1, description="weight of the newest batch (Keras's 0.99 is 0.01 here)")


Network = Annotated[Mlp | ArdConv, Field(discriminator="name")]

# What a study's protocol is laid over: a network block that doesn't name itself is an MLP's.
BASE: dict[str, Any] = {"training": {"network": {"name": "mlp"}}}


class Optimizer(Strict):
    """The optimiser of methods that don't bring their own."""

    name: Literal["adam", "rmsprop", "adagrad", "sgd"] = "adam"
    learning_rate: PositiveFloat = 1e-3
    beta1: float = Field(0.9, ge=0, lt=1, description="adam only")
    beta2: float = Field(0.999, ge=0, lt=1, description="adam only")
    eps: PositiveFloat = 1e-8
    weight_decay: float = Field(0.0, ge=0)


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

    network: Network = Mlp()
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
    optimizer: Optimizer = Optimizer()
    schedule: Schedule = Schedule()
    batch_size: int = Field(100, ge=2)
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
