"""The grid of 24 autoencoders as a script on pythae would train it: one after another, then a table.

Run as a file, with pythae's folder in PYTHONPATH.
Usage: python grid_pythae.py IMAGES.npy TABLE.csv THREADS UPDATES FIRST STRIDE DIMS
"""

from __future__ import annotations

import logging
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from pythae.data.datasets import BaseDataset
from pythae.models import VAE, WAE_MMD, VAEConfig, WAE_MMD_Config
from pythae.models.base.base_utils import ModelOutput
from pythae.models.nn import BaseDecoder, BaseEncoder
from pythae.trainers import BaseTrainer, BaseTrainerConfig
from pythae.trainers.training_callbacks import CallbackHandler
from torch import Tensor, nn

METHODS, SEEDS, BATCH, HELD_OUT = ("vae", "wae_mmd"), 2, 128, 1000


class Encoder(BaseEncoder):
    """784–1024–outputs."""

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.network = nn.Sequential(nn.Flatten(), nn.Linear(784, 1024), nn.ReLU(), nn.Linear(1024, outputs))
        self.halves = outputs

    def forward(self, x: Tensor) -> ModelOutput:
        """Codes, or means and log-variances."""
        return ModelOutput(embedding=self.network(x))


class GaussianEncoder(Encoder):
    """The same with a head of means and log-variances."""

    def forward(self, x: Tensor) -> ModelOutput:
        """Means and log-variances."""
        mean, log_var = self.network(x).chunk(2, dim=1)
        return ModelOutput(embedding=mean, log_covariance=log_var)


class Decoder(BaseDecoder):
    """dim–1024–784."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.network = nn.Sequential(nn.Linear(dim, 1024), nn.ReLU(), nn.Linear(1024, 784), nn.Sigmoid())

    def forward(self, z: Tensor) -> ModelOutput:
        """Images."""
        return ModelOutput(reconstruction=self.network(z).unflatten(1, (1, 28, 28)))


def model_of(method: str, dim: int) -> nn.Module:
    """One of the two models."""
    common = {"input_dim": (1, 28, 28), "latent_dim": dim}
    if method == "vae":
        config = VAEConfig(reconstruction_loss="mse", **common)
        return VAE(config, encoder=GaussianEncoder(2 * dim), decoder=Decoder(dim))
    config = WAE_MMD_Config(reg_weight=200.0, scales=[0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0], **common)
    return WAE_MMD(config, encoder=Encoder(dim), decoder=Decoder(dim))


def main() -> None:
    """Train every STRIDE-th autoencoder of the grid from the FIRST on, and write their held-out errors."""
    images, table, threads, updates, first, stride, dims = sys.argv[1:]
    torch.set_num_threads(int(threads))
    logging.disable(logging.INFO)
    values = torch.from_numpy(np.load(images)).unsqueeze(1) / 255.0
    train, test = values[:-HELD_OUT], values[-HELD_OUT:]
    count = int(updates) * BATCH
    train = train.repeat(-(-count // len(train)), 1, 1, 1)[:count]
    grid = [(m, int(d), s) for m in METHODS for d in dims.split(",") for s in range(SEEDS)]
    rows = []
    for method, dim, seed in grid[int(first) :: int(stride)]:
        torch.manual_seed(seed)
        model = model_of(method, dim)
        config = BaseTrainerConfig(
            output_dir=tempfile.mkdtemp(prefix="pythae-"), per_device_train_batch_size=BATCH, learning_rate=1e-3,
            no_cuda=True,
        )  # fmt: skip
        trainer = BaseTrainer(model, BaseDataset(train, torch.zeros(count)), training_config=config)
        trainer.prepare_training()
        trainer.callback_handler = CallbackHandler([], model)
        trainer.train_step(1)
        model.eval()
        with torch.no_grad():
            error = (model(BaseDataset(test, torch.zeros(HELD_OUT))[:]).recon_x - test).square().mean()
        rows.append({"method": method, "dim": dim, "seed": seed, "mse": float(error)})
    pd.DataFrame(rows).to_csv(Path(table), index=False)


if __name__ == "__main__":
    main()
