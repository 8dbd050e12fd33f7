"""The optimum equals that of every mapping there is, enumerated without structure or pruning."""

from dataclasses import replace
from functools import lru_cache
from itertools import product

import numpy as np
import pytest
from every_mapping import (
    ARCHITECTURES,
    BUFFER,
    DRAM,
    ENERGIES,
    ROWS,
    every_batch,
    macs,
    within_fanouts,
)

from flat_plugin.architecture import Architecture
from flat_plugin.errors import InvalidMapping
from flat_plugin.mapping.named import parse_dataflow
from flat_plugin.mapspace.constraints.space_files import read_space
from flat_plugin.mapspace.layer import Layer, search_layer, search_operator
from flat_plugin.mapspace.objective import METRICS, OBJECTIVES, Best, Front, Metrics
from flat_plugin.mapspace.structure import divisors
from flat_plugin.model.cost import evaluate
from flat_plugin.model.counts import NestAnalysis
from flat_plugin.model.mapping_batch import batch_of
from flat_plugin.workload import parse_attention


@lru_cache
def brute_force(einsum, name, within=None):
    """The metrics of every mapping of an operator alone that fits, double buffered."""
    architecture = ARCHITECTURES[name]
    found = []
    for batch in every_batch(einsum, architecture):
        if within and not within(einsum, batch).any():
            continue
        costs = evaluate(batch, ENERGIES)
        footprint = 2 * filled(einsum, costs.counts.tiles[1])
        usable = costs.valid & within_fanouts(batch) & (footprint <= architecture.memories[1].capacity)
        if within:
            usable &= within(einsum, batch)
        rows = np.stack([costs.energy, costs.cycles, dram_words(einsum, costs.counts), footprint])
        found.append(np.unique(rows[:, usable], axis=1))
    return Metrics(*np.concatenate(found, axis=1))


def dram_words(einsum, counts):
    return filled(einsum, counts.reads[0] + counts.updates[0])


def filled(einsum, words):
    """Words of 16 bits that words of the tensors take together."""
    return sum((tensor.bits or 16) / 16 * own for tensor, own in zip(einsum.tensors, words, strict=True))


def layer_of(text):
    """``B=1,…`` and, behind a semicolon, widths."""
    shape, _, bits = text.partition(";")
    return replace(parse_attention(shape), widths=bits or None)


OPERATORS = [
    *(("B=1,H=2,M=4,N=2,D=2", name) for name in ARCHITECTURES),
    *(("B=1,H=1,M=6,N=2,D=3", name) for name in ("registers", "linked")),
    ("B=1,H=2,KV=1,M=1,N=4,D=2", "registers"),
    ("B=1,H=2,KV=1,M=2,N=2,D=1", "one-word"),
    ("B=1,H=1,M=1,N=8,D=4", "narrow"),
    *(("B=1,H=2,M=4,N=2,D=2;K=8,S=32,V=4,O=24", name) for name in ARCHITECTURES),
    ("B=1,H=1,M=6,N=2,D=3;Q=4,K=4,V=10", "registers"),
]


@pytest.mark.parametrize(("shape", "name"), OPERATORS)
def test_one_operator_equals_brute_force(shape, name):
    architecture = ARCHITECTURES[name]
    for einsum, objective in product(layer_of(shape).einsums(), OBJECTIVES):
        best = Best(objective)
        outcome = search_operator(einsum, architecture, ENERGIES, best)
        least = brute_force(einsum, name)[objective].min()
        assert best.rank[0] == pytest.approx(least, rel=1e-12), objective
        (pick,) = outcome.picks
        mapping = pick.search.sides[0].mapping(pick.rows[0], pick.choices[0])
        costs = evaluate(batch_of(einsum, architecture, [mapping]), ENERGIES)
        footprint = 2 * filled(einsum, costs.counts.tiles[1])
        metrics = Metrics(costs.energy, costs.cycles, dram_words(einsum, costs.counts), footprint)
        assert metrics[objective][0] == pytest.approx(least, rel=1e-12), objective


def weight_stationary(einsum, batch):
    """K or V alone in the registers, its rows on x and its columns on y below the buffer."""
    rows, columns = ("N", "D") if einsum.name == "logit" else ("E", "N")
    only_weight = batch.form.keep[-1] == (False, True, False)
    return unrolled_only(einsum, batch.spatial_x[1], rows) & unrolled_only(
        einsum, batch.spatial_y[1], columns
    ) & only_weight  # fmt: skip


