"""No mapping of a layer is below the bound of its part."""

from math import inf

import pytest

from flat_plugin.api import estimate, platform
from flat_plugin.architecture import EnergyTable, Platform
from flat_plugin.certificate.layer import LayerPart, least_of
from flat_plugin.certificate.space import OBJECTIVES
from flat_plugin.workload import Attention

EDGE = platform("edge")
SHORT = Attention(1, 12, 512, 512, 64)


def reached(attention, dataflow, softmax):
    found = estimate(attention, "edge", dataflow, softmax=softmax)
    energy, cycles = found.energy_pj, found.cycles
    return {"edp": energy * cycles, "energy": energy, "latency": cycles, "traffic": found.dram_words}


@pytest.mark.parametrize("softmax", ["free", "serial", "overlapped"])
@pytest.mark.parametrize(("dataflow", "rows"), [("base", None), ("flat-r64", 64), ("flat-r32", 32)])
def test_named_dataflows_are_not_below(dataflow, rows, softmax):
    part = LayerPart(SHORT, EDGE, softmax)
    if rows:
        part = LayerPart(SHORT, EDGE, softmax, fused=True, tile={"M": (rows, rows)})
    for objective, value in reached(SHORT, dataflow, softmax).items():
        assert 0.5 * value < least_of(part, objective) <= value * (1 + 1e-9), objective


def test_more_rows_to_choose_from_are_a_lower_bound():
    bounds = [
        least_of(LayerPart(SHORT, EDGE, fused=True, tile={"M": rows}), "traffic")
        for rows in ((64, 64), (32, 64), (32, 512), (1, 512))
    ]
    assert bounds == sorted(bounds, reverse=True)


def test_scores_that_do_not_fit_leave_nothing():
    tall = LayerPart(Attention(1, 12, 4096, 4096, 64), EDGE, "free", fused=True, tile={"M": (4096, 4096)})
    assert least_of(tall, "edp") == least_of(tall, "traffic") == inf


def test_heads_whose_scores_are_there_together_take_their_room():
    one, twelve = (LayerPart(SHORT, EDGE, "free", fused=True, heads=heads) for heads in (1, 12))
    assert (one.scores, twelve.scores) == (512 * 512, 12 * 512 * 512)


def test_keys_and_values_come_anew_in_every_iteration_that_does_not_hold_them():
    """4096 keys of 64 words do not fit beside the scores: K and V come once for every 32 rows."""
    long = Attention(1, 1, 4096, 4096, 64)
    part = LayerPart(long, EDGE, "free", fused=True, perfect=True, tile={"M": (32, 32)})
    assert least_of(part, "traffic") == 2 * 4096 * 64 + 128 * 2 * 4096 * 64


def test_keys_that_are_tiled_cost_corrections():
    whole, tiled = (
        LayerPart(SHORT, EDGE, "overlapped", True, online=True, tile={"M": (64, 64), "N": (keys, keys)})
        for keys in (512, 64)
    )
    assert least_of(tiled, "energy") > least_of(whole, "energy")


def test_a_target_makes_the_bound_close_and_no_higher_than_it():
    part = LayerPart(SHORT, EDGE, perfect=True)
    loose = least_of(part, "edp")
    for target in (1.001 * loose, 1.1 * loose):
        close = least_of(part, "edp", target)
        assert loose < close <= target * (1 + 1e-12) or loose == close


@pytest.mark.parametrize("objective", OBJECTIVES[2:])
def test_without_energies_cycles_and_words_are_as_ever(objective):
    unknown = Platform(EDGE.architecture, EnergyTable(unknown="nobody asked"))
    parts = [LayerPart(SHORT, each, fused=True, tile={"M": (64, 64)}) for each in (EDGE, unknown)]
    assert least_of(parts[0], objective) == least_of(parts[1], objective)
