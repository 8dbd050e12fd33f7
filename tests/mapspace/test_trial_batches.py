"""Batches that are evaluated together cost what each costs alone."""

import numpy as np

from flat_plugin.architecture import find_architecture
from flat_plugin.energy import energy_for
from flat_plugin.mapspace.operator import OperatorSpace, _batches
from flat_plugin.mapspace.trial_batches import tried
from flat_plugin.model.cost import evaluate
from flat_plugin.workload import Attention


def test_together_as_alone():
    edge = find_architecture("edge")
    energies = energy_for(edge)
    for einsum in Attention(1, 4, 500, 256, 64, kv_heads=2).einsums():
        batches = list(_batches(OperatorSpace(einsum, edge, budget=1 << 18)))
        found = tried(batches, energies, None)
        assert [one.batch for one in found] == batches
        assert len({batch.form for batch in batches}) < len(batches)  # some do run together
        for one in found:
            alone = evaluate(one.batch, energies)
            assert np.array_equal(one.cycles, alone.cycles) and np.array_equal(one.energy, alone.energy)
            assert np.array_equal(one.tiles, alone.counts.tiles) and np.array_equal(one.valid, alone.valid)
            assert not one.lasting.any()
