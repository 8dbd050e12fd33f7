"""No mapping of a layer is below the bound of its part."""

import pytest

from flat_plugin.api import estimate
from flat_plugin.architecture.presets import find_architecture
from flat_plugin.certificate.layer import OBJECTIVES, LayerPart, least_of
from flat_plugin.energy.choose import energy_for
from flat_plugin.errors import FlatError
from flat_plugin.workload import Attention

EDGE = find_architecture("edge")
ENERGIES = energy_for(EDGE, None)


def reached(attention, dataflow, softmax):
    found = estimate(attention, "edge", dataflow, softmax=softmax)
    energy, cycles = found.energy_pj, found.cycles
    return {"edp": energy * cycles, "energy": energy, "latency": cycles, "traffic": found.dram_words}


@pytest.mark.parametrize("softmax", ["free", "serial", "overlapped"])
@pytest.mark.parametrize(("dataflow", "rows"), [("base", None), ("flat-r64", 64), ("flat-r32", 32)])
def test_named_dataflows_are_not_below(dataflow, rows, softmax):
    attention = Attention(1, 12, 512, 512, 64)
    part = LayerPart(attention, EDGE, ENERGIES, softmax)
    if rows:
        part = LayerPart(attention, EDGE, ENERGIES, softmax, meeting=1, tile={"M": rows})
    for objective, value in reached(attention, dataflow, softmax).items():
        assert 0.5 * value < least_of(part, objective) <= value * (1 + 1e-9), objective


def test_scores_that_do_not_fit_leave_nothing():
    attention = Attention(1, 12, 4096, 4096, 64)
    tall = LayerPart(attention, EDGE, ENERGIES, "free", meeting=1, tile={"M": 4096})
    assert least_of(tall, "edp") == least_of(tall, "traffic") == float("inf")


def test_keys_that_are_tiled_cost_corrections():
    attention = Attention(1, 12, 512, 512, 64)
    whole, tiled = (
        LayerPart(attention, EDGE, ENERGIES, "overlapped", 1, {}, {"M": 64, "N": keys}, online=True)
        for keys in (512, 64)
    )
    assert least_of(tiled, "energy") > least_of(whole, "energy")


def test_what_is_not_bounded_is_refused():
    part = LayerPart(Attention(1, 2, 8, 8, 4), EDGE, ENERGIES, "free", 1, {0: {"N": 2}}, {"M": 4})
    with pytest.raises(FlatError, match="keys in several cores"):
        least_of(part, "edp")
    with pytest.raises(FlatError, match="no such bound"):
        least_of(part, "area")
    assert OBJECTIVES == ("edp", "energy", "latency", "traffic")
