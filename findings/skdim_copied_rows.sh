#!/usr/bin/env bash
# With some rows copied, scikit-dimension's estimators change by a factor of ten above 15 columns, and hardly below.
#
# scikit-dimension 0.5.0: GRIDE and TwoNN say that they drop points whose nearest neighbour is at distance 0. Above 15
# columns scikit-learn's NearestNeighbors takes distances from matrix products (algorithm="auto" is "brute" there), and
# that between a row and its copy is often 1e-7 and not 0: some of the copies stay, each as a ratio of 1e7, and 10 % of
# copies make 0.8 of ten dimensions. MLE becomes 0 either way. In 15 columns the tree's distances are exact zeros.
# What to do: np.unique(data, axis=0) before any of them.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check scikit-dimension==0.5.0 numpy==2.2.6 scipy==1.15.3 \
    scikit-learn==1.7.2 numba==0.61.2 llvmlite==0.44.0
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
from importlib.metadata import version

import numpy as np
from skdim.id import GRIDE, MLE
from sklearn.neighbors import NearestNeighbors

print("scikit-dimension", version("scikit-dimension"), "scikit-learn", version("scikit-learn"))
values = {}
for columns in (15, 16, 60):
    draws = np.random.default_rng(0)
    rows = draws.standard_normal((2000, 10)) @ draws.standard_normal((10, columns))
    copied = np.concatenate([rows, rows[:200]])
    nearest = NearestNeighbors(n_neighbors=1).fit(copied).kneighbors()[0][:, 0]
    values[columns] = [float(GRIDE().fit(data).dimension_) for data in (rows, copied, np.unique(copied, axis=0))]
    before, after, unique = values[columns]
    print(f"{columns} columns: GRIDE {before:.2f}, with copies {after:.2f}, these removed {unique:.2f}; of 400 rows in "
          f"pairs {np.sum(nearest == 0)} have a neighbour at 0; MLE {float(MLE().fit(copied).dimension_):.2f}")
assert abs(values[15][1] / values[15][0] - 1) < 0.2, "in 15 columns the copies are dropped"
assert all(values[columns][1] < 0.5 * values[columns][0] for columns in (16, 60)), "above, they count, or it was mended"
assert all(abs(one[2] / one[0] - 1) < 0.01 for one in values.values()), "unique rows are right everywhere"
PYTHON
