"""The method's training."""

from torch import Tensor

from latentdim.nets import Autoencoder, reconstruction
from latentdim.training import Task, train
from toys.method import Config


def fit(task: Task, config: Config) -> Autoencoder:
    """Reconstruction + weight · |z|²."""
    model = Autoencoder.build(task.protocol, dim=task.dim, shape=task.shape, generator=task.initialisation)
    model.to(task.device)

    def loss(batch: Tensor) -> dict[str, Tensor]:
        z = model.encode(batch)
        return {
            "reconstruction": reconstruction(model, z, batch, task.protocol),
            "length": config.weight * z.square().sum(dim=1).mean(),
        }

    return train(model, loss, task)
