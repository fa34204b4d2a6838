"""What is registered, and how study files reach it."""

import re
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from latentdim import registry
from latentdim.plan.expand import plan_study
from latentdim.registry.declarations import DatasetOptions, resolve
from latentdim.system.problems import InputError

KINDS = [
    "celeba", "cifar10", "digits", "dsprites", "dsprites_rendered", "eurosat", "fashion_mnist", "hdf5", "image_folder",
    "imagenet32", "manifold", "mnist", "npy", "npz", "shapes3d", "shapes3d_rendered", "sprites",
    "synthetic",
]  # fmt: skip
OUTCOMES = {
    "manifold": {"shape": "sphere", "dim": 2},
    "synthetic": {"n": 3},
    "npy": {"path": "x.npy"},
    "npz": {"path": "x.npz"},
    "hdf5": {"path": "x.h5"},
    "image_folder": {"path": "in"},
}

STUDY = """
title: test
datasets: {{mine: {{{mine}}}}}
protocol: {{training: {{epochs: 1, batch_size: 2}}}}
grid: [{{datasets: [{dataset}], methods: {{vae: {{}}}}, dims: [2]}}]
metrics: [mse_per_pixel]
"""


def planned(*, mine="kind: digits", dataset="mine"):
    Path("mine.yaml").write_text(STUDY.format(mine=mine, dataset=dataset))
    return plan_study("mine.yaml")


def problems_of(**study):
    with pytest.raises(InputError) as refusal:
        planned(**study)
    return [re.sub(r"^line \d+: ", "", problem) for problem in refusal.value.problems]


def test_the_registered_kinds_are_these():
    assert registry.datasets().names() == KINDS


@pytest.mark.parametrize("name", KINDS)
def test_every_declaration_is_complete(name):
    kind = registry.datasets().get(name)
    assert issubclass(kind.options, DatasetOptions)
    assert all((kind.title, kind.source, kind.licence))
    assert callable(resolve(kind.inspect))
    assert callable(resolve(kind.prepare))
    assert kind.options.location <= set(kind.options.model_fields)
    options = kind.options(**OUTCOMES.get(name, {}))
    assert kind.options.model_validate_json(options.model_dump_json()) == options


@pytest.mark.parametrize(
    ("name", "kind", "options"),
    [
        ("synthetic_5", "synthetic", {"n": 5}),
        ("digits", "digits", {}),
        ("dsprites_rendered", "dsprites_rendered", {"n": None}),
        ("mnist", "mnist", {"size": 28}),
        ("mnist_28", "mnist", {"size": 28}),
        ("mnist_32", "mnist", {"size": 32}),
        ("fashion_mnist", "fashion_mnist", {"size": 28}),
        ("fashion_mnist_32", "fashion_mnist", {"size": 32}),
        ("cifar10", "cifar10", {}),
        ("celeba", "celeba", {"crop": 140, "resize": "bilinear", "train_parts": "train"}),
        ("eurosat", "eurosat", {"test_fraction": 0.1}),
        ("dsprites", "dsprites", {"test_fraction": 0.1}),
        ("shapes3d", "shapes3d", {"test_fraction": 0.1}),
        ("imagenet32", "imagenet32", {"path": None}),
        ("shapes3d_rendered", "shapes3d_rendered", {"n": None}),
        ("sprites", "sprites", {"form": "frames"}),
    ],
)
def test_bare_names_need_no_entry(name, kind, options):
    declared, found = registry.dataset_by_name(name)
    assert declared.name == kind
    assert options.items() <= found.model_dump().items()


def test_suggestions_are_names_that_work():
    names = registry.dataset_names()
    assert names == [
        "celeba", "cifar10", "digits", "dsprites", "dsprites_rendered", "eurosat", "fashion_mnist", "imagenet32",
        "mnist", "shapes3d", "shapes3d_rendered", "sprites", "synthetic_8",
    ]  # fmt: skip
    assert all(registry.dataset_by_name(name) for name in names)


