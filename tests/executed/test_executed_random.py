"""Run random loop nests: any order, any split over levels, any bypass."""

from dataclasses import replace
from math import inf

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flat_plugin.engines.native import NativeEngine
from flat_plugin.mapping.nest import LevelMapping, OperatorMapping
from flat_plugin.workload.attention import Attention
from flat_plugin.workload.einsum import Einsum, Tensor

UNHURRIED = (HealthCheck.too_slow, HealthCheck.filter_too_much)
GEMM = Einsum(
    "gemm",
    (("M", 4), ("N", 6), ("K", 4)),
    (Tensor("A", ("M", "K")), Tensor("W", ("N", "K")), Tensor("Z", ("M", "N"), output=True)),
)
GROUPED = Attention(batch=2, heads=4, queries=2, keys=6, head_dim=2, value_dim=3, kv_heads=2)
NAMES = ("square", "wide", "deep", "mesh")


def primes(number):
    return next(([p, *primes(number // p)] for p in range(2, number + 1) if number % p == 0), [])


@st.composite
def operator_mappings(draw, einsum, architecture):
    """Every prime factor goes to a temporal or unrolled loop of some level, within the meshes."""
    levels, places = len(architecture.memories), []
    room = {}
    for level in range(levels):
        x, y = architecture.fanout(level)
        room |= {(level, "x"): x, (level, "y"): y}
        places += [(level, "t")] + [(level, axis) for axis in "xy" if room[level, axis] > 1]
    factors = {}
    for dimension, bound in einsum.bounds:
        for prime in primes(bound):
            level, kind = draw(st.sampled_from(places))
            other = {"x": "y", "y": "x"}.get(kind)
            taken = (level, other, dimension) in factors  # a dimension runs along one axis of a mesh
            if kind != "t" and (taken or room[level, kind] < prime):
                kind = "t"
            elif kind != "t":
                room[level, kind] //= prime
            factors[level, kind, dimension] = factors.get((level, kind, dimension), 1) * prime

    def loops(level, kind):
        order = draw(st.permutations(einsum.dimensions))
        return tuple((d, factors[level, kind, d]) for d in order if (level, kind, d) in factors)

    names = [tensor.name for tensor in einsum.tensors]
    bypass = [draw(st.sets(st.sampled_from(names))) for _ in range(levels)]
    bypass[0] &= {name for name in names if name not in bypass[1]}  # somebody must keep it
    return OperatorMapping(
        tuple(
            LevelMapping(memory.name, loops(i, "t"), loops(i, "x"), loops(i, "y"), frozenset(bypass[i]))
            for i, memory in enumerate(architecture.memories)
        )
    )


@settings(derandomize=True, deadline=None, max_examples=200, database=None, suppress_health_check=UNHURRIED)
@given(data=st.data())
def test_random_nests(data, architectures, energies, execute_one):
    einsum = data.draw(st.sampled_from((GEMM, *GROUPED.einsums())))
    architecture = architectures[data.draw(st.sampled_from(NAMES))]
    unbounded = tuple(replace(memory, capacity=inf) for memory in architecture.memories)
    architecture = replace(architecture, memories=unbounded)
    mapping = data.draw(operator_mappings(einsum, architecture))
    output, expected, words = execute_one(einsum, architecture, mapping)
    np.testing.assert_allclose(output, expected, rtol=1e-9, atol=1e-12)
    result = NativeEngine().evaluate(einsum, architecture, mapping, energies)
    for level, memory in enumerate(architecture.memories):
        for name, counts in result[memory.name].tensors.items():
            assert counts.utilized_instances == len(words[level, name])
            for each in words[level, name].values():
                assert (counts.reads, counts.fills, counts.updates) == (
                    each.reads,
                    each.fills,
                    each.updates,
                ), (memory.name, name)
