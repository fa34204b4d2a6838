"""Learning rates are the host's doubles, by formulas of our own: what torch has in their place gives others."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.optim import SGD, Adagrad, Adam, Optimizer, RMSprop
from torch.optim.lr_scheduler import CosineAnnealingLR, LRScheduler, ReduceLROnPlateau

from latentdim.study.protocol import Schedule
from latentdim.training.checkpoint import Counters
from latentdim.training.rates import Rates

STEPS, RATE = 200, 1.3e-3
Make = Callable[[list[nn.Parameter], float | Tensor], Optimizer]
OPTIMIZERS: dict[str, Make] = {
    "adam": lambda p, lr: Adam(p, lr=lr, fused=True, weight_decay=1e-3),
    "rmsprop": lambda p, lr: RMSprop(p, lr=lr, weight_decay=1e-3),
    "adagrad": lambda p, lr: Adagrad(p, lr=lr, weight_decay=1e-3),
    "sgd": lambda p, lr: SGD(p, lr=lr, weight_decay=1e-3),
}


def cosine() -> list[float]:
    optimizer = SGD([nn.Parameter(torch.zeros(1))], lr=RATE)
    rates, counters, values = Rates(Schedule(name="cosine"), [optimizer]), Counters(), []
    for counters.step in range(STEPS):
        rates.set(counters, STEPS)
        values.append(optimizer.param_groups[0]["lr"])
    return values


def trained(make: Make, kind: torch.dtype | None, device: str = "cpu") -> Tensor:
    """A weight after a cosine's worth of steps, with rates as numbers (None) or as tensors of a type."""
    draw = torch.Generator().manual_seed(0)
    weight = nn.Parameter(torch.randn(50, 40, generator=draw).to(device))
    target = torch.randn(50, 40, generator=draw).to(device)
    optimizer = make([weight], RATE if kind is None else torch.tensor(RATE, dtype=kind, device=device))
    for rate in cosine():
        for group in optimizer.param_groups:
            if kind is None:
                group["lr"] = rate
            else:
                group["lr"].fill_(rate)
        optimizer.zero_grad()
        ((weight - target) ** 4).mean().backward()
        optimizer.step()
    return weight.detach().cpu()


def test_the_cosine_is_the_closed_form() -> None:
    assert cosine() == [RATE * (0.5 * (1.0 + math.cos(math.pi * step / STEPS))) for step in range(STEPS)]


def test_torch_s_cosine_has_other_doubles() -> None:
    optimizer = SGD([nn.Parameter(torch.zeros(1))], lr=RATE)
    schedule: LRScheduler = CosineAnnealingLR(optimizer, T_max=STEPS)
    recursive = []
    for _ in range(STEPS):
        recursive.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    assert recursive == pytest.approx(cosine())
    assert recursive != cosine()


def test_torch_s_plateau_falls_an_epoch_later() -> None:
    ours, theirs = (SGD([nn.Parameter(torch.zeros(1))], lr=RATE) for _ in range(2))
    rates, counters = Rates(Schedule(name="plateau", patience=3, factor=0.1), [ours]), Counters()
    schedule = ReduceLROnPlateau(theirs, patience=3, factor=0.1)
    fallen: dict[str, list[int]] = {"ours": [], "theirs": []}
    for epoch in range(12):
        rates.follow(1.0, counters)
        rates.set(counters, STEPS)
        schedule.step(1.0)
        for name, optimizer in (("ours", ours), ("theirs", theirs)):
            if optimizer.param_groups[0]["lr"] < RATE:
                fallen[name].append(epoch)
    assert (fallen["ours"][0], fallen["theirs"][0]) == (3, 4)


@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS.keys())
def test_rates_as_double_tensors_give_the_same_bits_on_the_cpu(make: Make) -> None:
    assert torch.equal(trained(make, None), trained(make, torch.float64))


def test_rates_as_single_tensors_dont() -> None:
    assert not torch.equal(trained(OPTIMIZERS["adam"], None), trained(OPTIMIZERS["adam"], torch.float32))


@pytest.mark.gpu
def test_a_gpu_s_fused_adam_takes_no_double_rate() -> None:
    """The reason why rates stay numbers: where this fails, they can become tensors on the device."""
    if not torch.cuda.is_available():
        pytest.skip("no GPU")
    with pytest.raises(RuntimeError, match="Float"):
        trained(OPTIMIZERS["adam"], torch.float64, "cuda")
