"""What each kind of experiment asks, and what it makes of the answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from flat_plugin.paper.assumptions import Assumption
from flat_plugin.paper.measures import MEASURES, Experiment, Row
from flat_plugin.paper.points import Answer, Point
from flat_plugin.paper.reproduce import _declared
from flat_plugin.report.analysis.baseline import geometric_mean

DECLARED = _declared()
ASSUMPTIONS = {name: Assumption.of(name, fields) for name, fields in DECLARED["assumptions"].items()}
OURS = ASSUMPTIONS["ours"]
EXPERIMENTS = {
    fields["name"]: Experiment(fields, DECLARED["systems"], DECLARED["models"])
    for fields in DECLARED["experiments"]
}


def rows(measure: str, tell: Callable[[Point], Answer], **fields: Any) -> list[Row]:
    """What an experiment makes of these answers."""
    declared = EXPERIMENTS[measure].fields
    experiment = Experiment({**declared, **fields}, DECLARED["systems"], DECLARED["models"])
    return experiment.rows(OURS, {point: tell(point) for point in experiment.points(OURS)})


def test_every_measure_is_asked_for() -> None:
    assert {str(each.fields["measure"]) for each in EXPERIMENTS.values()} == set(MEASURES)


def test_geometric_means_count_the_models_that_one_stands_for():
    experiment, assumption = EXPERIMENTS["gains"], OURS
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


def test_gains_say_where_fusing_wins_and_what_binds() -> None:
    def tell(point: Point) -> Answer:
        fused = "flat" in point.dataflow and point.tokens == 512
        base: dict[str, Any] = {"cycles": 4.0, "energy_pj": 4.0, "bound": "DRAM", "dataflow": "base-opt"}
        return {**base, "cycles": 1.0, "bound": "MAC", "dataflow": "flat-opt"} if fused else base

    claim = {"figure": "speedup", "platform": "edge", "against": "FlexAccel", "value": 2.0, "source": "here"}
    (row,) = rows("gains", tell, claims=[claim], lengths=[512, 4096])
    assert row.case == "speed-up, edge, ATTACC against FlexAccel, N 512 to 4K"
    assert row.note == "fusing wins in 5 of 10; mostly bound by DRAM → MAC (5)"
    assert (row.ours, row.low, row.high, row.ratio) == (pytest.approx(2), 1, 4, pytest.approx(1))
    (one,) = rows("gains", tell, claims=[{**claim, "length": 4096}], lengths=[512, 4096])
    assert one.case.endswith("N = 4K") and one.ours == pytest.approx(1) and one.unit == "×"
    (saved,) = rows("gains", tell, claims=[{**claim, "figure": "saving", "length": 512}], lengths=[512])
    assert (saved.unit, saved.ours) == ("share", pytest.approx(0))


def test_utilisation_against_the_buffer() -> None:
    def tell(point: Point) -> Answer:
        return {"reason": "too small"} if point.buffer_kb == 20 else {"utilization": 0.5, "bound": "DRAM"}

    found = rows(
        "buffer",
        tell,
        claims=[{"length": 512, "system": "ATTACC", "values": [0.25, 1.0]}],
        sizes_kb=[20, 2**21],
    )
    small, large = found
    assert small.case == "utilisation, N = 512, ATTACC, 20 KB" and large.case.endswith("2 GB")
    assert (small.ours, small.note, small.claim, small.ratio) == (None, "too small", 0.25, None)
    assert (large.ours, large.note, large.claim, large.ratio) == (0.5, "bound by DRAM", 1.0, 0.5)


def test_bandwidth_that_is_saved() -> None:
    """16-bit words at 940 MHz: 10 words a cycle are 18.8 GB/s."""

    def tell(point: Point) -> Answer:
        assert point.target == 0.95
        return {
            "words_per_cycle": 2.0 if point.dataflow == "flat-opt" else None if point.tokens > 512 else 10.0
        }

    short, long = rows(
        "bandwidth", tell, claims=[{"platform": "edge", "value": 0.71, "source": "here"}], lengths=[512, 4096]
    )
    assert (short.ours, short.unit) == (pytest.approx(0.8), "share")
    assert short.note == "FlexAccel 18.8 GB/s, ATTACC fused 3.76 GB/s"
    assert long.ours is None and long.note == "FlexAccel not at any bandwidth, ATTACC fused 3.76 GB/s"


def test_the_share_of_attention_is_that_of_a_block() -> None:
    def tell(point: Point) -> Answer:
        assert point.level == "block"
        return {"attention_share": 0.3} if point.platform == "edge" else {"reason": "too small"}

    edge, cloud = rows("share", tell, claims=[{"length": 512, "value": 0.12, "source": "here"}])
    assert (edge.case, edge.ours, edge.note) == ("share of attention, edge, N = 512", 0.3, "")
    assert (cloud.ours, cloud.note) == (None, "too small")


def test_footprints_are_claimed_by_formulas() -> None:
    """BERT-base at 512: B = 64, H = 12, d = 64; of 64 rows 4·64·64 + 4·512·64 + 64·512."""
    found = rows("footprint", lambda point: {"footprint_words": 7.0})
    head = 8 * 512 * 64 + 512**2
    assert [row.claim for row in found] == [64 * 12 * head, 12 * head, head, 180224]
    assert all(row.ours == 7 and row.unit == "words" for row in found)
    assert found[3].case == "elements, flat-r64: 4Rd + 4Nd + RN"


def test_a_row_is_plain_values() -> None:
    row = Row("a", "b", "×", 2.0, "here", "ours", 3.0)
    assert row.to_dict()["ratio"] == 1.5 and row.to_dict()["assumptions"] == "ours"
    assert Row("a", "b", "×", 0.0, "here", "ours", 3.0).ratio is None
