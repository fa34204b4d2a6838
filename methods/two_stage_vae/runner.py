"""Two-stage VAE: a VAE with a learned decoder variance, then a second one on its codes (Dai & Wipf, 2019, section 4).

First stage: KL(q(z | x) ‖ N(0, I)) + Σ_d [ (x_d − x̂_d)²/(2γ²) + log γ + ½ log 2π ], one γ for all values, learned from
1 on (eq. 4 with γ² for its γ; released code). Second stage, on the frozen first one: the same objective for codes z,
which each step draws anew from q(z | x), with as many latent variables u; its γ_z is learned likewise. Samples are
u ~ N(0, I), z = D(u) + γ_z ε, x = the first decoder's mean. ACTIVE is L: the source counts nothing.

Open: how the learning rates are halved on CIFAR-10; the shared schedules stand for the published halving (every 150
epochs in the first stage, 300 in the second). Encoder heads give logarithms of variances, where the released first
stage has softplus and 1e-6. Its other networks, a residual one and WAE's, are left out.

Pitfalls: without γ_z ε, or with a fixed γ_z of 1 (a widely used implementation), the second stage returns N(0, I) as
N(0, .03² I); batch normalisation's running moments are those that codes are taken with; FIDs on CIFAR-10 depend on a
JPEG round trip of the real images.
"""

from __future__ import annotations

from torch import Tensor

from latentdim.nets import reconstruction
from latentdim.nets.code_moments import code_moments, draw_codes
from latentdim.nets.second_stage import SecondStage, SecondStagePrior, second_stage_protocol
from latentdim.study.protocol import Training
from latentdim.training import Hooks, Task, train
from latentdim.training.data import Data, Scaling, Split
from methods.two_stage_vae import Config
from methods.two_stage_vae.model import TwoStageVAE

OBJECTIVE = {"likelihood": "gaussian", "reduction": "sum", "decoder_variance": "learned"}


def fit(task: Task, config: Config) -> TwoStageVAE:
    """Train both stages with ``task.dim`` latent dimensions each and return the model."""
    model = fit_first(task.stage("first", protocol=task.protocol.model_copy(update=OBJECTIVE)))
    model.prior = fit_second(task, model, config)
    return model


def fit_first(task: Task) -> TwoStageVAE:
    """The VAE on examples."""
    model = TwoStageVAE.build(task.protocol, dim=task.dim, shape=task.shape, generator=task.initialisation)
    model.to(task.device)
    noise = task.draws("noise")

    def loss(batch: Tensor) -> dict[str, Tensor]:
        posterior = model.posterior(batch)
        return {
            "reconstruction": reconstruction(model, posterior.draw(noise), batch, task.protocol),
            "kl": posterior.kl(model.objective_prior).mean(),
        }

    return train(model, loss, task, hooks=Hooks(observe=model.observe))


def fit_second(task: Task, model: TwoStageVAE, config: Config) -> SecondStagePrior:
    """The VAE on codes, as a prior; of a finished run, whose weights are loaded later, in its shape alone."""
    protocol = second_stage_protocol(
        task.protocol, width=config.second_width, depth=config.second_depth, **length(task.protocol, config)
    )
    stage = task.stage("second", data=codes_of(task, model), protocol=protocol)
    second = SecondStage.of_codes(protocol, dim=task.dim, generator=stage.initialisation).to(task.device)
    noise = stage.draws("noise")
    prior = SecondStagePrior(second).to(task.device)
    if not task.finished:
        prior.take_moments(draw_codes(stage.data.train.values, task.draws("codes")))
    train(
        second, lambda batch: second.terms(draw_codes(batch, noise), noise), stage, hooks=Hooks(observe=second.observe)
    )
    return prior


def codes_of(task: Task, model: TwoStageVAE) -> Data:
    """Means and deviations of the codes of training and validation examples; nothing of a finished run."""
    data, none = task.data, Split(task.data.train.values.new_zeros(0, 2 * task.dim, dtype=model.inactive_value.dtype))

    def of(split: Split) -> Split:
        if task.finished or not len(split):
            return none
        return Split(code_moments(model, data.batches(split), task.draws("codes")))

    return Data(of(data.train), of(data.validation), none, Scaling(1.0, 0.0))


def length(protocol: Training, config: Config) -> dict[str, int]:
    """The second training's epochs or steps."""
    unit, value = ("epochs", protocol.epochs) if protocol.epochs else ("steps", protocol.steps or 1)
    return {unit: max(1, round(config.second_length * value))}
