"""Tables in 80 columns."""

import io

from rich.console import Console

import flat_plugin as flat
from flat_plugin.report.analysis.aggregate import aggregate
from flat_plugin.report.analysis.arrange import rows_of
from flat_plugin.report.analysis.baseline import Baseline, gains
from flat_plugin.report.terminal.groups import gain_table, group_table
from flat_plugin.report.terminal.tables import comparison
from flat_plugin.report.write import table_rows


def lines(renderable):
    console = Console(file=io.StringIO(), width=80)
    console.print(renderable)
    return [line.split() for line in console.file.getvalue().splitlines()]


def said(renderable):
    return " ".join(word for line in lines(renderable) for word in line)


def sums(rows, by, metric):
    return group_table(rows_of(aggregate(rows, by, metric)), by, metric)


def test_sums_have_whole_headings_and_prefixes(results):
    found = lines(sums(table_rows(results), ["model", "architecture"], "energy_pj"))
    assert ["energy"] in found
    assert ["model", "arch", "runs", "total", "mean", "least", "most"] in found
    assert all("J" in line[-1] for line in found if line and line[0] == "bert-base")


def test_groups_of_one_run_have_one_figure(results):
    rows = [row for row in table_rows(results) if not row["overrides"] and row["level"] == "attention"]
    found = lines(sums(rows, ["model", "seq_tokens", "architecture", "dataflow"], "edp_js"))
    assert ["model", "seq", "arch", "dataflow", "EDP"] in found
    assert all(line[-1] == "J·s" for line in found if line and line[0] == "bert-base")


def test_shares_are_in_percent_and_sizes_have_no_prefix(results):
    rows = table_rows(results)
    (shares,) = [line for line in lines(sums(rows, ["model"], "utilization")) if line[:1] == ["t5-small"]]
    assert all("%" in share for share in shares[2:])
    (sizes,) = [line for line in lines(sums(rows, ["model"], "seq_tokens")) if line[:1] == ["t5-small"]]
    assert sizes[-2:] == ["512", "2,048"]


def test_sums_and_gains_are_in_one_order(results):
    rows = table_rows(results, baseline=Baseline("dataflow", "base"))
    by = ["model", "architecture"]
    summed = lines(sums(rows, by, "latency_s"))
    gained = lines(gain_table(gains(rows, by), "base"))
    models = ("bert-base", "t5-small")
    order = [line[:2] for line in summed if line and line[0] in models]
    assert len(order) > 2 and order == [line[:2] for line in gained if line and line[0] in models]


def test_a_named_dataflow_that_loses_to_the_unfused_one_names_the_search():
    layer = flat.parse_attention("B=1,H=1,M=4096,N=4096,D=64")
    text = said(comparison([flat.estimate(layer, "edge", flow) for flow in ("base", "flat-r1")]))
    assert "flat-r1 takes" in text and "`flat search` looks for the best mapping" in text
    assert "base takes" not in text
    step = flat.find_model("llama-3-8b").decoding()
    winning = [flat.estimate(step, "edge", flow, seq=1024) for flow in ("base", "flat-h")]
    assert "flat search" not in said(comparison(winning))
