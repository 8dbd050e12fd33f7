"""No mapping of one operator beats its optimum: drawn at random, counted by the model."""

import random

import numpy as np
import pytest
from small_chips import chip, random_mapping

from flat_plugin.mapspace.objective import Best
from flat_plugin.mapspace.search.build import single_spaces
from flat_plugin.mapspace.search.picked import pick_batch
from flat_plugin.mapspace.search.rising import search
from flat_plugin.mapspace.search.trips import Factors
from flat_plugin.model.mapping_batch import mapping_of
from flat_plugin.model.mixed_mappings import evaluate_many
from flat_plugin.model.operator import evaluate_operator
from flat_plugin.workload import Attention

KINDS = ("registers", "linked", "four", "cores", "pads")
FAST = ("registers", "linked", "pads")  # one shared memory
SIZES = (1, 2, 3, 4, 5, 7, 8, 11, 13, 17)
DRAWN = 400


def doubled(einsum, mapping):
    """Words of the buffer, every tile twice."""
    size = dict.fromkeys(einsum.dimensions, 1)
    for entry in mapping.levels[1:]:
        for d, n in (*entry.temporal, *entry.spatial_x, *entry.spatial_y):
            size[d] *= n
    kept = [t for t in einsum.tensors if t.name not in mapping.levels[1].bypass]
    return 2 * sum(int(np.prod([min(size[d], einsum.sizes[d]) for d in t.dimensions])) for t in kept)


@pytest.mark.parametrize("kind, seed", [*((kind, 0) for kind in KINDS), *((kind, 1) for kind in FAST)])
def test_nothing_at_random_is_better(kind, seed):
    rng = random.Random(f"{kind}{seed}")
    architecture, energies = chip(kind, rng)
    m, n, d = (rng.choice(SIZES if kind in FAST else SIZES[:5]) for _ in range(3))
    einsum = Attention(1, rng.choice([1, 2, 3]), m, n, d).logit()
    drawn = [random_mapping(einsum, architecture, rng) for _ in range(DRAWN)]
    fits = architecture.memories[1].capacity
    drawn = [mapping for mapping in drawn if mapping and doubled(einsum, mapping) <= fits]
    costs = evaluate_many(einsum, architecture, drawn, energies)
    least = {"energy": costs.energy_pj, "latency": costs.cycles, "edp": costs.energy_pj * costs.cycles}
    for objective in least if kind in FAST else ["energy"]:
        values = least[objective]
        best = Best(objective)
        search(list(single_spaces(einsum, architecture, energies, factors=Factors.RAGGED)), best)
        assert best.rank[0] <= np.where(costs.valid, values, np.inf).min() * (1 + 1e-9)
        found = evaluate_operator(einsum, architecture, mapping_of(pick_batch(best.payload, 0), 0), energies)
        figure = {"energy": found.energy_pj, "latency": found.cycles, "edp": found.energy_pj * found.cycles}
        assert figure[objective] == pytest.approx(best.rank[0], rel=1e-9)
