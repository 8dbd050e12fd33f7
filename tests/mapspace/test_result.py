"""What the answer of a search says of itself."""

from dataclasses import replace

import pytest

import flat_plugin as flat
from flat_plugin.mapspace.result import SearchResults

LAYER = "B=1,H=1,M=16,N=16,D=8"


@pytest.fixture(scope="module")
def found():
    return flat.search(flat.parse_attention(LAYER), "edge", dataflow="flat-opt", objective="traffic")


def slower(found):
    return replace(found, estimate=replace(found.estimate, cycles=2 * found.estimate.cycles))


@pytest.mark.parametrize("names", [("fast", "slow"), ("slow", "fast")])
def test_of_families_that_are_as_good_the_other_metrics_tell(found, names):
    each = {"fast": found, "slow": slower(found)}
    assert each["fast"].value == each["slow"].value
    results = SearchResults(names, {name: each[name] for name in names}, {})
    assert results.best is found


def test_the_objective_tells_before_all_others(found):
    dear = replace(slower(found), objective="latency")
    assert dear.rank[0] == dear.value == 2 * found.estimate.cycles
    assert replace(found, objective="latency").rank < dear.rank
