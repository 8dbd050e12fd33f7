"""What charts of single runs draw: energies and busy times of its parts, its limits, its roofline."""

from math import fsum

import pytest

from flat_plugin.report.page.chart_rows import chart_rows


@pytest.fixture
def drawn(results):
    def of(flow, level="attention"):
        run = next(
            run for run in results.runs if run.inputs["dataflow"] == flow and run.estimate["level"] == level
        )
        return run, chart_rows(run, "its label")

    return of


def test_every_row_says_whose_it_is(drawn):
    run, sets = drawn("flat-r")
    assert {(row["run"], row["label"]) for rows in sets.values() for row in rows} == {(run.name, "its label")}


def test_energies_add_up(drawn):
    run, sets = drawn("flat-r")
    assert fsum(row["energy_j"] for row in sets["energy"]) == pytest.approx(run.estimate["energy_pj"] * 1e-12)
    assert fsum(row["energy_pj_per_mac"] for row in sets["energy"]) * run.macs == pytest.approx(
        run.estimate["energy_pj"]
    )


def test_the_busiest_of_fused_operators_bounds_the_latency(drawn):
    _, sets = drawn("flat-r")
    bound = [row for row in sets["busy"] if row["bound"]]
    assert fsum(row["busy_s"] for row in bound) <= bound[0]["latency_s"]
    assert max(row["busy_s"] for row in sets["busy"]) in [row["busy_s"] for row in bound]


def test_a_mapping_moves_at_least_what_must_move(drawn):
    _, sets = drawn("flat-r")
    words = {row["what"]: row["dram_words"] for row in sets["limits"]}
    assert words["compulsory"] <= words["with this buffer"] <= words["this mapping"]
    assert drawn("flat-r", "model")[1]["limits"] == []  # those are of one attention layer


def test_no_operator_is_above_the_roof(drawn):
    _, sets = drawn("flat-r")
    (slope, ridge, peak) = [row for row in sets["roofline"] if row["kind"] == "roof"]
    assert ridge["macs_per_cycle"] == peak["macs_per_cycle"]
    per_byte = slope["macs_per_cycle"] / slope["macs_per_byte"]
    for row in sets["roofline"]:
        if row["kind"] == "point" and row["operator"] == "all operators":
            roof = min(per_byte * row["macs_per_byte"], peak["macs_per_cycle"])
            assert row["macs_per_cycle"] <= roof * (1 + 1e-9)
