"""The kernel follows from device, precision and processor alone, and gives the plain layers' numbers up to rounding."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call, jacfwd, jvp, stack_module_state, vmap
from torch.nn.utils import prune

import latentdim.nets.kernels
from latentdim.nets.build import stacked
from latentdim.nets.initial import draw_weights
from latentdim.nets.kernels import Layers, kernel_for, kernel_notes, use_kernel
from latentdim.nets.layers import Dense, Flatten, Norm

CPU = torch.device("cpu")
Taken = list[tuple[int, ...]]


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> Taken:
    """Shapes of what goes through layers in one step; batches of any size do."""
    shapes: Taken = []
    dense = latentdim.nets.kernels.dense

    def watched(x: Tensor, *run: object, onednn: bool) -> Tensor:
        shapes.append(tuple(x.shape))
        return dense(x, *run, onednn=onednn)  # type: ignore[arg-type]

    monkeypatch.setattr(latentdim.nets.kernels, "dense", watched)
    monkeypatch.setattr(latentdim.nets.kernels, "LEAST_VALUES", 0)
    return shapes


def layers_of() -> Layers:
    """Two runs of fully connected layers around an activation that isn't taken in."""
    torch.manual_seed(0)
    return Layers(
        nn.Flatten(), nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 7), nn.SiLU(), nn.Linear(7, 5), nn.LeakyReLU(0.2),
        nn.Linear(5, 3),
    )  # fmt: skip


def test_the_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX2")
    assert kernel_for(CPU, "float32") == "onednn"
    assert kernel_for(CPU, "bfloat16") == "onednn"
    assert kernel_for(torch.device("cuda"), "float32") == "plain"
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "DEFAULT")
    assert kernel_for(CPU, "float32") == "blas"
    assert kernel_for(CPU, "bfloat16") == "plain"
    with pytest.raises(RuntimeError, match=r"began with the kernel 'onednn', which needs .* AVX2 or AVX512"):
        use_kernel(layers_of(), "onednn")


def test_weights_are_named_as_in_a_plain_sequence() -> None:
    layers = layers_of()
    assert list(layers.state_dict()) == list(nn.Sequential(*layers.children()).state_dict())


@pytest.mark.parametrize("kernel", ["blas", "onednn"])
def test_either_kernel_gives_the_plain_numbers(kernel: str, taken: Taken) -> None:
    layers, x = layers_of(), torch.randn(50, 2, 3)
    weights = torch.randn(50, 3)
    results = {}
    for name in ("plain", kernel):
        use_kernel(layers, name)  # type: ignore[arg-type]
        out = layers(x)
        results[name] = [out, *torch.autograd.grad((weights * out).sum(), list(layers.parameters()))]
    assert taken == [(50, 6), (50, 7)]
    for mine, other in zip(results[kernel], results["plain"], strict=True):
        torch.testing.assert_close(mine, other, rtol=1e-5, atol=1e-5)


def test_a_wide_network_is_evaluated_piece_by_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    layers, sizes = stacked([Flatten(), Dense(8), Norm(), Dense(3)], (2, 3)).eval(), []
    draw_weights(layers, "torch", generator=torch.Generator().manual_seed(0))
    assert layers.widest == 8
    x = torch.randn(50, 2, 3)
    whole = layers(x)
    layers[1].register_forward_hook(lambda module, given, out: sizes.append(len(out)))
    monkeypatch.setattr(latentdim.nets.kernels, "MOST_VALUES", 8 * 20)
    with torch.no_grad():
        torch.testing.assert_close(layers(x), whole)
        assert sizes == [20, 20, 10]
        layers.train()(x)  # where the normalisation sees the whole batch
    assert sizes[3:] == [50]
    layers.eval()(x)  # and where there is a way back
    assert sizes[4:] == [50]


TRANSFORMS: dict[str, Callable[[Layers, Tensor], Tensor]] = {
    "jvp": lambda layers, x: jvp(layers, (x,), (torch.ones_like(x),))[1],
    "vmap_of_jvp": lambda layers, x: vmap(lambda t: jvp(layers, (x,), (t,))[1])(torch.ones(2, *x.shape)),
    "jacfwd": lambda layers, x: jacfwd(layers)(x),
    "vmap": lambda layers, x: vmap(layers)(x.unsqueeze(0).expand(3, -1, -1)),
    "dual_level": lambda layers, x: forward_tangent(layers, x),
    "autocast": lambda layers, x: in_bfloat16(layers, x),
}


def forward_tangent(layers: Layers, x: Tensor) -> Tensor:
    with torch.autograd.forward_ad.dual_level():
        dual = torch.autograd.forward_ad.make_dual(x, torch.ones_like(x))
        return torch.autograd.forward_ad.unpack_dual(layers(dual)).tangent


def in_bfloat16(layers: Layers, x: Tensor) -> Tensor:
    with torch.autocast("cpu", dtype=torch.bfloat16):
        return layers(x)


@pytest.mark.filterwarnings("ignore:.*torch.jit.script:FutureWarning")
@pytest.mark.parametrize("transform", TRANSFORMS)
def test_where_one_step_knows_no_derivative_the_plain_layers_are_taken(transform: str, taken: Taken) -> None:
    layers, x = layers_of(), torch.randn(4, 6)
    plain = TRANSFORMS[transform](layers, x)
    use_kernel(layers, "onednn")
    assert torch.equal(TRANSFORMS[transform](layers, x), plain)
    assert taken == []


