"""ALD-VAE: a VAE whose latent layers lose neurons while it is trained (Sejnova et al., 2023).

The objective is the VAE's (eq. 3): reconstruction + β · KL to N(0, I). After each epoch four signals are taken of
held-out examples (Algorithm 1, lines 7–14): the silhouette score, the reconstruction loss, and the Fréchet distances of
reconstructions and of samples. Every p epochs the slopes of their least-squares lines (eq. 5) decide: all four
positive, and the size stays for good (eq. 4); otherwise n neurons go, n falling from 5 to 1 once the silhouette rises
(3.3.1). What goes are rows of both heads and columns of the decoder's first layer.

What is open, and what was chosen:

- Algorithm 1 shrinks in every epoch (line 27 stands outside of the test in line 15); the text, every 5: the text.
- The slow-down's window is 10 epochs in 3.3.1 and w, the stop rule's, in Algorithm 1: 3.3.1.
- Before a window is full: no slope is taken of fewer epochs, so nothing stops before epoch 20. (Python's slices in
  Algorithm 1 would fit lines through what there is; the released code waits, too.)
- The slow-down already counts for the pruning of the same decision, as lines 23–28 have it.
- A pruning that would leave fewer than ``least_dim`` neurons is left out; a floor is not stated.
- The silhouette is of draws from the posterior (Algorithm 1 calls them z_samples, and the code draws them), where
  "encoded samples" could mean the posterior's means: of axes that hold nothing, draws are noise and means are zero.
- The number of examples behind a FID: 1,000 (not stated; 100 in the released code).
- The same random held-out examples and the same normal draws for samples in every epoch, so that slopes are the
  model's; whether the paper draws them anew is not stated.
- The optimiser and its rate: the protocol's.

Pitfalls: a silhouette on k-means' own labels rises as dimensions go, with no structure in the codes at all, so a
positive slope is partly geometry: its null, as many clusters of standard normal points of the same dimension, is
recorded beside it. Early in a training reconstruction and FID get better whatever the size, which hides what they say
of it. Distances of 100 examples in 2,048 features mostly show how few they are. The softmax over axes (released code)
couples them and costs L (log L − ½) nats of KL, so that pruning lowers the loss by itself. Without n_validation the
signals are of training examples.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from latentdim.metrics.context import MetricRefused
from latentdim.nets import reconstruction
from latentdim.training import Hooks, Task, train
from methods.ald_vae import DISTANCES, Config
from methods.ald_vae.model import AldVAE
from methods.ald_vae.rule import COLUMN, decrease_after

BATCH = 1000


def fit(task: Task, config: Config) -> AldVAE:
    """Train one ALD-VAE with ``task.dim`` initial latent dimensions and return it in the size that is left.

    Raises:
        ValueError: if the network's latent layers can't be pruned, or k-means' clusters have no number.
    """
    if config.clusters is None and task.data.train.labels is None:
        raise ValueError("ald_vae: the data have no classes, so 'clusters' must say how many clusters k-means makes")
    model = AldVAE.initial(task.protocol, config, dim=task.dim, shape=task.shape, generator=task.initialisation)
    model.to(task.device)
    pruning = Pruning(task, model, config)
    noise = task.draws("noise")

    def loss(batch: Tensor) -> dict[str, Tensor]:
        posterior = model.present_posterior(batch)
        return {
            "reconstruction": reconstruction(model, posterior.draw(noise), batch, task.protocol),
            "kl": config.beta * posterior.kl(model.prior).mean(),
        }

    return train(model, loss, task, hooks=Hooks(epoch_end=pruning.epoch_end, observe=model.observe))


class Pruning:
    """What happens after each epoch. All that it goes by stands in the history, which checkpoints keep."""

    def __init__(self, task: Task, model: AldVAE, config: Config) -> None:
        self.task, self.model, self.config = task, model, config

    def epoch_end(self, epoch: int) -> None:
        """Take the signals; where a decision falls due, stop or prune."""
        task, model, config = self.task, self.model, self.config
        task.record({COLUMN + name: value for name, value in self.signals().items()})
        task.record({"present_dim": model.present_dim})
        epochs = [row for row in task.history if "present_dim" in row]
        before = int(epochs[-2]["decrease"]) if len(epochs) > 1 else config.decrease
        number = epoch + config.first_epoch
        due = number > 0 and number % config.patience == 0
        decrease = decrease_after(epochs, before, config) if due else before
        if before and not decrease:
            model.stopped_epoch.fill_(epoch + 1)
        task.record({"decrease": decrease, "stopped_epoch": int(model.stopped_epoch)})
        goes_on = task.share_done < 1.0  # what is pruned after the last epoch would never be trained
        if due and decrease and goes_on and model.present_dim - decrease >= config.least_dim:
            model.keep(self.kept(decrease, epoch), optimizers=task.optimizers.values())

    def signals(self) -> dict[str, float]:
        """The four signals and the silhouette's null; those that have no meaning for the model now are left out."""
        reconstructed, generated = DISTANCES[self.config.stop_features]
        found = {"reconstruction": self.reconstruction_loss()}
        metrics = {"silhouette": "silhouette", "frechet_reconstructed": reconstructed, "frechet_generated": generated}
        for signal, metric in metrics.items():
            try:
                measured = self.task.measurement(metric)
            except MetricRefused:  # codes that are all equal, say
                continue
            found[signal] = measured.value
            if signal == "silhouette" and measured.floor:
                found["silhouette_null"] = measured.floor.value
        return found

    def reconstruction_loss(self) -> float:
        """The training's reconstruction term over the held-out examples, one draw each (Algorithm 1, line 10)."""
        task, draws, total = self.task, self.task.draws("held_out"), 0.0
        for batch in self.held_out():
            codes = self.model.present_posterior(batch).draw(draws)
            total += float(reconstruction(self.model, codes, batch, task.protocol)) * len(batch)
        return total / self.n_held_out

    def kept(self, decrease: int, epoch: int) -> Tensor:
        """Positions among the present axes that a pruning leaves, ascending."""
        count = self.model.present_dim
        if self.config.neurons == "last":
            return torch.arange(count - decrease)
        if self.config.neurons == "random":
            order = self.task.draws_at("pruned", epoch).permutation(count)
        else:
            order = self.divergences().argsort(stable=True)
        return order[decrease:].sort().values.cpu()

    def divergences(self) -> Tensor:
        """Mean divergence of each present axis from the prior over the held-out examples, ``(P,)`` in nats."""
        total = torch.zeros(self.model.present_dim, dtype=torch.float64, device=self.task.device)
        for batch in self.held_out():
            posterior = self.model.present_posterior(batch)
            alone = (part.double().reshape(-1, 1) for part in (posterior.mean, posterior.log_var))  # axis by axis
            total += self.model.prior.gaussian_kl(*alone).view_as(posterior.mean).sum(dim=0)
        return total / self.n_held_out

    @property
    def n_held_out(self) -> int:
        """How many held-out examples there are, at most those asked for."""
        data = self.task.data
        return min(self.config.n_held_out, len(data.validation or data.train))

    def held_out(self) -> Iterator[Tensor]:
        """The validation examples in batches as the network sees them; training ones where there are none."""
        data, n = self.task.data, self.n_held_out
        split = data.validation or data.train
        yield from (data.batch(split, start, min(start + BATCH, n)) for start in range(0, n, BATCH))
