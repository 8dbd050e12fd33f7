"""Layers of several widths, and whose V is a part of K, run on real tensors under named dataflows: every word
and bit as counted."""

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from test_executed_chain import check, roomy

from flat_plugin.energy.relative import to_order_by
from flat_plugin.errors import InvalidMapping
from flat_plugin.mapping.named import parse_dataflow
from flat_plugin.mapspace.dataflow_mapping import map_dataflow
from flat_plugin.workload.attention import Attention

LAYERS = (
    Attention(1, 4, 2, 6, 4, 3, kv_heads=1, joint=True),
    Attention(2, 2, 4, 4, 3, 3, kv_heads=1, widths="K=8,S=32", joint=True),
    Attention(1, 4, 1, 8, 6, 4, kv_heads=2, joint=True),
    Attention(1, 2, 6, 4, 4, 2, joint=True),
    Attention(1, 4, 2, 6, 4, 2, kv_heads=2, widths="Q=8,K=4.25,V=4,S=24,O=48"),
    Attention(2, 2, 4, 4, 3, 3, widths="K=8,V=8,S=32"),
)
STAGES = (None, "QKSVO", "KSV", "KS", "QSO", "S", "SV")
UNHURRIED = (HealthCheck.too_slow, HealthCheck.filter_too_much)


@pytest.mark.parametrize("name", ["square", "deep", "mesh"])
@settings(max_examples=40, deadline=None, derandomize=True, database=None, suppress_health_check=UNHURRIED)
@given(data=st.data())
def test_named_dataflows(name, data, architectures, energies, execute):
    architecture, attention = architectures[name], data.draw(st.sampled_from(LAYERS))
    flow = parse_dataflow(data.draw(st.sampled_from(["flat-b", "flat-h", "flat-r1", "flat-r2", "base"])))
    stage = data.draw(st.sampled_from(STAGES))
    flow = flow if stage is None or not flow.fused else flow.staging(stage)
    flow = flow.with_factors("perfect")
    try:
        mapping = map_dataflow(attention, architecture, flow, to_order_by(energies, architecture))
    except InvalidMapping:
        assume(False)
    if flow.fused:
        check(attention, roomy(architecture), mapping, execute, energies)
    answer = execute(attention, architecture, mapping)
    fetched, _ = answer.moved(0, "V")
    there = attention.joint and "K" in mapping.held
    assert (fetched == 0) == there, "K is held for both, or V comes by itself"
