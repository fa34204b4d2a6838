"""Shared by all tests: a file of Inception's weights in the real layout, its numbers drawn at random; an option."""

from __future__ import annotations

import io
import math
from pathlib import Path

import pytest
import torch

from latentdim.system.seeds import torch_stream

NAME = "weights-inception-2015-12-05-6726825d.pth"


def random_inception(seed: int = 0) -> dict[str, torch.Tensor]:
    """Weights of torch-fidelity's network by name: He's law, norms that shift and scale a little."""
    from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

    class Untrained(FeatureExtractorInceptionV3):
        def load_state_dict(self, state_dict: object) -> None:
            """Keep what was drawn."""

    nothing = io.BytesIO()
    torch.save({}, nothing)
    nothing.seek(0)
    state = Untrained("untrained", ["2048"], feature_extractor_weights_path=nothing).state_dict()
    generator = torch_stream("random inception", seed)
    for name, value in state.items():
        if name.endswith(("conv.weight", "fc.weight")):
            value.normal_(0.0, math.sqrt(2.0 / value[0].numel()), generator=generator)
        elif name.endswith(("bn.weight", "bn.running_var")):
            value.uniform_(0.5, 1.5, generator=generator)
        elif name.endswith(("bn.bias", "bn.running_mean")):
            value.uniform_(-0.3, 0.3, generator=generator)
    return state


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--rewrite-defaults``, for tests/unit/test_defaults.py."""
    parser.addoption("--rewrite-defaults", action="store_true", help="write tests/unit/defaults.json anew")


@pytest.fixture(scope="session")
def inception_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of random weights under the real one's name."""
    path = tmp_path_factory.mktemp("inception") / NAME
    with torch.random.fork_rng(devices=[]):
        torch.save(random_inception(), path)
    return path
