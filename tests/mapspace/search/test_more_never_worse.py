"""No memory, core or word of capacity makes the optimum worse, where accesses of the others cost the same."""

import random
from dataclasses import replace

import pytest
from small_chips import chip, sized

from flat_plugin.architecture import ComponentEnergy, Memory
from flat_plugin.mapping.named import parse_dataflow
from flat_plugin.mapspace.objective import Best
from flat_plugin.mapspace.search.build import spaces_of
from flat_plugin.mapspace.search.rising import settle
from flat_plugin.mapspace.search.trips import Factors
from flat_plugin.workload import Attention


def optimum(family, layer, architecture, energies, objective):
    best, flow = Best(objective), parse_dataflow(family)
    settle(
        lambda factors: list(spaces_of(flow, layer, architecture, energies, "free", factors)),
        Factors.RAGGED,
        best,
    )
    return best.rank[0]


def larger(architecture, energies, rng):
    """Any memory on the chip, of more words."""
    level = rng.randrange(1, len(architecture.memories))
    memories = list(architecture.memories)
    memories[level] = sized(memories[level], int(memories[level].capacity * rng.choice([1.5, 2, 7])) + 1)
    return replace(architecture, memories=tuple(memories)), energies


def deeper(architecture, energies, rng):
    """One more memory for all units, that does not leak."""
    new = {"capacity": rng.choice([10, 50, 300]), "shared_bandwidth": rng.choice([2.0, 64.0])}
    memories = (
        architecture.memories[0],
        Memory("New", "SRAM", 16, block_size=2, **new),
        *architecture.memories[1:],
    )
    each = {action: rng.uniform(1, 100) for action in ("read", "write", "update")}
    components = {**energies.components, "New": ComponentEnergy({**each, "leak": 0.0})}
    return replace(architecture, memories=memories), replace(energies, components=components)


def wider(architecture, energies, rng):
    """Twice the columns of units, with their registers."""

    def twice(part):
        return replace(part, instances=2 * part.instances, mesh_x=2 * part.mesh_x)

    *shared, registers = architecture.memories
    memories = (*shared, twice(registers))
    return replace(architecture, memories=memories, compute=twice(architecture.compute)), energies


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2, 3])
@pytest.mark.parametrize("grown", [larger, deeper, wider])
def test_more_is_never_worse(grown, seed):
    """Of units that hand words on to their neighbours there may be more at a price: these lie elsewhere in a
    wider mesh. So units have registers here."""
    rng = random.Random(seed)
    architecture, energies = chip("registers", rng)
    layer = Attention(1, rng.choice([1, 2]), rng.choice([2, 3]), rng.choice([2, 3]), rng.choice([1, 2]))
    family, objective = rng.choice(["base-opt", "flat-opt"]), rng.choice(["edp", "energy"])
    least = optimum(family, layer, architecture, energies, objective)
    chip_, costs = grown(architecture, energies, rng)
    found = optimum(family, layer, chip_, costs, objective)
    assert found <= least * (1 + 1e-9)
