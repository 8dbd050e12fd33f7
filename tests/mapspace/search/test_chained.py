"""What softmax between the operators of a setting costs: that of the model for such a site."""

import random
from dataclasses import replace

import pytest
from small_chips import chip
from small_spaces import BASE, FLASH, FUSED

from flat_plugin.architecture import SoftmaxUnit
from flat_plugin.mapspace.search.chained import Chained
from flat_plugin.mapspace.search.join import FREE
from flat_plugin.mapspace.search.shared import settings_of
from flat_plugin.mapspace.search.trips import Factors
from flat_plugin.workload import Attention

LAYER = Attention(1, 2, 8, 6, 4)
SCORES, ROWS = 2 * 8 * 6, 2 * 8


def chained(flow, softmax="serial", kind="registers"):
    architecture, energies = chip(kind, random.Random("chained"))
    architecture = replace(architecture, softmax=SoftmaxUnit(4, energy_pj=0.5))
    (setting, *_) = settings_of(flow, LAYER, architecture, Factors.PERFECT, placed=False)
    return Chained(LAYER, architecture, energies, softmax, setting)


@pytest.mark.parametrize(("flow", "through"), [(BASE, True), (FUSED, False)])
def test_scores_of_operators_apart_go_through_dram(flow, through):
    chain = chained(flow).chain(1, {})
    assert chain.softmax.energy["SoftmaxUnit", "compute"] == SCORES * 4 * 0.5
    assert (chain.softmax.traffic["S"].dram > 0) == through
    assert (chain.fused, chain.serial) == (flow.fused, True)


@pytest.mark.parametrize("tiles", [1, 2, 3])
def test_online_rows_are_corrected_for_every_tile_of_keys(tiles):
    work = chained(FLASH, "overlapped").chain(tiles, {}).softmax
    assert work.energy["SoftmaxUnit", "compute"] == (3 * SCORES + ROWS * tiles * (4 + 4)) * 0.5


def test_the_core_with_most_rows_is_the_busiest():
    lanes = [chained(FUSED).chain(1, busiest).softmax.busy["SoftmaxUnit"] for busiest in ({}, {"M": 4})]
    assert lanes == [SCORES * 4 / 4, SCORES * 4 / 4 / 2]


def test_softmax_may_cost_nothing_or_be_on_the_array():
    assert chained(FUSED, "free").chain(1, {}).softmax is FREE
    assert not chained(FUSED, "overlapped").chain(1, {}).serial
    assert ("MAC", "compute") in chained(FUSED, "array").chain(1, {}).softmax.energy
