"""Results as rows: each row is a part, and parts add up to the whole."""

from math import fsum

import pytest

import flat_plugin as flat
from flat_plugin.report.result_rows import rows_of

LAYER = flat.parse_attention("B=1,H=2,M=64,N=64,D=16")


@pytest.fixture(scope="module")
def estimate():
    return flat.estimate(LAYER, "edge", "flat-h")


def test_an_estimate_is_its_parts(estimate):
    rows = rows_of(estimate)
    assert {"operator", "component", "tensor", "energy_pj"} <= set(rows[0])
    assert fsum(row["energy_pj"] for row in rows) == pytest.approx(estimate.energy_pj)
    assert rows_of(flat.explain(LAYER, "edge", "flat-h")) == rows


def test_a_difference_is_its_causes(estimate):
    found = flat.compare(flat.estimate(LAYER, "edge", "base"), estimate)
    (energy,) = (figure for figure in found.figures if figure.name == "energy")
    causes = [row["difference"] for row in rows_of(found) if row["figure"] == "energy"]
    assert len(causes) > 3 and fsum(causes) == pytest.approx(energy.difference)


def test_a_search_has_a_row_for_each_family():
    small = flat.parse_attention("B=1,H=1,M=16,N=16,D=8")
    found = flat.search_each(small, "edge", ["base-opt", "flat-opt"])
    assert [row["dataflow"] for row in rows_of(found)] == ["base-opt", "flat-opt"]
    assert rows_of(flat.search(small, "edge"))[0]["latency_s"] == flat.search(small, "edge").estimate.seconds


def test_an_energy_table_has_a_row_for_each_action():
    table = flat.energy_table("edge")
    rows = {(row["component"], row["action"]): row["energy_pj"] for row in rows_of(table)}
    assert rows["MAC", "compute"] == table.components["MAC"].actions["compute"]


def test_a_plan_has_a_row_for_each_run():
    sweep = {"models": ["bert-base"], "architectures": ["edge"], "dataflows": ["base", "flat-h"]}
    assert [row["dataflow"] for row in rows_of(flat.plan({"sweep": sweep}))] == ["base", "flat-h"]


def test_what_has_no_rows_has_none():
    assert rows_of(LAYER) == []
