"""GECO-L0-ARM-VAE: as few open latent axes as a target reconstruction allows (De Boom et al., 2021).

min over network and gates, max over λ of Σ_j g_j KL_j + ‖g‖₀ + λ C (eq. 13), with C = batch mean of the summed squared
error of D(g ⊙ z) − τ and gates g_j ~ Bernoulli(σ(k φ_j)) that all examples share. The gates' gradient is ARM's (eq. 12;
Li & Ji, 2019): the cost under two antithetic draws of the gates, each a pass of the decoder. λ follows GECO (Rezende &
Viola, 2018): it ascends along the moving average of C. The gates are open, and not trained, until a batch meets the
constraint for the first time; from then on everything is trained jointly (ARD-VAE, section 2).

Neither layers nor code are public: the equations are those that others report, τ and the two phases ARD-VAE's. Chosen
here where nothing is told: gates start open with probability .9; u is shared by a batch, as in L0-ARM's code; φ and λ
are moved by the protocol's optimiser, without its weight decay; the network moves along the first draw's cost, and the
running moments of batch normalisation with it alone, whose pass it is; the KL sums over open axes.

Pitfalls: too small a τ is never met, and ACTIVE stays L. λ C outweighs the KL while τ is chased, so codes lie far from
the prior: poor samples beside good reconstructions are the published outcome (FID about 300 on ARD-VAE's network). τ
per value instead of per example would make ‖g‖₀ outweigh everything. ARM's costs are means over the batch because u is
shared; with a u for each example they must not be averaged first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from latentdim.nets import GaussianPosterior
from latentdim.training import Hooks, Task, descend, train_steps
from latentdim.training.optimizers import optimizer_of
from methods.geco_l0_arm_vae import Config
from methods.geco_l0_arm_vae.model import GatedVAE
from methods.geco_l0_arm_vae.objective import (
    antithetic_gates,
    arm_gradient,
    axis_divergences,
    multiplier_gradient,
    open_gates,
    squared_error,
)

Terms = dict[str, Tensor]


def fit(task: Task, config: Config) -> GatedVAE:
    """Train one model with ``task.dim`` initial latent dimensions and return it."""
    model = GatedVAE.initial(task.protocol, config, dim=task.dim, shape=task.shape, generator=task.initialisation)
    model.to(task.device)
    steps = Steps(model, config, task)
    return train_steps(model, steps.step, task, optimizers=steps.optimizers, hooks=Hooks(observe=steps.observe))


class Steps:
    """One update: the network along one draw of the gates, the gates along both, λ against them."""

    def __init__(self, model: GatedVAE, config: Config, task: Task) -> None:
        self.model, self.config, self.task = model, config, task
        self.noise = task.draws("noise")
        undecayed = task.protocol.optimizer.model_copy(update={"weight_decay": 0.0})
        network = [*model.encoder.parameters(), *model.decoder.parameters()]
        self.optimizers = {
            "network": optimizer_of(task.protocol.optimizer, network),
            "gates": optimizer_of(undecayed, [model.phi, model.raw]),
        }

    def step(self, draw: Callable[[], Tensor]) -> Terms:
        """Eq. 13's terms of a batch under the first draw, after which everything has moved."""
        x, u = draw(), self.noise.uniform((self.model.dim,))
        first, second = self.gates(u)
        costs: Terms = {}

        def loss() -> Terms:
            costs.update(self.costs(x, first, second))
            return {"kl": costs["kl"], "constraint": self.model.lam.detach() * costs["constraint"]}

        terms = descend(loss, self.optimizers["network"], self.task)
        self.move_gates(u, {name: cost.detach().float() for name, cost in costs.items()})
        return terms | {"gates": self.config.gate_weight * first.sum() * self.model.met}

    def gates(self, u: Tensor) -> tuple[Tensor, Tensor]:
        """The two antithetic draws of the gates; all of them open until the constraint was met."""
        model = self.model
        with torch.no_grad():
            drawn = antithetic_gates(model.phi, u, scale=self.config.gate_scale)
            first, second = (torch.where(model.met, gates, torch.ones_like(gates)) for gates in drawn)
        return first, second

    def costs(self, x: Tensor, first: Tensor, second: Tensor) -> Terms:
        """KL and C under the first draw of the gates; the whole cost, without gradients, under the second."""
        model, tau = self.model, self.config.tau
        posterior = model.posterior(x)
        assert isinstance(posterior, GaussianPosterior)
        z, divergences = posterior.draw(self.noise), axis_divergences(posterior.mean, posterior.log_var)
        with torch.no_grad(), moments_kept(model.decoder):  # before the pass whose graph holds them
            other = (second * divergences).sum() + model.lam * (squared_error(x, model.gated(z, second)) - tau)
        constraint = squared_error(x, model.gated(z, first)) - tau
        return {"kl": (first * divergences).sum(), "constraint": constraint, "other": other}

    @torch.no_grad()
    def move_gates(self, u: Tensor, costs: Terms) -> None:
        """The gates along ARM's gradient and their number, where they are trained; λ along the average of C."""
        model, config = self.model, self.config
        constraint = costs["constraint"]
        cost = costs["kl"] + model.lam * constraint
        model.average.copy_(torch.where(model.begun, model.average.lerp(constraint, 1 - config.averaging), constraint))
        model.begun.fill_(True)
        gradient = arm_gradient(cost, costs["other"], u, scale=config.gate_scale)
        counted = (constraint < 0) | (not config.gates_while_met)
        gradient += config.gate_weight * counted * self.count_gradient()
        model.phi.grad = gradient * model.met
        model.raw.grad = multiplier_gradient(model.raw, model.average, least=config.lambda_min, most=config.lambda_max)
        self.optimizers["gates"].step()
        for slot in self.optimizers["gates"].state[model.phi].values():
            if isinstance(slot, Tensor):
                slot.mul_(model.met)  # the gates' moments and count begin with their training
        model.met |= constraint < 0

    def count_gradient(self) -> Tensor:
        """Gradient of the expected number of open gates with respect to φ, ``(L,)``."""
        with torch.enable_grad():
            (gradient,) = torch.autograd.grad(open_gates(self.model.phi, scale=self.config.gate_scale), self.model.phi)
        return gradient

    def observe(self) -> Terms:
        """For the history: open gates, each gate's probability, λ, the constraint's average, whether it was met."""
        model = self.model
        probabilities = (self.config.gate_scale * model.phi).sigmoid()
        seen = {"active": model.active().sum(), "lambda": model.lam, "average": model.average, "met": model.met}
        return seen | {f"gate_{j}": value for j, value in enumerate(probabilities)}


@contextmanager
def moments_kept(network: nn.Module) -> Iterator[None]:
    """Passes within move no buffers: the running moments of batch normalisation, and the like."""
    before = [buffer.clone() for buffer in network.buffers()]
    try:
        yield
    finally:
        for buffer, value in zip(network.buffers(), before, strict=True):
            buffer.copy_(value)
