"""Run ragged mappings of every named dataflow on numbers: right output, each product once, words bounded.

Timeloop may count a last tile as a whole one, so the words that move are at most those counted,
which are at most those of a layer whose tiles are all whole.
"""

import numpy as np
import pytest
from executed_tiles import executed, reference

from flat_plugin.engines.native import NativeEngine
from flat_plugin.errors import InvalidMapping
from flat_plugin.mapping.named import list_dataflows, parse_dataflow
from flat_plugin.mapping.nest import LevelMapping, OperatorMapping
from flat_plugin.mapspace.dataflow_mapping import map_dataflow
from flat_plugin.workload.attention import parse_attention
from flat_plugin.workload.einsum import Einsum

SHAPES = ("B=1,H=2,M=7,N=11,D=5", "B=2,H=2,KV=1,M=5,N=7,D=3,E=5", "B=1,H=1,M=13,N=5,D=2")
NAMED = [flow.name for flow in list_dataflows() if not flow.searched and flow.granularity != "R"]
FLOWS = [*NAMED, "flat-r", *(f"{family}{rows}" for family in ("flat-r", "base-r") for rows in (2, 3, 5))]
FLOWS = [name for name in FLOWS if name.split("-")[0] != "base" or "-r" not in name]


def whole(einsum, mapping):
    """The operator of a layer in which no tile is smaller, and its mapping."""
    plain = tuple(
        LevelMapping(e.level, e.temporal, e.spatial_x, e.spatial_y, e.bypass) for e in mapping.levels
    )
    padded = OperatorMapping(plain)
    bounds = tuple((d, padded.covers(d)) for d in einsum.dimensions)
    return Einsum(einsum.name, bounds, einsum.tensors), padded


CHIPS = [(shape, name) for shape in SHAPES for name in ("square", "wide", "tiny", "deep", "mesh")]


@pytest.mark.parametrize("shape,name", [*CHIPS, ("B=1,H=2,M=7,N=5,D=2", "cores")])
def test_ragged_mappings(shape, name, architectures, energies):
    attention, architecture, ragged = parse_attention(shape), architectures[name], 0
    for flow in FLOWS:
        try:
            mapping = map_dataflow(attention, architecture, parse_dataflow(flow), energies)
        except InvalidMapping:
            continue
        ragged += not all(operator.perfect for _, operator in mapping.operators)
        values, tensors, moved = executed(attention, mapping, np.random.default_rng(0))
        np.testing.assert_allclose(values["O"], reference(values, tensors, attention), rtol=1e-9)
        for einsum in attention.einsums():
            nest = mapping[einsum.name]
            counted, most = (
                NativeEngine().evaluate(e, architecture, n, energies)[architecture.memories[0].name].tensors
                for e, n in ((einsum, nest), whole(einsum, nest))
            )
            for tensor, words in moved[einsum.name].items():
                here, there = (
                    side[tensor].updates if tensors[tensor].output else side[tensor].reads
                    for side in (counted, most)
                )
                assert words <= here <= there, (flow, tensor)
                assert words == here or not nest.perfect, (flow, tensor)
    assert ragged