def test_an_ensemble_under_vmap_is_each_member_alone(taken: Taken) -> None:
    members = [layers_of() for _ in range(2)]
    for layers in members:
        use_kernel(layers, "onednn")
    members[1].load_state_dict({name: value + 0.1 for name, value in members[1].state_dict().items()})
    x = torch.randn(4, 6)
    stacked = vmap(lambda *state: functional_call(members[0], state, (x,)))(*stack_module_state(members))
    assert taken == []
    torch.testing.assert_close(stacked, torch.stack([layers(x) for layers in members]), rtol=1e-5, atol=1e-6)


def test_a_gradient_penalty_moves_weights_as_in_the_plain_layers(taken: Taken) -> None:
    layers, x = layers_of(), torch.randn(20, 6)
    results = {}
    for kernel in ("plain", "onednn"):
        use_kernel(layers, kernel)  # type: ignore[arg-type]
        point = x.clone().requires_grad_()
        (slope,) = torch.autograd.grad(layers(point).sum(), point, create_graph=True)
        penalty = (slope.norm(dim=1) - 1.0).square().mean() + layers(x).mean()
        results[kernel] = torch.autograd.grad(penalty, list(layers.parameters()))
    assert taken
    for mine, other in zip(results["onednn"], results["plain"], strict=True):
        torch.testing.assert_close(mine, other, rtol=1e-4, atol=1e-6)


def test_small_batches_go_through_the_plain_layers() -> None:
    layers = Layers(nn.Linear(4, 2**11), nn.ReLU(), nn.Linear(2**11, 2))
    use_kernel(layers, "blas")
    assert type(layers(torch.randn(2**6, 4)).grad_fn).__name__ == "_DenseBackward"
    assert type(layers(torch.randn(2**6 - 1, 4)).grad_fn).__name__ == "AddmmBackward0"


def test_layers_that_were_cut_smaller_are_taken_as_they_are(taken: Taken) -> None:
    layers, x = Layers(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 3)), torch.randn(10, 6)
    use_kernel(layers, "onednn")
    layers[0].weight = nn.Parameter(layers[0].weight.detach()[:5].clone())
    layers[0].bias = nn.Parameter(layers[0].bias.detach()[:5].clone())
    layers[2].weight.data = layers[2].weight.data[:, :5].clone()
    assert layers(x).shape == (10, 3)
    torch.testing.assert_close(layers(x), layers[2](layers[1](layers[0](x))), rtol=1e-5, atol=1e-6)
    assert taken == [(10, 6), (10, 6)]


def test_a_layer_that_was_put_in_anothers_place_is_taken(taken: Taken) -> None:
    layers, x = Layers(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 3)), torch.randn(10, 6)
    use_kernel(layers, "onednn")
    layers[2] = nn.Linear(8, 2)
    torch.testing.assert_close(layers(x), layers[2](layers[1](layers[0](x))), rtol=1e-5, atol=1e-6)
    assert taken == [(10, 6)]


def test_a_layer_with_hooks_is_called_by_itself(taken: Taken) -> None:
    """torch's own pruning makes the weights in a hook."""
    layers, x = Layers(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 3)), torch.randn(10, 6)
    use_kernel(layers, "onednn")
    prune.l1_unstructured(layers[0], "weight", amount=0.5)
    with torch.no_grad():
        layers[0].weight_orig.mul_(2.0)
    masked = nn.functional.linear(x, layers[0].weight_orig * layers[0].weight_mask, layers[0].bias)
    torch.testing.assert_close(layers(x), layers[2](masked.relu()), rtol=1e-5, atol=1e-6)
    assert taken == [(10, 8)]


def test_what_a_processor_lacks_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    supported = [True]
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: supported[0])
    assert kernel_notes("onednn", CPU, precision="bfloat16") == ()
    supported[0] = False
    assert kernel_notes("onednn", CPU, precision="float32") == ()
    assert kernel_notes("plain", torch.device("cuda"), precision="bfloat16") == ()
    (note,) = kernel_notes("plain", CPU, precision="bfloat16")
    assert "no products in bfloat16" in note
    (note,) = kernel_notes("blas", CPU, precision="float32")
    assert "lacks oneDNN's fused layers" in note


@pytest.mark.parametrize("layer", [nn.Conv2d(3, 8, 4, stride=2, padding=1), nn.ConvTranspose2d(3, 8, 4, stride=2)])
def test_convolutions_channels_last_give_the_plain_numbers(layer: nn.Module) -> None:
    layers, x = Layers(layer, nn.ReLU(), nn.Conv2d(8, 2, 3)), torch.randn(5, 3, 12, 12)
    results = {}
    for kernel in ("plain", "onednn"):
        use_kernel(layers, kernel)  # type: ignore[arg-type]
        out = layers(x)
        results[kernel] = [out, *torch.autograd.grad(out.square().sum(), list(layers.parameters()))]
    assert layers[0].weight.is_contiguous(memory_format=torch.channels_last)
    for mine, other in zip(results["onednn"], results["plain"], strict=True):
        torch.testing.assert_close(mine, other, rtol=1e-4, atol=1e-4)
