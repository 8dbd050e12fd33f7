"""Under a mask no mapping that is enumerated beats what is searched, by more than what the space leaves out.

Every mapping of the space is counted; the optimum is at most the least of those whose choices below the
buffer nothing beats in a whole tile, and at least the least of all.
"""

from dataclasses import replace

import pytest
from every_mapping import ARCHITECTURES, ENERGIES
from every_masked import brute_force

from flat_plugin.errors import InvalidMapping
from flat_plugin.mapping.named import parse_dataflow
from flat_plugin.mapspace.family import families_of
from flat_plugin.mapspace.layer import Layer, search_layer
from flat_plugin.mapspace.limits import Limits
from flat_plugin.mapspace.masked.build import Problem, masked_search
from flat_plugin.mapspace.objective import OBJECTIVES, Best
from flat_plugin.workload import parse_attention
from flat_plugin.workload.mask import mask_of


def layer_of(text):
    """``B=1,…``, a mask and widths, with semicolons between."""
    shape, mask, *bits = text.split(";")
    attention = parse_attention(shape)
    return replace(attention, mask=mask_of(mask), widths=bits[0] if bits else None)


ALL = "base-opt,flat-opt,flash,flat-r1,flat-h"
MOST = "base-opt,flat-opt,flash"  # among the mappings of flat-opt are those of the other two
LAYERS = [
    ("B=1,H=2,M=4,N=4,D=1;causal", "registers", ALL),
    ("B=1,H=2,M=4,N=4,D=1;causal;K=8,S=32,V=4,O=24", "one-word", "base-opt,flat-opt,flat-r1"),
    ("B=1,H=1,M=2,N=4,D=2;causal,offset=1", "linked", MOST),
    ("B=1,H=1,M=4,N=4,D=1;window=2", "registers", MOST),
    ("B=1,H=1,M=4,N=4,D=1;window=1:1,global=1", "one-word", MOST),
    ("B=1,H=1,M=6,N=6,D=1;window=2,sinks=1", "one-word", "base-opt,flat-opt,flat-r1"),
    ("B=1,H=1,M=6,N=6,D=1;window=3", "linked", MOST),
    ("B=1,H=2,KV=1,M=2,N=2,D=1;causal", "one-word", "base-opt,flat-r"),
    ("B=1,H=2,KV=1,M=3,N=3,D=1;window=2", "linked", MOST),
    ("B=1,H=2,KV=1,M=2,N=2,D=1,V=K;causal", "linked", "base-opt,flat-r"),
    ("B=1,H=2,KV=1,M=4,N=2,D=1;full;S=32", "linked", "base-opt,flat-r,flash"),
    ("B=1,H=1,M=2,N=2,D=2,E=1,V=K;causal", "linked", MOST),
    ("B=1,H=1,M=4,N=4,D=2;chunk=2", "linked", "base-opt,flat-r1"),
    ("B=1,H=1,M=4,N=4,D=1;causal,topk=2", "one-word", "base-opt,flat-opt,flat-r1"),
    ("B=1,H=2,KV=1,M=2,N=2,D=1;causal,topk=1;K=8", "one-word", "base-opt,flat-r"),
    ("B=1,H=2,M=2,N=4,D=2;topk=2:tile", "linked", MOST),
    ("B=1,H=1,M=3,N=4,D=2;causal,topk=2,page=2", "linked", "base-opt,flat-opt"),
]


@pytest.mark.parametrize(("text", "name", "families"), LAYERS)
def test_it_equals_brute_force(text, name, families):
    attention = layer_of(text)
    layer = Layer(attention, ARCHITECTURES[name], ENERGIES, "free")
    for family in families.split(","):
        every, undominated = brute_force(attention, ARCHITECTURES[name], parse_dataflow(family))
        if every is None:
            with pytest.raises(InvalidMapping):
                search_layer(layer, [parse_dataflow(family)], Best("edp"))
            continue
        for objective in OBJECTIVES:
            best = Best(objective)
            outcome = search_layer(layer, [parse_dataflow(family)], best)
            assert not outcome.interrupted
            found = best.rank[0] * (1 + 1e-9)
            assert found >= every[objective], (family, objective)
            assert best.rank[0] <= undominated[objective] * (1 + 1e-9), (family, objective)


LONGER = [
    ("B=1,H=2,M=3,N=3,D=1;causal", (4, 4), "registers", MOST),
    ("B=1,H=1,M=5,N=5,D=1;causal", (6, 6), "registers", "base-opt,flash"),
    ("B=1,H=1,M=5,N=7,D=1;causal,offset=2", (6, 8), "one-word", "base-opt,flat-opt,flat-r1"),
    ("B=1,H=1,M=3,N=5,D=2;window=1:1", (4, 6), "linked", "flat-opt"),
    ("B=1,H=1,M=7,N=3,D=1;causal;S=32", (8, 4), "one-word", "base-opt,flat-opt"),
    ("B=1,H=1,M=3,N=3,D=2,E=1,V=K;causal", (4, 4), "linked", "flat-opt"),
    ("B=1,H=1,M=3,N=5,D=2;causal,topk=2", (4, 6), "linked", "base-opt,flat-opt"),
    ("B=1,H=1,M=3,N=5,D=2,E=1,V=K;full", (4, 6), "linked", "base-opt,flat-opt"),
    ("B=1,H=2,M=3,N=3,D=1;full;K=8", (4, 4), "one-word", "base-opt,flat-opt,flash"),
    ("B=1,H=2,KV=1,M=3,N=3,D=1;full;K=8", (4, 4), "one-word", "flat-opt,flash,flat-r2"),
    ("B=1,H=1,M=5,N=3,D=1;full;S=32", (6, 4), "registers", "base-opt,flat-opt,flash,flat-h"),
]


@pytest.mark.parametrize(("text", "lengths", "name", "families"), LONGER)
def test_tiles_of_longer_lengths_equal_brute_force(text, lengths, name, families):
    attention, architecture = layer_of(text), ARCHITECTURES[name]
    square = replace(attention, queries=lengths[0], keys=lengths[1], mask=mask_of("full"))
    free = {operator: Limits() for operator in ("logit", "attend")}
    problem = Problem(attention, square, architecture, ENERGIES, ENERGIES, "free", free)
    for family in families.split(","):
        dataflow = parse_dataflow(family)
        every, undominated = brute_force(attention, architecture, dataflow, square)
        for objective in OBJECTIVES:
            best = Best(objective)
            for each in families_of(dataflow, square):
                masked_search(problem, each).run(best)
            if every is None:
                assert best.empty
                continue
            assert best.rank[0] * (1 + 1e-9) >= every[objective], (family, objective)
            assert best.rank[0] <= undominated[objective] * (1 + 1e-9), (family, objective)
