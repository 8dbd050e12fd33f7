"""No nest is below the bound of its part: every nest of a small operator, and nests drawn at random."""

import random
from itertools import permutations, product

import numpy as np
import pytest
from small_chips import chip, random_mapping

from flat_plugin.certificate.operator import front_of
from flat_plugin.certificate.part import Part
from flat_plugin.certificate.prices import energy_prices, word_prices
from flat_plugin.mapping.last_turns import with_last_turns
from flat_plugin.mapping.nest import LevelMapping, OperatorMapping
from flat_plugin.mapspace.search.trips import Factors
from flat_plugin.model.mixed_mappings import evaluate_many
from flat_plugin.workload import Attention

PLACES = ("DRAM", "GLB", "side by side", "Regs")


def chains(size):
    """Trips in every place that cover a length, the last turns shorter."""
    for trips in product(range(1, size + 1), repeat=len(PLACES)):
        rest, fits = size, True
        for n in reversed(trips):
            fits &= n <= rest
            rest = -(-rest // n)
        outermost = next((i for i, n in enumerate(trips) if n > 1), 0)
        if fits and rest == 1 and not (outermost == 2 and np.prod(trips) != size):
            yield trips


def every_nest(einsum):
    """Of a buffer and registers: all trips, all orders of loops, everything that may be kept."""
    sizes = einsum.sizes
    core = [d for d in einsum.dimensions if sizes[d] > 1]
    names = [t.name for t in einsum.tensors]
    subsets = [
        frozenset(n for n, out in zip(names, o, strict=True) if out) for o in product((0, 1), repeat=3)
    ]
    for chosen in product(*(list(chains(sizes[d])) for d in core)):
        trips = dict(zip(core, chosen, strict=True))

        def loops(place, order, trips=trips):
            return tuple((d, trips[d][place]) for d in order if trips[d][place] > 1)

        beside = loops(2, core)
        walked = [[d for d in core if trips[d][place] > 1] for place in (0, 1)]
        for outer, inner in product(*(permutations(w) for w in walked)):
            for buffer, registers in product(subsets, subsets):
                nest = OperatorMapping(
                    (
                        LevelMapping("DRAM", loops(0, outer)),
                        LevelMapping("GLB", loops(1, inner), beside, bypass=buffer),
                        LevelMapping("Regs", loops(3, core), bypass=registers),
                    )
                )
                yield with_last_turns(nest, sizes)


def held_against(part, nests, best=None):
    """The least ratio of what valid nests cost to the bound for as many cycles."""
    costs = evaluate_many(part.einsum, part.architecture, nests, part.energies)
    if not costs.valid.any():
        return None
    energy, cycles = costs.energy_pj[costs.valid], costs.cycles[costs.valid]
    least = (energy * cycles).min()
    front = front_of(part, energy_prices(part.architecture, part.energies), lambda steps: least / steps)
    bounds = [front.cost[front.steps <= c].min(initial=np.inf) for c in cycles]
    return float((energy / bounds).min())


@pytest.mark.parametrize("sizes", [(2, 2, 2), (3, 2, 1), (1, 3, 2)])
def test_no_nest_of_all_there_are_is_below(sizes):
    m, n, d = sizes
    architecture, energies = chip("registers", random.Random(str(sizes)))
    for einsum in Attention(1, 1, m, n, d).einsums():
        part = Part(einsum, architecture, energies)
        assert held_against(part, list(every_nest(einsum))) >= 1 - 1e-9


@pytest.mark.parametrize("kind", ["registers", "linked", "four", "cores", "pads"])
@pytest.mark.parametrize("seed", range(1))
def test_no_nest_at_random_is_below(kind, seed):
    rng = random.Random(f"{kind} {seed}")
    architecture, energies = chip(kind, rng)
    m, n, d = (rng.choice((1, 2, 3, 5, 7)) for _ in range(3))
    einsum = Attention(1, rng.choice([1, 2, 3]), m, n, d).einsums()[rng.randrange(2)]
    shared = Part(einsum, architecture, energies).shared
    parts = {}
    for _ in range(100):
        nest = random_mapping(einsum, architecture, rng)
        if nest and not any(d in "BH" for d in unrolled(nest, range(shared, len(nest.levels)))):
            cores = {level: unrolled(nest, [level]) for level in range(shared)}
            parts.setdefault(repr(cores), (cores, []))[1].append(nest)
    for cores, nests in list(parts.values())[:2]:
        ratio = held_against(Part(einsum, architecture, energies, cores), nests)
        assert ratio is None or ratio >= 1 - 1e-9


def unrolled(nest, levels):
    entries = [nest.levels[level] for level in levels]
    return {d: n for entry in entries for d, n in (*entry.spatial_x, *entry.spatial_y) if n > 1}


@pytest.mark.parametrize("tokens", [197, 512])
def test_the_bound_is_close(tokens):
    """Within a thousandth of the least EDP that a search finds on the edge platform; where tiles are ragged
    within a hundredth, because the search leaves out nests of which rounding would lose operations."""
    from flat_plugin.architecture.presets import find_architecture
    from flat_plugin.energy.choose import energy_for
    from flat_plugin.mapspace.objective import Best
    from flat_plugin.mapspace.search.build import single_spaces
    from flat_plugin.mapspace.search.rising import search

    architecture = find_architecture("edge")
    energies = energy_for(architecture, None)
    for einsum in Attention(1, 12, tokens, tokens, 64).einsums():
        best = Best("edp")
        search(list(single_spaces(einsum, architecture, energies, factors=Factors.RAGGED)), best)
        double = {1: dict.fromkeys((t.name for t in einsum.tensors), 2.0)}
        part = Part(einsum, architecture, energies, copies=double)
        front = front_of(part, energy_prices(architecture, energies), lambda s, b=best: b.rank[0] / s)
        near = 0.999 if tokens % 32 == 0 else 0.99
        assert near < (front.cost * front.steps).min() / best.rank[0] <= 1


def test_every_word_of_the_outermost_memory_moves_once_at_least():
    from flat_plugin.architecture.presets import find_architecture
    from flat_plugin.energy.choose import energy_for

    edge = find_architecture("edge")
    einsum = Attention(1, 2, 64, 64, 16).logit()
    words = sum(einsum.words(t) for t in einsum.tensors)
    least = front_of(Part(einsum, edge, energy_for(edge, None)), word_prices(edge)).cost.min()
    assert words - 3 <= least <= words  # each rounded
