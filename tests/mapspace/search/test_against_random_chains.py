"""No chain of two operators beats its optimum: drawn at random, checked and counted by the model."""

import random
from dataclasses import replace
from math import ceil

import pytest
from small_chips import built, chip

from flat_plugin.engines.native import NativeEngine
from flat_plugin.errors import FlatError
from flat_plugin.mapping.dataflow import Dataflow
from flat_plugin.mapping.fused import FusedMapping, SharedLoops
from flat_plugin.mapping.fused_check import check_fused
from flat_plugin.mapspace.objective import Best
from flat_plugin.mapspace.result import figure
from flat_plugin.mapspace.search.build import spaces_of
from flat_plugin.mapspace.search.picked import mapping_of
from flat_plugin.mapspace.search.rising import search
from flat_plugin.mapspace.search.trips import Factors
from flat_plugin.model.layer import Setting, attention_estimate
from flat_plugin.model.shared_registers import lent_notes
from flat_plugin.workload import Attention

DRAWN = 400
COUNTED = 0.99  # of the operations; what rounds away more is no mapping of the search
FAMILIES = {
    "flat-opt": Dataflow("flat-opt", fused=True, searched=True),
    "flash": Dataflow("flash", fused=True, online=True, searched=True),
}


def test_draws_are_mostly_chains():
    """The draw itself is worth something: many of its mappings fit and are counted."""
    rng = random.Random("draws")
    architecture, energies = chip("registers", rng)
    layer = Attention(1, 2, 5, 7, 3)
    values = [drawn(layer, architecture, energies, rng, online=False) for _ in range(DRAWN)]
    assert sum(value is not None for value in values) > 10


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("kind", ["registers", "linked"])
@pytest.mark.parametrize("seed", [0])
def test_nothing_at_random_is_better(kind, family, seed):
    rng = random.Random(f"{kind}{family}{seed}")
    architecture, energies = chip(kind, rng)
    sizes = [1, 2], [3, 5, 8], [2, 5, 7], [1, 2, 3]
    layer = Attention(1, *map(rng.choice, sizes))
    online = family == "flash"
    found = [drawn(layer, architecture, energies, rng, online=online) for _ in range(DRAWN)]
    for objective in ("edp",) if online else ("edp", "energy", "latency"):
        best = Best(objective)
        search(list(spaces_of(FAMILIES[family], layer, architecture, energies, "free", Factors.RAGGED)), best)
        values = [figure(estimate, objective) for estimate in found if estimate]
        if best.empty:
            assert not values
            continue
        mapping = mapping_of(best.payload)
        assert figure(counted(mapping, layer, architecture, energies), objective) == pytest.approx(
            best.rank[0], rel=1e-9
        )
        assert best.rank[0] <= min(values, default=best.rank[0]) * (1 + 1e-9)


def counted(mapping, layer, architecture, energies):
    """The model's estimate of a checked mapping."""
    einsums = {einsum.name: einsum for einsum in layer.einsums()}
    check_fused(mapping, einsums, [memory.name for memory in architecture.memories])
    results = [
        NativeEngine().evaluate(einsum, architecture, mapping[name], energies)
        for name, einsum in einsums.items()
    ]
    if lent_notes(layer, architecture, mapping):  # a tile would outlive a shared iteration
        return None
    if any(r.computes < COUNTED * e.operations for r, e in zip(results, einsums.values(), strict=True)):
        return None
    return attention_estimate("drawn", layer, architecture, mapping, results, energies, Setting("free"))


def drawn(layer, architecture, energies, rng, *, online):
    """The estimate of a chain at random, or None where the draw is none."""
    rows, keys = rng.randint(1, layer.queries), rng.randint(1, layer.keys) if online else layer.keys
    walked = [("M", ceil(layer.queries / rows), rows), ("N", ceil(layer.keys / keys), keys)]
    walked = [loop for loop in walked if loop[1] > 1]
    rng.shuffle(walked)
    shared = (("B", layer.batch), ("H", layer.heads), *((d, trips) for d, trips, _ in walked))
    operators = []
    for einsum in layer.einsums():
        nest = operator_nest(einsum, architecture, rng, {d: (t, n) for d, t, n in walked}, shared, online)
        if nest is None:
            return None
        operators.append((einsum.name, nest))
    granularity = "R" if rows < layer.queries else "H"
    flow = Dataflow("drawn", fused=True, granularity=granularity, rows=rows, online=online)
    loops = tuple((d, n) for d, n in shared if n > 1)
    mapping = FusedMapping(
        flow,
        (SharedLoops("DRAM", loops),) if loops else (),
        (("S", architecture.memories[1].name),),
        tuple(operators),
    )
    try:
        return counted(mapping, layer, architecture, energies)
    except FlatError:
        return None


def operator_nest(einsum, architecture, rng, walked, shared, online):
    """One operator's nest around the shared loops, or None."""
    levels = len(architecture.memories)
    temporal, x, y = ([{d: 1 for d in einsum.dimensions} for _ in range(levels)] for _ in range(3))
    level = next(i for i in range(levels) if architecture.fanout(i) != (1, 1))
    left = list(architecture.fanout(level))
    for d in rng.sample(einsum.dimensions, len(einsum.dimensions)):
        size = einsum.sizes[d]
        if d in ("B", "H"):
            temporal[0][d] = size
            continue
        trips, rest = walked.get(d, (1, size))
        axis = rng.randrange(2)
        exact = d in walked
        n = rng.choice([n for n in range(1, rest + 1) if n <= left[axis] and not (exact and rest % n)])
        left[axis] //= n
        (x, y)[axis][level][d] = n
        rest = rest // n if exact else ceil(rest / n)
        for i in range(levels - 1, 0, -1):
            options = [n for n in range(1, rest + 1) if not (exact and rest % n)]
            temporal[i][d] = rest if i == 1 and exact else rng.choice(options)
            rest = rest // temporal[i][d] if exact else ceil(rest / temporal[i][d])
        temporal[0][d] = trips * rest

    def free(tensor, where):
        scores = tensor in ("S", "P")
        if where == 0:
            return not scores
        if where == 1 and (scores or (online and tensor == "O")):
            return True
        return None

    nest = built(einsum, architecture, rng, (temporal, x, y), free)
    return nest and ordered(nest, shared)


def ordered(nest, shared):
    """The same with the shared loops outermost."""
    first, *rest = nest.levels
    names = [d for d, _ in shared]
    own = [loop for loop in first.temporal if loop[0] not in names]
    common = [loop for name in reversed(names) for loop in first.temporal if loop[0] == name]
    return replace(nest, levels=(replace(first, temporal=(*own, *common)), *rest))
