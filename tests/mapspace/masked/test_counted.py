"""Mappings under a mask are counted as their iterations: as dense layers of their own where nothing stays."""

import numpy as np
import pytest
from every_mapping import ARCHITECTURES, ENERGIES

from flat_plugin.mapping.nest import LevelMapping, OperatorMapping
from flat_plugin.mapspace.masked.counted import Counted, Counter
from flat_plugin.mapspace.masked.iterations import iterations_of
from flat_plugin.mapspace.masked.selected import Gathered
from flat_plugin.model.operator import evaluate_operator
from flat_plugin.workload import Attention
from flat_plugin.workload.mask import mask_of

CHIP = ARCHITECTURES["registers"]
NAMES = [memory.name for memory in CHIP.memories]


def layer(mask: str, tokens: int = 8) -> Attention:
    return Attention(1, 1, tokens, tokens, 2, mask=mask_of(mask))


def nest(rows: int, inside: int = 2, keys: int = 2) -> OperatorMapping:
    """A logit: so many tiles of two rows, each with its keys, in the outermost memory."""
    outer = LevelMapping(NAMES[0], (("M", rows), ("N", inside)))
    buffer = LevelMapping(NAMES[1], (("M", 2), ("N", keys), ("D", 2)))
    return OperatorMapping((outer, buffer, *(LevelMapping(name, ()) for name in NAMES[2:])))


def counter(attention: Attention, gathered: Gathered | None = None) -> Counter:
    return Counter(attention.logit(), CHIP, ENERGIES, gathered, fused=False)


def test_room_is_empty() -> None:
    room = Counted.of(3, 2)
    assert room.busy.shape == (2, 3) and room.cycles.tolist() == [0, 0, 0]
    assert not np.shares_memory(room.cycles, room.energy)


def test_chunks_are_dense_layers_one_after_the_other() -> None:
    """In chunks of two, two rows need two keys that no others need: four layers of 2 by 2."""
    chunks, dense = layer("chunk=2:0"), layer("full", 2)
    found = counter(chunks).count([nest(4, 4)], [iterations_of(chunks, 2, 1)])
    each = evaluate_operator(dense.logit(), CHIP, nest(1, 1), ENERGIES)
    assert found.cycles.tolist() == [4 * each.cycles]
    assert found.steps.tolist() == [4 * each.compute_cycles]
    assert found.energy.tolist() == pytest.approx([4 * each.energy_pj])
    assert found.traffic.tolist() == [4 * (4 + 4 + 4)]  # Q, K and S


def test_keys_stay_where_each_iteration_has_all_of_them_in_a_tile() -> None:
    causal = layer("causal")  # of 2, 4, 6 and 8 keys
    iterations = iterations_of(causal, 2, 1)
    whole, parts = counter(causal).count([nest(4, 1, 8), nest(4, 4, 2)], [iterations] * 2).traffic.tolist()
    assert whole == 8 * 2 + 8 * 2 + 2 * (2 + 4 + 6 + 8)
    assert parts == 8 * 2 + 20 * 2 + 2 * (2 + 4 + 6 + 8)


@pytest.mark.parametrize("together", [1, 5, 8, 100])
def test_how_many_are_counted_at_once_changes_nothing(together: int, monkeypatch: pytest.MonkeyPatch) -> None:
    causal = layer("causal")  # four iterations each
    nests, iterations = [nest(4, 1, 8), nest(4, 4, 2), nest(4, 2, 4)], [iterations_of(causal, 2, 1)] * 3
    monkeypatch.setattr("flat_plugin.mapspace.masked.counted.AT_ONCE", together)
    found = counter(causal).count(nests, iterations)
    alone = [counter(causal).count([one], iterations[:1]) for one in nests]
    assert found.energy.tolist() == [energy for one in alone for energy in one.energy.tolist()]
    assert found.busy.tolist() == np.concatenate([one.busy for one in alone], axis=1).tolist()


def test_a_mapping_that_does_not_fit_has_no_finite_energy() -> None:
    causal = Attention(1, 1, 8, 1 << 20, 2, mask=mask_of("causal,offset=1048568"))
    outer = nest(4, 1, 1 << 20)
    assert counter(causal).count([outer], [iterations_of(causal, 2, 1)]).energy.tolist() == [np.inf]