def pairs_of_sums(einsum, batch):
    """Two sums at a time below the buffer, and at most two rows; results are in the registers."""
    factors = batch.spatial_x[1] * batch.spatial_y[1]
    sums, rows = (factors[einsum.dimensions.index(d)] for d in (einsum.dimensions[-1], "M"))
    return (sums == 2) & (rows <= 2) & batch.form.keep[-1][2]


def unrolled_only(einsum, factors, dimension):
    others = [i for i, d in enumerate(einsum.dimensions) if d != dimension]
    return (factors[others] == 1).all(axis=0)


def spatial(**constraint):
    return {"target": "Buffer", "type": "spatial"} | constraint


def held(*tensors, bypass=()):
    return {"target": "Regs", "type": "dataspace", "keep": list(tensors), "bypass": list(bypass)}


LIMITS = {
    weight_stationary: {
        "logit": [spatial(factors="M=1", permutation="ND", split=1), held("K", bypass="QS")],
        "attend": [spatial(factors="M=1", permutation=["E", "N"], split=1), held("V", bypass="PO")],
    },
    pairs_of_sums: {
        "logit": [spatial(factors="D=2 M<=2"), held("S")],
        "attend": [spatial(factors=["E=2", "M<=2"]), held("O")],
    },
}


@pytest.mark.parametrize("within", LIMITS)
@pytest.mark.parametrize("shape", ["B=1,H=2,M=4,N=2,D=2", "B=1,H=1,M=6,N=2,D=4"])
@pytest.mark.parametrize("name", ["registers", "rows", "narrow"])
def test_within_limits_it_equals_brute_force(shape, name, within):
    architecture, attention = ARCHITECTURES[name], parse_attention(shape)
    limits = read_space({"space": {"operators": LIMITS[within]}}, attention, architecture)
    for einsum, objective in product(attention.einsums(), OBJECTIVES):
        best = Best(objective)
        outcome = search_operator(einsum, architecture, ENERGIES, best, limits[einsum.name])
        least = brute_force(einsum, name, within)[objective].min()
        assert best.rank[0] == pytest.approx(least, rel=1e-12), objective
        (pick,) = outcome.picks
        mapping = pick.search.sides[0].mapping(pick.rows[0], pick.choices[0])
        assert within(einsum, batch_of(einsum, architecture, [mapping])).all()


@pytest.mark.parametrize("memories", [(DRAM, BUFFER), (DRAM, BUFFER, ROWS)])
def test_the_declared_size_of_linked_units(memories):
    """No memory of their own: nothing to keep, and no loops there."""
    architecture = Architecture("linked", memories, macs(2, 2))
    (einsum, _) = parse_attention("B=1,H=1,M=4,N=2,D=2").einsums()
    outcome = search_operator(einsum, architecture, ENERGIES, Best("edp"))
    fanned = sum(architecture.fanout(level) != (1, 1) for level in range(1, len(memories)))
    splits_of = {2: {1: 4, 2: 6}, 4: {1: 9, 2: 19}}  # factors at DRAM, Buffer and each fan-out, on x or y
    ways = splits_of[4][fanned] * splits_of[2][fanned] ** 2
    assert outcome.space.size == ways * 6 * 6


def test_the_declared_size_counts_what_the_limits_leave():
    attention, architecture = parse_attention("B=1,H=1,M=4,N=2,D=2"), ARCHITECTURES["registers"]
    limits = read_space({"space": {"operators": LIMITS[weight_stationary]}}, attention, architecture)
    for einsum in attention.einsums():
        outcome = search_operator(einsum, architecture, ENERGIES, Best("edp"), limits[einsum.name])
        every = every_batch(einsum, architecture)
        assert outcome.space.size == sum(int(weight_stationary(einsum, batch).sum()) for batch in every)


