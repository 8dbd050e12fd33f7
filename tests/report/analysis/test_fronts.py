"""Pareto fronts: what no other run of the same workload beats."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flat_plugin.report.analysis.fronts import WORKLOAD, on_front, with_fronts
from flat_plugin.report.write import table_rows


@pytest.fixture(scope="module")
def rows(results):
    return table_rows(results)


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=30))
def test_a_front_is_what_nothing_dominates(points):
    for point, best in zip(points, on_front(points), strict=True):
        beaten = any(o[0] <= point[0] and o[1] <= point[1] and o != point for o in points)
        assert best == (not beaten)


def test_fronts_are_by_workload(rows):
    for row in with_fronts(rows):
        if row["on_front_energy_latency"]:
            same = [r for r in rows if all(r[n] == row[n] for n in ("model", "seq_tokens", "level"))]
            assert not any(
                r["latency_s"] < row["latency_s"] and r["energy_j"] < row["energy_j"] for r in same
            )


def test_a_run_without_a_figure_is_on_no_front():
    same = dict.fromkeys(WORKLOAD, "x") | {"buffer_used_words": 1, "dram_words": 1}
    known = {**same, "latency_s": 1, "energy_j": 1}
    first, second = with_fronts([known, {**known, "energy_j": None}])
    assert first["on_front_energy_latency"] is True and second["on_front_energy_latency"] is None
    assert first["on_front_buffer_traffic"] and second["on_front_buffer_traffic"]  # they are equal
