"""Sums and gains by group: figures with prefixes, factors as factors."""

import pytest

from flat_plugin.report.analysis.baseline import Gain
from flat_plugin.report.present import printed
from flat_plugin.report.terminal.groups import gain_table, group_table


def rows(runs, metric):
    return [{"model": "bert", "runs": runs, "total": metric, "mean": metric, "least": metric, "most": metric}]


@pytest.mark.parametrize(
    ("metric", "value", "said"),
    [
        ("energy_pj", 2.5e9, "2.5 mJ"),
        ("latency_s", 0.0012, "1.2 ms"),
        ("dram_bytes", 1500.0, "1.5 kB"),
        ("utilization", 0.5, "50.0%"),
        ("speedup", 1.5, "1.500×"),
    ],
)
def test_figures_have_prefixes_of_their_unit(metric, value, said):
    assert said in printed(group_table(rows(2, value), ["model"], metric))


def test_groups_of_one_run_have_one_figure():
    single, several = (printed(group_table(rows(n, 1e9), ["model"], "energy_pj")) for n in (1, 2))
    assert "total" not in single and single.count("1 mJ") == 1
    assert several.count("1 mJ") == 4


def test_a_pivot_has_its_values_as_columns():
    spread = [{"seq_tokens": 512, "base": 1e9, "flat-h": None}]
    said = printed(group_table(spread, ["seq_tokens"], "energy_pj", statistic="mean"))
    assert "energy, mean" in said and "base" in said and "—" in said


def test_gains_are_factors():
    said = printed(gain_table([Gain((("model", "bert"),), 3, 1.5, 1.0, 2.0, 0.5, None)], "base"))
    assert "against base, geometric means" in said
    assert "1.500×" in said and "0.500×" in said and "—" in said
