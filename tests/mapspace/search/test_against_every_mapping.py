"""The optimum is that of every mapping there is, of small layers whatever divides their lengths.

``every_nest`` and ``every_chain`` enumerate them and know nothing of the search;
``benchmarks/every_mapping.py`` compares more of them, at random.
"""

import random

import pytest
from every_chain import estimate, least
from small_chips import chip, with_softmax

from flat_plugin.mapping.named import parse_dataflow
from flat_plugin.mapspace.layer import Layer, search_layer
from flat_plugin.mapspace.objective import Best
from flat_plugin.mapspace.ragged import search_ragged
from flat_plugin.mapspace.result import figure
from flat_plugin.workload import Attention

# heads, queries, keys, and the widths of keys and values; a search by latency takes longest
EVERY = ("edp", "energy", "latency", "traffic")
RAGGED = [
    ("registers", "base-opt", (1, 3, 7, 1, 1), EVERY[:1]),
    ("registers", "flat-opt", (2, 5, 2, 1, 2), EVERY),
    ("registers", "flat-r", (1, 7, 2, 1, 1), EVERY[:1]),
    ("registers", "flat-h", (1, 2, 7, 1, 1), EVERY[:1]),
    ("registers", "flash", (1, 7, 1, 2, 1), EVERY[:1]),
    ("linked", "base-opt", (1, 7, 4, 1, 1), EVERY[1:2]),
    ("linked", "flat-opt", (2, 7, 1, 1, 3), EVERY[:2]),
    ("linked", "flash", (1, 2, 3, 1, 1), EVERY[:1]),
    ("pads", "flat-opt", (1, 3, 1, 1, 1), EVERY[:1]),
]
PERFECT = [
    ("registers", "flat-opt", "free", (1, 4, 4, 1, 2)),
    ("registers", "flash", "free", (1, 5, 6, 1, 4)),
    ("registers", "flash", "array", (1, 4, 6, 1, 2)),
    ("linked", "base-opt", "free", (2, 4, 6, 1, 1)),
]
FURTHER = [  # heads at once, groups of heads, softmax that takes time, cores
    ("registers", "flat-m", "free", Attention(1, 2, 3, 2, 1)),
    ("registers", "flat-b", "free", Attention(2, 2, 2, 2, 1)),
    ("registers", "flat-h", "free", Attention(1, 2, 2, 2, 1, kv_heads=1)),
    ("registers", "flat-opt", "serial", Attention(1, 2, 3, 2, 1)),
    ("registers", "flash", "array", Attention(1, 1, 3, 2, 1)),
    ("three", "flash", "serial", Attention(1, 1, 4, 3, 1)),
    ("three", "flash", "overlapped", Attention(1, 2, 3, 2, 1)),
    ("three", "flat-opt", "free", Attention(1, 2, 3, 2, 1)),
    ("three", "base-opt", "serial", Attention(1, 1, 3, 2, 1)),
]


def hardware(kind, family):
    return chip(kind, random.Random(f"{kind} {family}"))


def check(found, objective, best, layer, architecture, energies, softmax="free"):
    value, mapping = found[objective]
    said = estimate(mapping, layer, architecture, energies, softmax)
    assert figure(said, objective) == pytest.approx(value, rel=1e-9)
    assert best.rank[0] == pytest.approx(value, rel=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("kind, family, sizes, objectives", RAGGED, ids=str)
def test_any_tiles(kind, family, sizes, objectives):
    layer, (architecture, energies) = Attention(1, *sizes), hardware(kind, family)
    found = least(family, layer, architecture, energies)
    for objective in objectives:
        best = Best(objective)
        search_ragged(Layer(layer, architecture, energies, "free"), [parse_dataflow(family)], best)
        check(found, objective, best, layer, architecture, energies)


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind, family, softmax, layer", FURTHER, ids=[f"{k}-{f}-{s}" for k, f, s, _ in FURTHER]
)
def test_any_tiles_of_more_than_one_core_or_head(kind, family, softmax, layer):
    architecture, energies = hardware(kind, family)
    if softmax != "free":
        architecture, energies = with_softmax(architecture, energies)
    found = least(family, layer, architecture, energies, softmax)
    best = Best("edp")
    search_ragged(Layer(layer, architecture, energies, softmax), [parse_dataflow(family)], best)
    check(found, "edp", best, layer, architecture, energies, softmax)


@pytest.mark.slow
@pytest.mark.parametrize("kind, family, softmax, sizes", PERFECT, ids=str)
def test_tiles_that_divide(kind, family, softmax, sizes):
    """The buffer holds every tensor then, and memories between it and the registers are passed by."""
    layer, (architecture, energies) = Attention(1, *sizes), hardware(kind, family)
    if softmax != "free":
        architecture, energies = with_softmax(architecture, energies)
    found = least(family, layer, architecture, energies, softmax, perfect=True)
    for objective in (*EVERY, "footprint"):
        best = Best(objective)
        search_layer(Layer(layer, architecture, energies, softmax), [parse_dataflow(family)], best)
        check(found, objective, best, layer, architecture, energies, softmax)