# Chains small enough to join every mapping of logit with every mapping of attend.
CHAINS = [
    "B=1,H=2,M=2,N=2,D=2",
    "B=2,H=1,M=4,N=2,D=1",
    "B=1,H=2,KV=1,M=2,N=1,D=1",
    "B=1,H=4,KV=2,M=1,N=3,D=1",
    "B=1,H=2,M=2,N=2,D=2;K=8,S=4,O=32",
    "B=1,H=2,KV=1,M=2,N=1,D=1;Q=32,V=8",
    "B=1,H=1,M=2,N=2,D=2,E=1,V=K",
    "B=1,H=2,KV=1,M=1,N=2,D=2,V=K;K=8",
    "B=1,H=2,KV=1,M=2,N=1,D=4,E=2,V=K",
]
FAMILIES = {
    "flat-opt": lambda shared, sizes: True,
    "flash": lambda shared, sizes: True,
    "flat-m": lambda shared, sizes: set(shared.values()) == {1},
    "flat-b": lambda shared, sizes: shared == dict.fromkeys(shared, 1) | {"B": sizes["B"]},
    # The query heads of a group may be rows of one tile.
    "flat-h": lambda shared, sizes: all(
        shared[d] == (1 if d == "M" else sizes[d]) for d in shared if d != "G"
    ),
    "flat-r": lambda shared, sizes: all(shared[d] == sizes[d] for d in shared if d not in "GM"),
    "flat-r1": lambda shared, sizes: all(shared[d] == sizes[d] for d in shared if d != "G"),
}


@pytest.mark.parametrize("name", ["registers", "one-word", "linked"])
@pytest.mark.parametrize("shape", CHAINS)
def test_the_chain_equals_brute_force(shape, name):
    attention = layer_of(shape)
    layer = Layer(attention, ARCHITECTURES[name], ENERGIES, "free")
    for family in (*FAMILIES, "base-opt"):
        if family == "base-opt":
            least = least_unfused(attention, name)
        else:
            every = every_chain(shape, name, family)
            if every is None:  # nothing fits, or all of it would lend registers to the other operator
                with pytest.raises(InvalidMapping):
                    search_layer(layer, [parse_dataflow(family)], Best("edp"))
                continue
            least = {objective: every[objective].min() for objective in OBJECTIVES}
        for objective in OBJECTIVES:
            best = Best(objective)
            outcome = search_layer(layer, [parse_dataflow(family)], best)
            assert not outcome.interrupted
            assert best.rank[0] == pytest.approx(least[objective], rel=1e-12), (family, objective)


def test_the_fronts_equal_brute_force():
    for front in (("footprint", "traffic"), ("energy", "latency")):
        check_front(front)


def check_front(front):
    shape, name = CHAINS[0], "registers"
    layer = Layer(parse_attention(shape), ARCHITECTURES[name], ENERGIES, "free")
    found = Front(front)
    search_layer(layer, [parse_dataflow("flat-opt")], found)
    every = every_chain(shape, name, "flat-opt")
    table = np.stack([every[metric] for metric in front], axis=1)
    for point in found.points:  # nothing beats it
        smaller = (table < point * (1 - 1e-12)).any(axis=1)
        assert not (smaller & (table <= point * (1 + 1e-12)).all(axis=1)).any()
    for point in np.unique(table, axis=0):  # and it beats or equals everything
        assert (found.points <= point * (1 + 1e-12)).all(axis=1).any()


def least_unfused(attention, name):
    """Energies, cycles and words add up; the footprint is that of the larger; only EDP needs pairs."""
    sides = [brute_force(einsum, name) for einsum in attention.einsums()]
    figures = [np.unique(np.stack([s.energy, s.latency]), axis=1) for s in sides]
    pairs = figures[0][:, :, None] + figures[1][:, None, :]
    added = {m: sum(s[m].min() for s in sides) for m in METRICS[:3]}
    return added | {"edp": (pairs[0] * pairs[1]).min(), "footprint": max(s.footprint.min() for s in sides)}


