"""No mapping of full size that is drawn at random is better than the optimum.

``drawn_nests`` and ``drawn_chain`` know nothing of the search; ``benchmarks/samples.py`` draws more, on more
chips.
"""

from itertools import islice
from random import Random

import pytest
from drawn_chain import draws
from every_chain import estimate

from flat_plugin.architecture import find_architecture
from flat_plugin.energy import energy_for
from flat_plugin.mapping.named import parse_dataflow
from flat_plugin.mapspace.layer import Layer
from flat_plugin.mapspace.objective import Best
from flat_plugin.mapspace.ragged import search_ragged
from flat_plugin.mapspace.result import figure
from flat_plugin.workload import Attention

DRAWS, NESTS = 30, 64  # of what is shared; of each operator in each
CASES = [
    ("edge", "base-opt", Attention(1, 2, 197, 197, 64)),
    ("edge", "flat-opt", Attention(1, 2, 197, 197, 64)),
    ("edge", "flat-opt", Attention(1, 4, 96, 130, 64, kv_heads=2)),
    ("cloud", "flash", Attention(1, 2, 512, 512, 64)),
]


@pytest.mark.parametrize("chip, family, layer", CASES, ids=[f"{c}-{f}-{a.keys}" for c, f, a in CASES])
def test_nothing_drawn_is_better(chip, family, layer):
    architecture = find_architecture(chip)
    energies = energy_for(architecture)
    softmax = "serial" if architecture.softmax else "free"
    rng = Random(f"{chip} {family}")
    every = draws(family, layer, architecture, energies, softmax, rng, NESTS)
    drawn = [draw for draw in islice(every, DRAWS) if draw.fit]
    assert sum(draw.fit for draw in drawn) > 1000
    for objective in ("edp", "energy"):
        best = Best(objective)
        search_ragged(Layer(layer, architecture, energies, softmax), [parse_dataflow(family)], best)
        value, draw = min(((float(d.values(objective).min()), d) for d in drawn), key=lambda found: found[0])
        assert best.rank[0] <= value * (1 + 1e-9)
        mapping = draw.mapping(int(draw.values(objective).argmin()))
        said = figure(estimate(mapping, layer, architecture, energies, softmax), objective)
        assert said == pytest.approx(value, rel=1e-9)
