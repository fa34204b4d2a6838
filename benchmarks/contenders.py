"""The same training four ways: the engine (float32 and bfloat16), a loop over torchvision's data set, pythae's trainer.

All have the same network (the baselines from torch's own layers), Adam with the same rates, batches of the same size
and the same number of threads. Each is called with a number of updates and returns the seconds they took; building
networks, reading files and starting up are left out for all alike.
"""

from __future__ import annotations

import logging
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from benchmarks.images import Images
from latentdim.harness.environment import set_arithmetic
from latentdim.nets.architectures.ard_conv import ArdConv
from latentdim.nets.architectures.mlp import Mlp
from latentdim.nets.build import OUTPUTS, stacked
from latentdim.nets.count import architecture
from latentdim.registry import methods
from latentdim.registry.declarations import NetworkOptions, resolve
from latentdim.study.protocol import Training
from latentdim.training import Task
from latentdim.training.data import Data, Scaling, Split
from methods.wae_mmd.objective import mmd

LEARNING_RATE = 1e-3
MMD_WEIGHT = 200.0
SCALES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)

Contender = Callable[[int], float]


@dataclass(frozen=True)
class Workload:
    """One method on one network.

    Attributes:
        side: of the square images; 28, or 32 by padding.
        updates: how many one measurement takes.
        margins: the ratios to reach against the loop over a DataLoader, and against pythae.
    """

    name: str
    method: str
    network: NetworkOptions
    side: int
    batch: int
    updates: int
    margins: tuple[float, float]
    dim: int = 16

    @property
    def shape(self) -> tuple[int, int, int]:
        """Shape of one image."""
        return 1, self.side, self.side

    def protocol(self, *, threads: int, precision: str = "float32", updates: int = 1) -> Training:
        """The engine's settings; the other contenders build their networks from them too."""
        return Training.model_validate(
            {"network": self.network, "batch_size": self.batch, "steps": updates, "precision": precision,
             "threads": threads, "optimizer": {"learning_rate": LEARNING_RATE}}
        )  # fmt: skip


def workloads(*, tiny: bool = False) -> list[Workload]:
    """The suite's two networks under its two plainest methods; ``tiny`` ones only show that everything runs."""
    mlp = Mlp(hidden=(8 if tiny else 1024,), output="sigmoid")
    conv = ArdConv(filters=(2, 2, 2, 2), decoder_filters=(2, 2, 2)) if tiny else ArdConv()
    found = []
    for method in ("vae", "wae_mmd"):
        found.append(Workload("MLP 784–1024, batch 128", method, mlp, 28, 128, 2 if tiny else 80, (2.0, 1.25)))
        found.append(
            Workload("ARD-VAE's MNIST network, batch 100", method, conv, 32, 100, 2 if tiny else 6, (1.15, 1.0))
        )
    return found


def engine(workload: Workload, images: Images, *, threads: int, precision: str = "float32") -> Contender:
    """A method's own ``fit`` through the engine: task, resident data, the training loop with its history."""
    margin = (workload.side - 28) // 2
    values = nn.functional.pad(torch.tensor(images.array()).unsqueeze(1), (margin,) * 4)
    data = Data(Split(values), Split(values[:0]), Split(values[:1000]), Scaling(1.0, 0.0))
    method = methods().get(workload.method)

    def run(updates: int) -> float:
        protocol = workload.protocol(threads=threads, precision=precision, updates=updates)
        set_arithmetic(protocol, torch.device("cpu"))
        task = Task(workload.dim, data, protocol, ("benchmark", workload.method, workload.dim, 0))
        resolve(method.runner)(task, method.config())
        torch.set_flush_denormal(False)  # the engine's doing; the others run as torch comes
        return task.seconds

    return run


