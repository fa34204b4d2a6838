"""Fully connected layers with their activations as one step of autograd, its derivative in hand-written order.

The numbers are those of layer by layer, up to rounding, in fewer passes over memory: a product goes through its
activation before it leaves the cache, and a gradient is masked where it lies.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

aten = torch.ops.aten

# From so many products on (batch × inputs × outputs of a layer) oneDNN is the faster of the two libraries, and with
# small batches the slower one.
FOR_ONEDNN = 2**26

# Their derivatives follow from their outputs alone, so that what went into them needn't be kept.
OWN_OUTPUT = (nn.ReLU, nn.LeakyReLU, nn.Tanh)
Activation = nn.ReLU | nn.LeakyReLU | nn.Tanh | None  # None hands on


def dense(x: Tensor, linears: Sequence[nn.Linear], activations: Sequence[Activation], *, onednn: bool) -> Tensor:
    """Layers one after another, each followed by its activation, ``(B, n) → (B, m)``.

    Can be differentiated any number of times, but only in reverse mode.

    Args:
        x: a matrix on the CPU, of the layers' dtype.
        activations: one for each layer.
        onednn: whether large float32 products go through oneDNN, which applies the activation itself; the others go
            through the BLAS.
    """
    parameters = [parameter for linear in linears for parameter in (linear.weight, linear.bias)]
    out: Tensor = _Dense.apply(x, tuple(activations), onednn and x.dtype == torch.float32, *parameters)
    return out


class _Dense(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, activations: tuple[Activation, ...], onednn: bool, *parameters: Any) -> Tensor:
        outputs = [x]
        for weight, bias, activation in zip(parameters[::2], parameters[1::2], activations, strict=True):
            outputs.append(_forward(outputs[-1], weight, bias, activation, onednn=onednn))
        ctx.activations, ctx.onednn = activations, onednn
        ctx.save_for_backward(*parameters, *outputs)
        return outputs[-1]

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Any, ...]:
        count = len(ctx.activations)
        parameters, outputs = ctx.saved_tensors[: 2 * count], ctx.saved_tensors[2 * count :]
        edges = iter(ctx.next_functions)  # one for each tensor that came in, none for a missing bias
        needed = [tensor is not None and _led_on_to(next(edges)[0]) for tensor in (outputs[0], *parameters)]
        if torch.is_grad_enabled():
            results = _differentiable(gradients[0], outputs[0], ctx.activations, parameters, needed)
        else:
            results = _backward(gradients[0], outputs, ctx.activations, parameters, needed, onednn=ctx.onednn)
        return results[0], None, None, *results[1:]


def _forward(x: Tensor, weight: Tensor, bias: Tensor | None, activation: Activation, *, onednn: bool) -> Tensor:
    if onednn and len(x) * weight.numel() >= FOR_ONEDNN:
        name, scalars = "none", []
        if isinstance(activation, nn.ReLU):
            name = "relu"
        elif isinstance(activation, nn.LeakyReLU):
            name, scalars = "leaky_relu", [activation.negative_slope]
        y: Tensor = torch.ops.mkldnn._linear_pointwise(x, weight, bias, name, scalars, "")
        return y.tanh_() if isinstance(activation, nn.Tanh) else y
    y = functional.linear(x, weight, bias)
    match activation:
        case nn.ReLU():
            return y.relu_()
        case nn.LeakyReLU():
            return functional.leaky_relu_(y, activation.negative_slope)
        case nn.Tanh():
            return y.tanh_()
    return y


def _led_on_to(node: Any) -> bool:
    """Whether the backward pass that runs now leads on to a node of the graph.

    ``ctx.needs_input_grad`` doesn't tell: it holds for everything that could be differentiated.
    """
    if node is None:
        return False
    try:
        return bool(torch._C._will_engine_execute_node(node))
    except RuntimeError:  # a parameter that ``autograd.grad`` was asked for
        return True


def _before(gradient: Tensor, output: Tensor, activation: Activation, *, into: Tensor) -> Tensor:
    """The gradient before an activation, from the one after it."""
    match activation:
        case nn.ReLU():
            aten.threshold_backward.grad_input(gradient, output, 0.0, grad_input=into)
        case nn.LeakyReLU():
            slope = activation.negative_slope
            aten.leaky_relu_backward.grad_input(gradient, output, slope, True, grad_input=into)
        case nn.Tanh():
            aten.tanh_backward.grad_input(gradient, output, grad_input=into)
    return into


def _backward(
    gradient: Tensor, outputs: Sequence[Tensor], activations: Sequence[Activation], parameters: Sequence[Any],
    needed: Sequence[bool], *, onednn: bool,
) -> list[Tensor | None]:  # fmt: skip
    """Gradients of the input and of each parameter; None where it isn't needed."""
    results: list[Tensor | None] = [None] * len(needed)
    gradient = gradient.contiguous()
    ones = gradient.new_ones(len(gradient))
    own = False  # whether the gradient's memory is ours
    for number in reversed(range(len(activations))):
        weight, activation = parameters[2 * number], activations[number]
        if activation is not None:
            into = gradient if own else torch.empty_like(gradient)
            gradient, own = _before(gradient, outputs[number + 1], activation, into=into), True
        if needed[1 + 2 * number]:
            results[1 + 2 * number] = torch.mm(gradient.t(), outputs[number])
        if needed[2 + 2 * number]:
            results[2 + 2 * number] = torch.mv(gradient.t(), ones)
        if not any(needed[: 1 + 2 * number]):
            break
        if onednn and len(gradient) * weight.numel() >= FOR_ONEDNN:
            gradient = torch.ops.mkldnn._linear_pointwise(gradient, weight.t(), None, "none", [], "")
        else:
            gradient = torch.mm(gradient, weight)
        own = True
    else:
        results[0] = gradient
    return results


def _differentiable(
    gradient: Tensor, x: Tensor, activations: Sequence[Activation], parameters: Sequence[Any], needed: Sequence[bool]
) -> list[Tensor | None]:
    """The same as a function that can be differentiated again: torch's own derivative of the plain layers."""
    y = x
    for weight, bias, activation in zip(parameters[::2], parameters[1::2], activations, strict=True):
        y = functional.linear(y, weight, bias)
        y = y if activation is None else activation(y)
    places = [place for place, need in enumerate(needed) if need]
    inputs = [(x, *parameters)[place] for place in places]
    results: list[Tensor | None] = [None] * len(needed)
    for place, value in zip(places, torch.autograd.grad(y, inputs, gradient, create_graph=True), strict=True):
        results[place] = value
    return results