@lru_cache
def every_chain(shape, name, family):
    """The metrics of every pair of mappings under every choice of shared loops that fits."""
    attention, architecture = layer_of(shape), ARCHITECTURES[name]
    capacity = architecture.memories[1].capacity
    found = []
    online = parse_dataflow(family).online
    for shared in every_sharing(attention, online):
        if not FAMILIES[family](shared, attention.logit().sizes):
            continue
        sizes = attention.logit().sizes
        held = np.prod([sizes[d] // shared.get(d, 1) for d in attention.logit().output.dimensions])
        if online:  # a running maximum and sum a row
            held += 2 * held // (sizes["N"] // shared["N"])
        held = held * (attention.widths.S or 16) / 16
        for one, two in both_ways(attention, name, tuple(shared.items())):
            if held > capacity or not (one.size and two.size):
                continue
            pair = one[:, :, None] + two[:, None, :]  # energy, traffic, footprint, edge, steps, busy …
            latency = np.maximum.reduce(pair[4:]) + pair[3] / DRAM.shared_bandwidth
            rows = np.stack([pair[0], latency, pair[1], pair[2] + held]).reshape(4, -1)
            found.append(np.unique(rows[:, rows[3] <= capacity], axis=1))
    return Metrics(*np.concatenate(found, axis=1)) if found else None


def both_ways(attention, name, shared):
    """The mappings of logit and attend; where V is a part of K those that hold the whole tile of K with those
    that find V in it, and those that do not with those that fetch V."""
    if not attention.joint:
        yield tuple(sharing(einsum, name, shared) for einsum in attention.einsums())
        return
    logit, attend = attention.logit(), attention.attend()
    yield sharing(logit, name, shared, True), sharing(attention.attend(("Buffer",)), name, shared)
    yield sharing(logit, name, shared, False), sharing(attend, name, shared)


def every_sharing(attention, online):
    """Every tile of every loop that could be shared, outermost first."""
    sizes = attention.logit().sizes
    names = [d for d in ("BHGMN" if online else "BHGM") if d in sizes]
    for trips in product(*(divisors(sizes[d]) for d in names)):
        yield dict(zip(names, trips, strict=True))


@lru_cache
def sharing(einsum, name, shared, whole_keys=None):
    """[figures, mappings]: every mapping whose outermost loops are the shared ones; those of logit that hold
    the whole tile of K, or those that do not, if that is asked."""
    architecture, trips, dims = ARCHITECTURES[name], dict(shared), einsum.dimensions
    found = []
    for batch in every_batch(einsum, architecture, on_chip=("S", "P")):
        outer = batch.temporal[0]
        allowed = np.ones(len(batch), dtype=bool)
        for i, d in enumerate(dims):
            if trips.get(d, 1) > 1 or d in "BH":
                allowed &= outer[i] == trips.get(d, 1)
        if whole_keys is not None:
            tiled = np.any([outer[dims.index(d)] > trips.get(d, 1) for d in "ND"], axis=0)
            allowed &= tiled != whole_keys
        walked = [dims.index(d) for d, n in reversed(shared) if n > 1]
        if not np.any(allowed) or not outermost(batch, allowed, walked):
            continue
        batch = replace(
            batch,
            temporal=batch.temporal[:, :, allowed],
            spatial_x=batch.spatial_x[:, :, allowed],
            spatial_y=batch.spatial_y[:, :, allowed],
        )
        costs = evaluate(batch, ENERGIES)
        counts = costs.counts
        chosen = np.flatnonzero(costs.valid & within_fanouts(batch) & ~outlives(batch, trips))
        copies = np.array([0.0 if t.name in "SP" or t.inside else 2.0 for t in einsum.tensors])
        edges = np.array([float(t.name in "QKO") for t in einsum.tensors])
        figures = [
            costs.energy,
            dram_words(einsum, counts),
            filled(einsum, copies[:, None] * counts.tiles[1]),
            filled(einsum, edges[:, None] * counts.tiles[1]),
            counts.compute_cycles,
            *(ports(einsum, memory, counts, i) for i, memory in enumerate(architecture.memories)),
        ]
        found.append(np.unique(np.stack(figures)[:, chosen], axis=1))
    return np.unique(np.concatenate(found, axis=1), axis=1) if found else np.empty((0, 0))


def outermost(batch, allowed, walked):
    """Whether the shared loops are the outermost ones of this order, in theirs."""
    order = [d for d in batch.form.order[0] if (batch.temporal[0, d][allowed] > 1).any()]
    return order[len(order) - len(walked) :] == walked if walked else True


def outlives(batch, trips):
    """A register tile that stays longer because of the shared loops: another operator runs between."""
    alone = batch.temporal.copy()
    for i, d in enumerate(batch.einsum.dimensions):
        alone[0, i] /= trips.get(d, 1)
    levels = len(batch.architecture.memories)
    if levels == 2:
        level, kept = 1, (True,) * len(batch.einsum.tensors)
    else:
        level, kept = levels - 2, batch.form.keep[-1]
    long = NestAnalysis(batch).reuse[level]
    short = NestAnalysis(replace(batch, temporal=alone)).reuse[level]
    return ((long > short) & np.array(kept)[:, None]).any(axis=0)


def ports(einsum, memory, counts, level):
    read = filled(einsum, counts.reads[level])
    written = filled(einsum, counts.fills[level] + counts.updates[level])
    times = (read / memory.read_bandwidth, written / memory.write_bandwidth)
    return np.maximum.reduce((*times, (read + written) / memory.shared_bandwidth))