def test_looking_imports_no_heavy_package(tmp_path):
    np.save("x.npy", np.ones((5, 2)))
    np.savez("x.npz", train=np.ones((5, 2)))
    with h5py.File("x.h5", "w") as file:
        file["train"] = np.ones((5, 2))
    script = f"""
import sys
for name in ("torch", "torchvision", "sklearn", "pandas", "matplotlib", "PIL", "scipy"):
    sys.modules[name] = None
from latentdim import registry
from latentdim.registry.declarations import resolve
given = {OUTCOMES!r}
for kind in registry.datasets():
    print(kind.name, resolve(kind.inspect)(kind.options(**given.get(kind.name, {{}}))).problems)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert len(lines) == len(KINDS)
    absent = [line.split()[0] for line in lines if not line.endswith(" ()")]
    assert absent == ["image_folder", "imagenet32"]  # neither is there, nor can be downloaded


def test_a_study_file_names_a_users_data_without_code(shelf):
    np.save("x.npy", np.ones((40, 6)))
    plan = planned(mine="kind: npy, path: x.npy, test_fraction: 0.25")
    (cell,) = plan.cells
    assert (cell.dataset.info.shape, cell.dataset.info.n_train, cell.dataset.example_kind) == ((6,), 30, "vectors")


def test_what_an_array_holds_decides_which_metrics_fit():
    kinds = {}
    for name, array in (("vectors", np.ones((40, 6))), ("images", np.ones((40, 3, 2), bool))):
        np.save("x.npy", array)
        kinds[name] = planned(mine="kind: npy, path: x.npy").cells[0].dataset.example_kind
    assert kinds == {"vectors": "vectors", "images": "images"}


def test_absent_data_are_no_problem_of_the_file_but_stand_in_the_plan():
    plan = planned(mine="kind: image_folder, path: nowhere")
    (sentence,) = plan.absent["mine"]
    assert sentence.startswith("path = 'nowhere': there is no such folder")


@pytest.mark.parametrize(
    ("study", "sentence"),
    [
        ({"dataset": "synthetic_0"}, "grid.0.datasets.0 = 'synthetic_0': n = 0: should be greater than 0"),
        (
            {"dataset": "synthetic_129"},
            "grid.0.datasets.0 = 'synthetic_129': n = 129: should be at most outputs = 128",
        ),
        ({"dataset": "mnist_30"}, "grid.0.datasets.0 = 'mnist_30': size = 30: should be 28 or 32"),
        (
            {"dataset": "mnits"},
            "grid.0.datasets.0 = 'mnits': not a dataset; did you mean 'mnist'? "
            f"(known: {', '.join(sorted(['mine', *registry.dataset_names()]))})",
        ),
        ({"mine": "kind: mnist, size: 30"}, "datasets.mine.size = 30: should be 28 or 32"),
        (
            {"mine": "kind: image_folder, pth: x"},
            "datasets.mine.pth: unknown key; did you mean 'path'? (known: "
            "background, channels, pages, path, size, split, test_fraction)",
        ),
        ({"mine": "kind: image_folder"}, "datasets.mine.path: this key is required"),
        (
            {"mine": "kind: dsprites_rendered, levels: {positionx: 4}"},
            "datasets.mine.levels.positionx: unknown key; did you mean 'position_x'? "
            "(known: orientation, position_x, position_y, scale, shape)",
        ),
        (
            {"mine": "kind: dsprites_rendered, levels: {position_x: 40}"},
            "datasets.mine.levels.position_x = 40: should be less than or equal to 32",
        ),
        (
            {"mine": "kind: dsprites_rendered, levels: {position_x: 1}, n: 30000"},
            "datasets.mine.n = 30000: should be at most 23,040, the images of the kept factor space",
        ),
        (
            {"mine": "kind: npz, path: 3"},
            "datasets.mine.path = 3: should be a valid string; YAML reads this one otherwise, so put it in quotes",
        ),
        ({"mine": "kind: npy"}, "datasets.mine: give either 'path', or 'train_path' and 'test_path'"),
        (
            {"mine": "kind: digits, test_fraction: 1.5"},
            "datasets.mine.test_fraction = 1.5: should be less than or equal to 0.9",
        ),
        (
            {"mine": "kind: image_foldr, path: x"},
            "datasets.mine.kind = 'image_foldr': not a kind of dataset; did you mean 'image_folder'? "
            f"(known: {', '.join(registry.datasets().names())})",
        ),
    ],
)
def test_mistakes_in_a_study_file_are_sentences(study, sentence):
    assert sentence in problems_of(**study)
