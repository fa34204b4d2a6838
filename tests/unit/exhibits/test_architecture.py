"""Networks are listed layer by layer; their counts are those of the networks that are built, and equal the paper's."""

from __future__ import annotations

import pytest

from latentdim.exhibits import architecture, settings_table
from latentdim.exhibits.context import Context, ExhibitRefused
from latentdim.nets.build import decoder_of, encoder_of
from latentdim.outcomes.groups import groups
from latentdim.outcomes.outcomes import outcomes
from latentdim.report.verdicts import verdicts
from latentdim.system.seeds import torch_stream

NETWORK = {"network": {"name": "mlp", "hidden": [20], "activation": "tanh", "output": "sigmoid"}, "steps": 10}
GRID = [
    {"datasets": ["digits"], "methods": {"vae": {"beta": 0.5}, "ae": None}, "dims": [2]},
    {"datasets": ["digits"], "methods": {"vae": {"beta": 2.0}}, "dims": [3]},
    {"datasets": ["synthetic_8"], "methods": {"vae": None}, "dims": [2]},
]
HIDDEN, HEAD = 20 * 64 + 20, 2 * 20 + 2
PRINTED = {
    "Flatten-1": ("encoder.1", 0), "Linear-2": ("encoder.2", HIDDEN), "Linear-4": ("encoder.4", HEAD),
    "Linear-5": ("encoder.5", HEAD), "Again-8": ("encoder.4", HEAD + 1), "Total": ("total", 2 * HEAD + HIDDEN + 1404),
    "Frozen": ("non-trainable", 0),
}  # fmt: skip
ROWS = [
    {
        "table": "A1", "row": row, "column": "Param #", "dataset": "digits", "label": "vae", "dim": 2, "unit": "1",
        "metric": f"parameters {name}", "mean": f"{count:,}", "decimals": 0,
    }
    for row, (name, count) in PRINTED.items()
]  # fmt: skip
TOTAL = ROWS[5] | {"row": "Trainable", "metric": "parameters"}
NETWORKS = [{"dataset": "digits", "label": "vae", "dim": 2, "outputs": 2}]


def drawn(plan, fabricated, kind):
    exhibit = plan.exhibits[0]
    folder = fabricated.reports / plan.name
    folder.mkdir(parents=True, exist_ok=True)
    return kind.draw(Context(plan, exhibit.entry, exhibit.options, outcomes(plan), folder)).table


@pytest.fixture
def planned(paper):
    def make(kind, rows=ROWS, **options):
        exhibits = [{"kind": kind, "name": "layers", "options": options}]
        return paper(rows, grid=GRID, protocol={"training": NETWORK}, metrics=["active"], exhibits=exhibits)

    return make


def test_counts_are_those_of_the_networks_that_are_built(planned, fabricated) -> None:
    plan = planned("architecture", networks=NETWORKS)
    table = drawn(plan, fabricated, architecture)
    layers = {row.heads[0].text: row.cells[1].ours.mean for row in table.rows}
    total = layers.pop("total")
    assert sum(layers.values()) == total
    training, shape = plan.cells[0].protocol.training, plan.datasets["digits"].info.shape
    stream = torch_stream("counting", 0)
    encoder = encoder_of(training, shape=shape, dim=2, outputs=4, generator=stream)
    decoder = decoder_of(training, shape=shape, dim=2, generator=stream)
    assert total == sum(weights.numel() for part in (encoder, decoder) for weights in part.parameters())
    assert layers["encoder.4: dense 2"] == layers["encoder.5: dense 2"] == HEAD
    assert [row.cells[0].text for row in table.rows][:2] == ["64 values", "20 values"]


def test_the_papers_counts_have_to_be_equal(planned, fabricated) -> None:
    table = drawn(planned("architecture", networks=NETWORKS, table="A1"), fabricated, architecture)
    verdicts = {row.heads[0].text.partition(":")[0]: row.cells[1].verdict for row in table.rows}
    assert verdicts == dict.fromkeys(PRINTED, "reproduced") | {"Again-8": "differs"}
    differing = next(row.cells[1] for row in table.rows if row.heads[0].text.startswith("Again-8"))
    assert [str(line) for line in differing.compared] == ["paper 43", "−1: differs"]


def test_notes_of_the_papers_numbers_are_footnotes(planned, fabricated) -> None:
    notes = ["output [-1, 64]", "", "no bias.", "no bias.", "", "", ""]
    rows = [row | {"note": note} for row, note in zip(ROWS, notes, strict=True)]
    table = drawn(planned("architecture", rows, networks=NETWORKS, table="A1"), fabricated, architecture)
    assert [(note.mark, note.text) for note in table.footnotes] == [
        ("a", "Of the paper's: output [-1, 64] (Flatten-1)."), ("b", "Of the paper's: no bias (Linear-4; Linear-5)."),
    ]  # fmt: skip
    assert [row.heads[0].marks for row in table.rows] == [("a",), (), ("b",), ("b",), (), (), ()]


def test_they_count_among_the_verdicts_without_a_run(planned) -> None:
    plan = planned("architecture", [*ROWS, TOTAL], networks=NETWORKS, table="A1")
    judged = verdicts(plan, groups(outcomes(plan)))
    assert judged.whole.counts == {"reproduced": 7, "differs": 1}
    assert (judged.whole.judged, judged.whole.by_chance) == (0, 0.0)  # no chance is in a count
    assert "by chance" not in judged.sentence()


def test_a_layer_that_the_network_has_not_is_refused(planned, fabricated) -> None:
    rows = [ROWS[0] | {"metric": "parameters encoder.9"}]
    plan = planned("architecture", rows, networks=NETWORKS, table="A1")
    with pytest.raises(ExhibitRefused, match=r"line 2: this network has no parameters encoder\.9"):
        drawn(plan, fabricated, architecture)


def test_settings_in_force_stand_by_method_and_dataset(planned, fabricated) -> None:
    table = drawn(planned("settings"), fabricated, settings_table)
    assert [column.title for column in table.columns] == ["digits", "synthetic_8"]
    assert [(group.heading, [row.heads[0].text for row in group.rows]) for group in table.groups] == [("VAE", ["beta"])]
    (row,) = table.rows
    assert [cell.text for cell in row.cells] == ["0.5 / 2", "1"]
