"""Which arithmetic a network's layers go through: a fixed rule from device, precision and processor, never from timing.

``plain`` is layer by layer, as torch has it. ``blas`` and ``onednn`` take runs of fully connected layers in one step
(:mod:`latentdim.nets.dense`), with products by the one library or by the other; under autocast they stay layer by
layer. ``onednn`` has the weights of convolutions lie channels last, as its convolutions are fastest.

The numbers agree up to rounding, so a training keeps to the kernel that it began with.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

import torch
from torch import Tensor, nn
from torch.autograd import forward_ad

from latentdim.nets.count import MOST_VALUES
from latentdim.nets.dense import OWN_OUTPUT, Activation, dense

Kernel = Literal["plain", "blas", "onednn"]
Run = tuple[list[nn.Linear], list[Activation]]

VECTOR_UNITS = ("AVX2", "AVX512")  # which oneDNN has code of its own for
LEAST_VALUES = 2**17  # that the widest layer makes of a batch: with fewer, passes saved don't pay for the longer way


class Layers(nn.Sequential):
    """Layers one after another, by one of the kernels; their weights are named as in any ``nn.Sequential``.

    Attributes:
        kernel: set by :func:`use_kernel`.
        widest: how many numbers its widest layer gives for one example; 0 where nobody has counted.
    """

    kernel: Kernel = "plain"
    widest: int = 0

    def forward(self, x: Tensor) -> Tensor:
        """What the layers make of a batch; in evaluation piece by piece, where the whole would take much memory."""
        if len(x) * self.widest > MOST_VALUES and not self.training and not torch.is_grad_enabled():
            return torch.cat([self(piece) for piece in x.split(max(1, MOST_VALUES // self.widest))])
        if self.kernel == "plain" or not _differentiated_backward(x):
            out: Tensor = super().forward(x)
            return out
        for part in _parts(self):
            if isinstance(part, nn.Module):
                x = part(x)
            elif x.dim() == 2 and len(x) * max(len(linear.weight) for linear in part[0]) >= LEAST_VALUES:
                x = dense(x, *part, onednn=self.kernel == "onednn")
            else:
                x = _layer_by_layer(x, part)
        return x


def kernel_for(device: torch.device, precision: str) -> Kernel:
    """The kernel of a training that begins on this machine."""
    if device.type != "cpu":
        return "plain"
    if has_onednn():
        return "onednn"
    return "blas" if precision == "float32" else "plain"


def has_onednn() -> bool:
    """Whether torch brings oneDNN's fused layers, and the processor what they are made for."""
    offered = torch.backends.mkldnn.is_available() and hasattr(torch.ops.mkldnn, "_linear_pointwise")
    return offered and torch.backends.cpu.get_cpu_capability() in VECTOR_UNITS


def kernel_notes(kernel: Kernel, device: torch.device, *, precision: str) -> tuple[str, ...]:
    """What a record's reader should know of the arithmetic."""
    notes = []
    if kernel == "blas":
        notes.append("this processor, or this torch, lacks oneDNN's fused layers, so products went through the BLAS")
    if precision == "bfloat16" and device.type == "cpu" and not torch.ops.mkldnn._is_mkldnn_bf16_supported():
        notes.append("this processor has no products in bfloat16: they were made of float32 ones, and took longer")
    return tuple(notes)


def use_kernel(model: nn.Module, kernel: Kernel) -> None:
    """Have all of a model's layers go through one kernel.

    Raises:
        RuntimeError: in a sentence, if this machine lacks it.
    """
    if kernel == "onednn" and not has_onednn():
        raise RuntimeError(
            "the training began with the kernel 'onednn', which needs a torch with oneDNN and a processor with "
            f"{' or '.join(VECTOR_UNITS)}; a training never changes its kernel: delete the checkpoint to start again"
        )
    for module in model.modules():
        if isinstance(module, Layers):
            module.kernel = kernel
        elif kernel == "onednn" and isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            module.to(memory_format=torch.channels_last)


def _differentiated_backward(x: Tensor) -> bool:
    """Whether :func:`dense` may take a batch: on the CPU, under no transform of ``torch.func``, without autocast."""
    return (
        x.device.type == "cpu"
        and not torch._C._are_functorch_transforms_active()  # vmap, jvp, jacobians
        and forward_ad._current_level < 0
        and not torch.is_autocast_enabled("cpu")
    )


def _layer_by_layer(x: Tensor, run: Run) -> Tensor:
    for linear, activation in zip(*run, strict=True):
        x = linear(x) if activation is None else activation(linear(x))
    return x


def _hooked(module: nn.Module) -> bool:
    return bool(
        module._forward_pre_hooks or module._forward_hooks or module._backward_pre_hooks or module._backward_hooks
    )


def _parts(modules: Iterable[nn.Module]) -> Iterator[nn.Module | Run]:
    """The modules in their order, runs of fully connected layers with their activations taken together.

    What has hooks stands alone: they are called with a module's own input and output, and may make its weights.
    """
    linears: list[nn.Linear] = []
    activations: list[Activation] = []
    for module in modules:
        if type(module) is nn.Linear and not _hooked(module):
            linears.append(module)
            activations.append(None)
        elif linears and activations[-1] is None and isinstance(module, OWN_OUTPUT) and not _hooked(module):
            activations[-1] = module
        else:
            if linears:
                yield linears, activations
            linears, activations = [], []
            yield module
    if linears:
        yield linears, activations
