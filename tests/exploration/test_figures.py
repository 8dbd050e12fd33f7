"""Figures of one run, of all workloads together, and of the chip."""

from __future__ import annotations

from math import inf, isnan

import pytest

from flat_plugin.exploration.figures import Answer, Run, Totals, answer_of

RUN = Run(latency_s=4.0, energy_j=3.0, power_w=0.75, busy_s=2.0)
OTHER = Run(latency_s=1.0, energy_j=2.0, power_w=2.0, busy_s=1.0)
BOTH = Totals((RUN, OTHER), (1.0, 10.0), area_mm2=5.0, leakage_w=0.1, peak_w=9.0)


def test_an_answer_has_what_mappings_decide() -> None:
    answer = Answer("base", latency_s=2.0, energy_j=3.0, leak_j=1.0)
    assert (answer["latency"], answer["energy"], answer["edp"]) == (2.0, 3.0, 6.0)
    assert answer.power(0.5) == (3.0 - 1.0) / 2.0 + 0.5
    assert answer.fits and answer.points == ((2.0, 3.0, 1.0),)


def test_a_front_offers_all_its_points() -> None:
    points = ((2.0, 3.0, 1.0), (4.0, 1.0, 0.5))
    assert Answer("base", latency_s=2.0, energy_j=3.0, front=points).points == points


def test_where_nothing_fits_it_costs_infinitely_much_and_offers_nothing() -> None:
    answer = Answer("base", "too small")
    assert not answer.fits and answer.points == ()
    assert {answer[name] for name in ("edp", "energy", "latency")} == {inf}


def test_an_estimate_is_read_in_seconds_and_joules() -> None:
    work = {"energy_by_tensor_pj": {"Q.read": 5.0, "Buffer.leak": 2.0, "DRAM.leak": None}}
    component = {"busy_cycles": 7, "energy_pj": 4.0}
    estimate = {
        "cycles": 10, "seconds": 1e-8, "energy_pj": 6.0, "utilization": 0.5, "bound": "DRAM",
        "dram_bytes": 64, "limits": {"cycles": 8}, "operators": {"logit": work, "attend": work},
        "components": {"DRAM": component, "MAC": {"busy_cycles": 3, "energy_pj": None}},
    }  # fmt: skip
    answer = answer_of("flat", estimate, "nest", {"a": 1})
    assert (answer.cycles, answer.latency_s, answer.energy_j, answer.leak_j) == (10, 1e-8, 6e-12, 4e-12)
    assert answer.busy == {"DRAM": 7, "MAC": 3}
    assert answer.energy["DRAM"] == 4e-12 and isnan(answer.energy["MAC"])
    assert (answer.utilization, answer.bound, answer.dram_bytes) == (0.5, "DRAM", 64)
    assert (answer.nest, answer.mapping, answer.limits) == ("nest", {"a": 1}, {"cycles": 8})
    assert isnan(answer_of("flat", {**estimate, "energy_pj": None}).energy_j)


def test_a_run_counts_the_time_that_it_waits() -> None:
    assert [RUN[name] for name in ("latency", "energy", "power", "edp")] == [4.0, 3.0, 0.75, 12.0]


@pytest.mark.parametrize(
    ("figure", "total"),
    [
        ("latency", 1 * 4.0 + 10 * 1.0),
        ("energy", 1 * 3.0 + 10 * 2.0),
        ("edp", 1 * 12.0 + 10 * 2.0),
        ("power", 2.0),  # of the workload that draws most
        ("area", 5.0),
        ("peak_power", 9.0),
    ],
)
def test_totals_are_sums_by_weight(figure: str, total: float) -> None:
    assert BOTH[figure] == total


def test_a_figure_of_one_workload() -> None:
    assert (BOTH.of(0, "edp"), BOTH.of(1, "latency")) == (12.0, 1.0)


def test_totals_of_what_does_not_fit() -> None:
    none = Totals((), (), area_mm2=5.0, leakage_w=0.1, peak_w=9.0)
    assert not none.fits and BOTH.fits
    assert none["latency"] == none["power"] == none.of(0, "energy") == inf
    assert (none["area"], none["peak_power"]) == (5.0, 9.0)
