"""Damaged hdf5 files and archives of factor sets: refused by name, or read in the announced form; never a traceback.

A user's own hdf5 file has no checksum of its values, so a changed value that is still a number can't be told. Those are
read in a process of their own: the hdf5 library is written in C, and a crash of it would end the tests.
"""

import json
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from latentdim.datasets import dsprites
from latentdim.system.problems import DataRefused
from latentdim.system.seeds import stream

DRAWS = stream("test", "fuzz", "hdf5")
VECTORS = DRAWS.normal(size=(40, 5))
IMAGES = DRAWS.integers(0, 256, (40, 6, 6), dtype=np.uint8)
FORMS = {
    "old and in one piece": ("earliest", VECTORS, {}),
    "new and in one piece": ("latest", VECTORS, {}),
    "old, in compressed chunks": ("earliest", IMAGES, {"chunks": (10, 3, 6), "compression": "gzip"}),
    "new, in summed chunks": ("latest", IMAGES, {"chunks": (7, 6, 6), "shuffle": True, "fletcher32": True}),
}

# Looks at each file in the folder "damaged", prepares it where nothing is amiss, and prints what came of it.
SCRIPT = """
import json
from pathlib import Path
import numpy as np
from latentdim import registry
from latentdim.datasets.prepared import prepare
from latentdim.registry.declarations import resolve
from latentdim.datasets.spec import DatasetSpec
from latentdim.system.problems import DataRefused

kind = registry.datasets().get("hdf5")
for file in sorted(Path("damaged").iterdir()):
    options = kind.options(path=str(file))
    info = resolve(kind.inspect)(options)
    refusals, arrays = list(info.problems), {}
    spec, results = DatasetSpec("mine", kind, options, info), Path("results") / file.name
    if not refusals:
        try:
            prepare(spec, results)
            for path in spec.folder(results).glob("*.npy"):
                found = np.load(path)
                finite = bool(np.isfinite(found).all())
                arrays[path.stem] = [len(found), found.dtype.name, list(found.shape[1:]), finite]
        except DataRefused as refusal:
            refusals.append(str(refusal))
    left = [path.name for path in results.rglob("*") if path.suffix not in (".lease", ".json", "")]
    print(json.dumps([file.name, info.kind, info.shape, info.n_train, refusals, arrays, left]), flush=True)
"""


@pytest.mark.parametrize("form", FORMS)
def test_own_hdf5_files_are_refused_or_read_in_the_announced_form(mutations, form):
    libver, values, storage = FORMS[form]
    with h5py.File("x.h5", "w", libver=libver) as file:
        file.create_dataset("train", data=values, **storage)
    Path("damaged").mkdir()
    for number, content in enumerate(mutations(Path("x.h5").read_bytes(), 50)):
        (Path("damaged") / f"{number:02}.h5").write_bytes(content)
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False)
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert (done.returncode, len(told)) == (0, 50), done.stderr
    refused = 0
    for name, kind, shape, n_train, refusals, arrays, left in told:
        if refusals:
            (sentence,) = refusals
            assert f"'damaged/{name}'" in sentence
            assert "\n" not in sentence
            assert (arrays, left) == ({}, [])
            refused += 1
        else:
            dtype = {"vectors": "float32", "images": "uint8"}[kind]
            assert arrays["train"] == [n_train, dtype, shape, True]
            assert arrays["test"][1:] == [dtype, shape, True]
            assert sorted(left) == ["test.npy", "train.npy"]
    assert 15 <= refused < 50


def test_known_files_are_refused_by_their_digest_whatever_was_changed(shelf, case, mutations):
    file = case.small.write(Path("here"), case.name)
    for content in mutations(file.read_bytes(), 30):
        file.write_bytes(content)
        with pytest.raises(DataRefused, match=rf"^'{file}': expected (content with sha256|[\d,]+ bytes)"):
            shelf.prepare(case.kind, path="here")
        assert shelf.leftovers() == []


def test_a_damaged_archive_under_a_right_digest_holds_the_same_or_is_refused(shelf, small_dsprites, mutations):
    name = f"{dsprites.STEM}.npz"
    file = small_dsprites.write(Path("here"), name)
    expected = shelf.prepare("dsprites", path="here")["digest"]
    refusals = []
    for number, content in enumerate(mutations(file.read_bytes(), 60)):
        file.write_bytes(content)
        small_dsprites.expect(name, content)
        other = type(shelf)(shelf.results / str(number))
        try:
            assert other.prepare("dsprites", path="here")["digest"] == expected
        except DataRefused as refusal:
            refusals.append(str(refusal))
            assert other.leftovers() == []
    assert len(refusals) >= 40
    assert all(sentence.startswith(f"'{file}'") for sentence in refusals)