def loader_loop(workload: Workload, images: Images) -> Contender:
    """A plain loop as released research code has it: an image decoded, transformed and collated at a time."""
    from torchvision import datasets, transforms  # seconds, which whoever wants the workloads alone needn't wait

    steps = [transforms.Pad((workload.side - 28) // 2)] if workload.side > 28 else []
    dataset = datasets.MNIST(
        str(images.root), train=True, transform=transforms.Compose([*steps, transforms.ToTensor()])
    )
    loader = DataLoader(dataset, batch_size=workload.batch, shuffle=True, drop_last=True)
    encoder, decoder = plain(workload)
    optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=LEARNING_RATE)

    def endless() -> Iterator[Tensor]:
        while True:
            for batch, _ in loader:
                yield batch

    batches = endless()

    def run(updates: int) -> float:
        total, started = 0.0, time.perf_counter()
        for _ in range(updates):
            loss = plain_loss(workload, encoder, decoder, next(batches))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item()
        return time.perf_counter() - started

    return run


def plain_loss(workload: Workload, encoder: nn.Module, decoder: nn.Module, x: Tensor) -> Tensor:
    """The objective as one would write it down: squared error and KL, or squared error and MMD."""
    if workload.method == "vae":
        mean, log_var = encoder(x).chunk(2, dim=1)
        z = mean + torch.randn_like(mean) * torch.exp(0.5 * log_var)
        penalty = 0.5 * (mean.pow(2) + log_var.exp() - 1 - log_var).sum(dim=1).mean()
    else:
        z = encoder(x)
        penalty = MMD_WEIGHT * mmd(z, torch.randn_like(z), scales=SCALES)
    return nn.functional.mse_loss(decoder(z), x, reduction="sum") / len(x) + penalty


def plain(workload: Workload) -> tuple[nn.Sequential, nn.Sequential]:
    """The workload's encoder and decoder from torch's own layers, as torch initialises them."""
    outputs = 2 * workload.dim if workload.method == "vae" else workload.dim
    parts = architecture(workload.network, shape=workload.shape, dim=workload.dim, outputs=outputs)
    encoder = stacked(parts.encoder, workload.shape)
    decoder = nn.Sequential(*stacked(parts.decoder, (workload.dim,)), OUTPUTS[parts.output]())
    for module in (*encoder, *decoder):
        if isinstance(module, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
            module.reset_parameters()
    return encoder, decoder


def pythae_trainer(workload: Workload, images: Images, *, fused: bool = False) -> Contender:
    """pythae's trainer around the same encoder and decoder, its images in memory, without logs, bars and evaluation.

    Raises:
        ImportError: if pythae isn't installed.
    """
    from pythae.data.datasets import BaseDataset
    from pythae.trainers import BaseTrainer, BaseTrainerConfig
    from pythae.trainers.training_callbacks import CallbackHandler

    logging.disable(logging.INFO)  # its loggers set their own levels
    model = wrapped(workload)
    margin = (workload.side - 28) // 2
    trainers: dict[int, BaseTrainer] = {}

    def trainer_for(updates: int) -> BaseTrainer:
        count = updates * workload.batch
        array = torch.tensor(images.array()[:count]).unsqueeze(1) / 255.0
        array = array.repeat(-(-count // len(array)), 1, 1, 1)[:count]
        dataset = BaseDataset(nn.functional.pad(array, (margin,) * 4), torch.zeros(count))
        config = BaseTrainerConfig(
            output_dir=tempfile.mkdtemp(prefix="pythae-"), per_device_train_batch_size=workload.batch,
            learning_rate=LEARNING_RATE, optimizer_params={"fused": True} if fused else None, no_cuda=True,
        )  # fmt: skip
        trainer = BaseTrainer(model, dataset, training_config=config)
        trainer.prepare_training()
        trainer.callback_handler = CallbackHandler([], model)
        return trainer

    def run(updates: int) -> float:
        if updates not in trainers:
            trainers[updates] = trainer_for(updates)
        started = time.perf_counter()
        trainers[updates].train_step(1)
        return time.perf_counter() - started

    return run


def wrapped(workload: Workload) -> nn.Module:
    """The plain networks inside pythae's classes."""
    from pythae.models import VAE, WAE_MMD, VAEConfig, WAE_MMD_Config
    from pythae.models.base.base_utils import ModelOutput
    from pythae.models.nn import BaseDecoder, BaseEncoder

    encoder, decoder = plain(workload)

    class Encoder(BaseEncoder):
        def __init__(self) -> None:
            super().__init__()
            self.network = encoder

        def forward(self, x: Tensor) -> ModelOutput:
            if workload.method == "wae_mmd":
                return ModelOutput(embedding=self.network(x))
            mean, log_var = self.network(x).chunk(2, dim=1)
            return ModelOutput(embedding=mean, log_covariance=log_var)

    class Decoder(BaseDecoder):
        def __init__(self) -> None:
            super().__init__()
            self.network = decoder

        def forward(self, z: Tensor) -> ModelOutput:
            return ModelOutput(reconstruction=self.network(z))

    common = {"input_dim": workload.shape, "latent_dim": workload.dim}
    if workload.method == "vae":
        return VAE(VAEConfig(reconstruction_loss="mse", **common), encoder=Encoder(), decoder=Decoder())
    config = WAE_MMD_Config(reg_weight=MMD_WEIGHT, scales=list(SCALES), **common)
    return WAE_MMD(config, encoder=Encoder(), decoder=Decoder())
