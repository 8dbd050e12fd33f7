"""A question to the model: one workload on one chip by one dataflow."""

from __future__ import annotations

from tiny_explorations import exploration

import flat_plugin as flat
from flat_plugin.exploration.chip_cost import Query

ASKED = exploration(
    dataflows=["flat-opt", "flat-r16"], workloads=[{"model": "gpt2", "seq": 16, "level": "block"}]
)
CASE = ASKED.cases[0]
PLATFORM = flat.platform("edge")


def test_it_is_asked_as_estimates_ask() -> None:
    searched, named = (Query(CASE, PLATFORM, flow, "energy", "serial").question() for flow in ASKED.dataflows)
    for question, flow in zip((searched, named), ASKED.dataflows, strict=True):
        assert question.platform == PLATFORM and question.dataflow == flow
        assert question.level == "block" and question.setting.softmax == "serial"
    assert searched.objective == "energy"
    assert searched.setting.overflow == "reject"  # a chip that a mapping does not fit has none


def test_of_a_front_all_is_asked_or_one_mapping() -> None:
    query = Query(CASE, PLATFORM, ASKED.dataflows[0], "energy-latency", "serial")
    assert query.pick is None
    assert query != Query(CASE, PLATFORM, ASKED.dataflows[0], "energy-latency", "serial", 1)
