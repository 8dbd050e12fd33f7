"""A trace's cost as tables: beside all keys, and layer by layer."""

import pytest
from small_traces import ROW, written

import flat_plugin as flat
from flat_plugin.architecture import EnergyTable
from flat_plugin.report.present import printed
from flat_plugin.report.quantity import quantity
from flat_plugin.report.terminal.traces import trace_table

ROWS = ROW + "0,1,0,64,100,50,8,16,{again},4,10,-1,False,-1\n"


@pytest.fixture
def said(tmp_path):
    def of(again="True", **options):
        file = written(tmp_path, ROWS.format(again=again))
        return printed(trace_table(flat.estimate_trace(file, "edge", **options)))

    return of


def test_what_is_fetched_beside_all_keys(said, tmp_path):
    text = said()
    assert "trace.csv: 1 steps, 2 layers, 2 heads in all, on edge, softmax" in text
    answer = flat.estimate_trace(tmp_path / "trace.csv", "edge")
    for cost in (answer.cost, answer.dense):
        assert quantity(cost.energy_pj * 1e-12, "J") in text and quantity(cost.dram_bytes, "B") in text
    assert "all keys" in text and "fetched" in text
    assert "Dense are all keys of " in text and "Operators wait for each other, mostly for " in text


def test_layers_and_their_sum(said):
    rows = {line.split()[0]: line.split() for line in said().splitlines() if line.split()[:1]}
    assert rows["0"][1:3] == ["100", "30"] and rows["1"][1:3] == ["50", "10"]
    assert [*(line for line in said().splitlines() if line.split()[:2] == ["all", "150"])]


def test_without_energies_there_is_none(said):
    assert "— J" in said(ert=EnergyTable(unknown="nobody was asked"))


def test_bits_that_are_fetched_once_more(said):
    assert "further bits are fetched" in said()
    assert "further bits are fetched" not in said(again="False")
