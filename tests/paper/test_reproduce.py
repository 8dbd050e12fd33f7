"""The paper's claims beside ours: the arithmetic, the assumptions, and figures that are cheap to check."""

import json
from collections import defaultdict
from dataclasses import replace

import pytest

from flat_plugin import FlatError
from flat_plugin.paper.assumptions import Assumption
from flat_plugin.paper.measures import Experiment
from flat_plugin.paper.points import Point, answer, answer_all
from flat_plugin.paper.reproduce import _declared, reproduce, write_reproduction
from flat_plugin.report.analysis.baseline import geometric_mean

DECLARED = _declared()
ASSUMPTIONS = {name: Assumption.of(name, fields) for name, fields in DECLARED["assumptions"].items()}
EXPERIMENTS = {
    fields["name"]: Experiment(fields, DECLARED["systems"], DECLARED["models"])
    for fields in DECLARED["experiments"]
}


def ask(assumption, dataflow, tokens=512, platform="edge", model="bert-base", **more):
    return answer(Point(ASSUMPTIONS[assumption], platform, dataflow, model, tokens, 64, **more))


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


def test_what_the_headline_on_edge_rests_on():
    """Single-touch arithmetic at 512 tokens: 1.00× with 16-bit words and free softmax, 2.52× with 32-bit
    words and an unfused softmax that passes through DRAM."""
    speedup = {
        name: ask(name, "base-opt")["cycles"] / ask(name, "base-opt,flat-opt")["cycles"]
        for name in ("authors", "published")
    }
    assert speedup["authors"] == pytest.approx(1.00, abs=0.005)
    assert speedup["published"] == pytest.approx(2.52, abs=0.005)


def test_bandwidth_that_fusion_saves_at_512():
    rows = {
        system: ask("authors", system, target=0.95)["words_per_cycle"] for system in ("base-opt", "flat-opt")
    }
    assert 1 - rows["flat-opt"] / rows["base-opt"] == pytest.approx(0.80, abs=0.005)


def test_heads_scale_a_layer():
    """Why one model with heads of 64 stands for four: cycles, energy and traffic go with their number."""
    for dataflow in ("base", "flat-r64"):
        bert, t5 = (ask("authors", dataflow, model=model) for model in ("bert-base", "t5-small"))
        for figure in ("cycles", "energy_pj", "dram_words"):
            assert t5[figure] / bert[figure] == pytest.approx(8 / 12, rel=1e-4)


@pytest.mark.parametrize("platform", ["edge", "cloud"])
def test_wider_words_leave_bytes_as_they_are(platform):
    narrow, wide = (ASSUMPTIONS[name].machine(platform) for name in ("authors", "published"))
    for one, other in zip(narrow.memories[:2], wide.memories[:2], strict=True):
        assert other.word_bits == 2 * one.word_bits
        assert other.capacity * 2 == one.capacity
        assert other.shared_bandwidth * 2 == one.shared_bandwidth
    table = [ASSUMPTIONS[name].energies(m) for name, m in (("authors", narrow), ("published", wide))]
    per_byte = [
        energies.components["DRAM"].actions["read"]
        / machine.memories[0].block_size
        / machine.memories[0].word_bits
        for energies, machine in zip(table, (narrow, wide), strict=True)
    ]
    assert per_byte == [32 / 8, 32 / 8]  # pJ a bit


def test_geometric_means_count_the_models_that_one_stands_for():
    experiment, assumption = EXPERIMENTS["gains"], ASSUMPTIONS["ours"]
    cycles = {("base-opt", "bert-base"): 2.0, ("base-opt", "xlm"): 3.0}
    answers = {
        question: {
            "cycles": cycles.get((question.dataflow, question.model), 1.0),
            "energy_pj": cycles.get((question.dataflow, question.model), 1.0),
            "bound": "MAC",
            "dataflow": "flat-opt",
        }
        for question in experiment.points(assumption)
    }
    rows = experiment.rows(assumption, answers)
    mean = geometric_mean([2, 2, 2, 2, 3])
    assert rows[0].case.startswith("speed-up, edge") and rows[0].ours == pytest.approx(mean)
    assert (rows[0].low, rows[0].high) == (2, 3)
    assert rows[2].case.startswith("energy saved") and rows[2].ours == pytest.approx(1 - 1 / mean)


def test_every_experiment_explains_itself_under_every_assumption():
    for experiment in EXPERIMENTS.values():
        assert set(experiment.why) == set(ASSUMPTIONS)
        assert all(claim.get("source") or experiment.fields["source"] for claim in experiment.claims)


def test_points_are_shared_between_experiments_and_asked_once(monkeypatch):
    asked = defaultdict(int)

    def counted(question):
        asked[question] += 1
        return {"cycles": 1.0}

    monkeypatch.setattr("flat_plugin.paper.points.answer", counted)
    point = Point(ASSUMPTIONS["ours"], "edge", "base", "bert-base", 512, 64)
    assert len(answer_all([point, point, replace(point, tokens=1024)], jobs=1)) == 2
    assert set(asked.values()) == {1}


def test_what_does_not_fit_says_why():
    assert "does not fit" in ask("authors", "flat-h", tokens=4096)["reason"]


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
