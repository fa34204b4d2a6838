"""Methods' settings, and what a finished run gives back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from pydantic import ValidationError
from torch import Tensor

from latentdim import registry
from latentdim.harness.fitting import fitted
from latentdim.nets.draws import Draws
from latentdim.records.folder import RunFolder
from latentdim.registry.declarations import resolve
from latentdim.training import Task
from latentdim.training.checkpoint import save_weights

CHANGED: dict[str, dict[str, Any]] = {
    "vae": {"beta": 4.0},
    "ae": {},
    "irmae": {"linear_layers": 2, "rank_threshold": 0.2, "n_codes": 50},
    "nested_dropout": {"rate": 0.5, "knee_margin": 0.0, "n_knee": 50},
    "vae_flow": {"flow": "planar", "steps": 3},
    "beta_tcvae": {"beta": 5.0, "estimator": "mss"},
    "dip_vae_i": {"lambda_od": 1.0, "lambda_d": 0.0},
    "dip_vae_ii": {"lambda_od": 0.0, "lambda_d": 1.0},
    "wae_mmd": {"mmd_weight": 10.0, "scales": (1.0, 2.0), "kernel": "rbf"},
    "wae_gan": {"adversarial_weight": 10.0, "critic_hidden": (5, 4), "log_prior": True},
    "two_stage_vae": {"second_length": 0.5, "second_width": 9, "second_depth": 2},
    "rae": {"regulariser": "gradient_penalty", "gradient_penalty": "jacobian", "regulariser_weight": 1e-6},
    "maskaae": {"mask": False, "reconstruction": "sse", "lambda_3_cap": 2048.0, "critic_hidden": (5,), "theta_max": 3},
    "ard_vae": {"n_alpha": 30, "moment": "about_mean", "generation_mean": "encodings", "jacobian_at": "sample"},
    "least_volume": {"volume_weight": 0.1, "lipschitz": 2.0, "explained_share": 0.3, "n_pruning": 20},
    "geco_l0_arm_vae": {"tau": 50.0, "lambda_max": 5.0, "gates_while_met": False, "gate_start": 0.7},
    "lmgae": {"reconstruction": "mse", "lambda_3_interval": 4, "order": "critic_first"},
    "ald_vae": {"beta": 2.0, "std_head": "softmax", "stop_features": "pixels_pca", "clusters": 3, "stop_signals": ()},
    "pca": {},
    "noise": {},
    "oracle": {},
    "constant": {},
}
REFUSED = [
    ("ae", {"beta": 1.0}),
    ("vae", {"beta": 0.0}),
    ("irmae", {"linear_layers": -1}),
    ("irmae", {"rank_threshold": 1.0}),
    ("nested_dropout", {"rate": 1.0}),
    ("nested_dropout", {"knee_margin": -0.1}),
    ("vae_flow", {"flow": "spline"}),
    ("vae_flow", {"hidden": ()}),
    ("vae_flow", {"flow": "planar", "context": 0}),
    ("beta_tcvae", {"beta": 0.0}),
    ("beta_tcvae", {"estimator": "exact"}),
    ("dip_vae_i", {"lambda_od": -1.0}),
    ("dip_vae_ii", {"lambda_d": -1.0}),
    ("wae_mmd", {"scales": ()}),
    ("wae_mmd", {"mmd_weight": -1.0}),
    ("wae_mmd", {"weight": 1.0}),
    ("wae_mmd", {"kernel": "laplace"}),
    ("wae_gan", {"critic_rate": 0.0}),
    ("wae_gan", {"critic_hidden": (0,)}),
    ("rae", {"regulariser_weight": -1e-7}),
    ("rae", {"regulariser": "none", "regulariser_weight": 1e-7}),
    ("rae", {"l2_of": "biases"}),
    ("rae", {"regulariser": "gradient_penalty", "gradient_penalty": "jacobian"}),
    ("rae", {"regulariser": "spectral_norm", "regulariser_weight": 1e-7}),
    ("two_stage_vae", {"second_length": 0.0}),
    ("two_stage_vae", {"second_depth": 0}),
    ("maskaae", {"reconstruction": "l1"}),
    ("maskaae", {"theta_max": 0}),
    ("maskaae", {"lambda_1": -1.0}),
    ("lmgae", {"lambda_3": -0.1}),
    ("lmgae", {"order": "mask_first"}),
    ("maskaae", {"active_threshold": 1.0}),
    ("ard_vae", {"beta": 0.0}),
    ("ard_vae", {"prior": "laplace"}),
    ("ard_vae", {"relevance_share": 1.0}),
    ("ald_vae", {"stop_features": "raw"}),
    ("ald_vae", {"stop_signals": ("loss",)}),
    ("ald_vae", {"stop_window": 2}),
    ("ald_vae", {"patience": 0}),
    ("least_volume", {"volume_weight": 0.0}),
    ("least_volume", {"lipschitz": -1.0}),
    ("least_volume", {"explained_share": 1.0}),
    ("geco_l0_arm_vae", {"tau": 0.0}),
    ("geco_l0_arm_vae", {"lambda_max": 0.5}),
    ("geco_l0_arm_vae", {"gate_start": 0.5}),
    ("pca", {"whiten": True}),
]


@pytest.mark.parametrize("name", CHANGED)
def test_changed_settings_survive_a_round_trip(name: str) -> None:
    kind = registry.methods().get(name).config
    config = kind.model_validate_json(kind(**CHANGED[name]).model_dump_json())
    assert config == kind(**CHANGED[name])
    assert CHANGED[name] == {} or config != kind()


@pytest.mark.parametrize(("name", "settings"), REFUSED)
def test_settings_out_of_range_are_refused(name: str, settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        registry.methods().get(name).config(**settings)


def test_who_brings_a_likelihood_of_its_own_brings_its_variance_too() -> None:
    for method in registry.methods():
        assert ("likelihood" in method.unused_fields) == ("decoder_variance" in method.unused_fields), method.name


@pytest.mark.parametrize("name", CHANGED)
def test_a_finished_run_is_restored_exactly(
    name: str, make_task: Callable[..., Task], normal: Callable[..., Tensor], tmp_path: Path
) -> None:
    method = registry.methods().get(name)
    config = method.config(**CHANGED[name])
    factors = normal(120, 2, name="f"), normal(20, 2, name="g")
    trained = resolve(method.runner)(make_task(factors=factors), config)
    save_weights(trained, RunFolder(tmp_path).model)
    task = make_task(factors=factors, folder=tmp_path)
    restored = fitted(task, method, config)
    assert task.steps == 0
    x = task.data.test.values
    assert torch.equal(restored.reconstruct(x), trained.reconstruct(x))
    assert torch.equal(restored.active(), trained.active())
    axes = torch.tensor([True, False, True])
    assert torch.equal(*(model.sample(5, Draws.named("s"), axes=axes) for model in (restored, trained)))
