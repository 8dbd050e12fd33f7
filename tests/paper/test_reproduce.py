"""The paper's claims beside ours: figures that are cheap to check, and what is written of them."""

import json

import pytest

from flat_plugin import FlatError
from flat_plugin.paper.assumptions import Assumption
from flat_plugin.paper.measures import Experiment
from flat_plugin.paper.reproduce import _declared, reproduce, write_reproduction

DECLARED = _declared()
ASSUMPTIONS = {name: Assumption.of(name, fields) for name, fields in DECLARED["assumptions"].items()}
EXPERIMENTS = {
    fields["name"]: Experiment(fields, DECLARED["systems"], DECLARED["models"])
    for fields in DECLARED["experiments"]
}


def test_footprints_are_the_papers_table():
    found = reproduce("footprint", jobs=1)
    assert len(found.rows) == 4 * 3
    assert all(row.ours == row.claim for row in found.rows)


def test_share_of_attention_on_edge_is_that_of_the_slides():
    """12, 49, 79 and 94 %: with the authors' assumptions ours are within the ±2 % that slides can be read."""
    found = reproduce("share", "authors", jobs=1)
    edge = [row for row in found.rows if "edge" in row.case]
    assert [row.claim for row in edge] == [0.12, 0.49, 0.79, 0.94]
    for row in edge:
        assert row.ours == pytest.approx(row.claim, abs=0.025)


def test_every_experiment_explains_itself_under_every_assumption():
    for experiment in EXPERIMENTS.values():
        assert set(experiment.why) == set(ASSUMPTIONS)
        assert all(claim.get("source") or experiment.fields["source"] for claim in experiment.claims)


def test_written_files_hold_every_row(tmp_path):
    found = reproduce("footprint", jobs=1)
    paths = write_reproduction(found, tmp_path / "out")
    assert [path.name for path in paths] == ["reproduction.csv", "reproduction.json", "reproduction.md"]
    assert json.loads(paths[1].read_text())["rows"] == [row.to_dict() for row in found.rows]
    assert paths[2].read_text().count("| table 1 |") == 4


def test_unknown_names_are_refused():
    with pytest.raises(FlatError, match="gains, buffer, bandwidth, share or footprint"):
        reproduce("figure 12")
    with pytest.raises(FlatError, match="authors, published or ours"):
        reproduce("footprint", "mine")
