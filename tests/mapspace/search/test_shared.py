"""Settings that differ only by which batch dimension lies over cores are one."""

import random
from dataclasses import replace

import pytest
from small_chips import chip

from flat_plugin.mapping.dataflow import Dataflow
from flat_plugin.mapspace.objective import Best
from flat_plugin.mapspace.search.build import Builder, spaces_of
from flat_plugin.mapspace.search.operator import Memory
from flat_plugin.mapspace.search.rising import search
from flat_plugin.mapspace.search.shared import settings_of
from flat_plugin.mapspace.search.trips import Factors
from flat_plugin.mapspace.structure import structure_of
from flat_plugin.workload import Attention

FLAT = Dataflow("flat-opt", fused=True, searched=True)
LAYER = Attention(2, 2, 4, 6, 3)


def like(setting, layer=LAYER):
    return setting.like([structure_of(einsum) for einsum in layer.einsums()])


def optimum(setting, softmax="free"):
    architecture, energies = chip("cores", random.Random("like"))
    best = Best("edp")
    builder = Builder(LAYER, architecture, energies, softmax, Factors.RAGGED, setting, Memory(), {})
    search([builder.space()], best)
    return best.rank


def settings(dataflow=FLAT):
    architecture, _ = chip("cores", random.Random("like"))
    return list(settings_of(dataflow, LAYER, architecture, Factors.RAGGED))


def test_settings_that_are_alike_have_the_same_optimum():
    by_like = {}
    for setting in settings():
        by_like.setdefault(like(setting), []).append(setting)
    alike = [each for each in by_like.values() if len(each) > 1]
    assert alike
    for each in alike:
        assert {str(setting.cores) for setting in each} == {"{1: {'B': (2, True)}}", "{1: {'H': (2, True)}}"}
        first, *others = map(optimum, each)
        assert all(other == first for other in others)


def test_what_the_cores_work_through_tells_settings_apart():
    uneven = Attention(3, 2, 4, 6, 3)  # two cores take two turns over three elements, one over two heads
    one = next(s for s in settings() if s.cores == {1: {"B": (2, True)}})
    other = replace(one, cores={1: {"H": (2, True)}})
    assert like(one, uneven) != like(other, uneven)
    assert like(one) == like(other)
    assert like(one) != like(replace(one, cores={1: {"M": (2, True)}}))


@pytest.mark.parametrize("granularity", ["M", "B"])
def test_dimensions_that_meet_at_once_are_told_apart(granularity):
    spanning = replace(FLAT, granularity=granularity)
    one = next(s for s in settings(spanning) if s.cores == {1: {"B": (2, True)}})
    other = replace(one, cores={1: {"H": (2, True)}})
    assert (like(one) == like(other)) is (not spanning_both(one))


def spanning_both(setting):
    return bool(setting.spanned & {"B", "H"})


def test_a_search_looks_at_each_kind_of_setting_once():
    architecture, energies = chip("cores", random.Random("like"))
    spaces = list(spaces_of(FLAT, LAYER, architecture, energies, "free", Factors.RAGGED))
    kinds = [like(space.setting) for space in spaces]
    assert len(kinds) == len(set(kinds)) == len({like(setting) for setting in settings()})
