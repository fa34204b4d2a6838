"""What a retry of the scheduler does again, and what not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import yaml

from latentdim.cli.main import main
from latentdim.datasets import arrays


def test_a_retry_does_not_read_refused_data_again_but_the_next_invocation_does(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    np.save("values.npy", np.full((50, 4), np.nan, dtype=np.float32))
    study = {
        "title": "mine", "protocol": {"training": {"steps": 5, "batch_size": 10}}, "metrics": ["mse_per_pixel"],
        "datasets": {"mine": {"kind": "npy", "path": "values.npy"}},
        "grid": [{"datasets": ["mine"], "methods": {"pca": {}}, "dims": [2], "seeds": 1}],
    }  # fmt: skip
    Path("mine.yaml").write_text(yaml.safe_dump(study))
    prepare = ["prepare", "--study", "mine.yaml", "--dataset", "mine"]
    assert main(prepare) == 1
    first = capsys.readouterr().err
    assert "values.npy" in first
    assert "found nan" in first

    def reading(*given: object) -> None:
        raise AssertionError("the data were read again")

    monkeypatch.setattr(arrays, "prepare", reading)
    assert main([*prepare, "--attempt", "2"]) == 1
    assert capsys.readouterr().err == first
    assert main(prepare) == 1
    assert "the data were read again" in capsys.readouterr().err
