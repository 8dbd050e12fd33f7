"""Counts of a walk, by hand; they are compared with closed forms beside it and with ragged nests."""

from dataclasses import replace

import pytest
from counted_by_hand import CHIP, ENERGIES, NEST, PRODUCT, STEPS, WORDS

from flat_plugin.errors import FlatError
from flat_plugin.mapping.nest import LevelMapping, OperatorMapping
from flat_plugin.model.cost import evaluate
from flat_plugin.model.mapping_batch import batch_of
from flat_plugin.model.walk.moves import walked_costs, walked_counts
from flat_plugin.workload.einsum import Einsum, Tensor

LEVELS = [memory.name for memory in CHIP.memories]
TENSORS = [tensor.name for tensor in PRODUCT.tensors]


def test_words_of_every_level_and_tensor():
    counts = walked_counts(PRODUCT, CHIP, NEST)
    for (level, tensor), expected in WORDS.items():
        place = LEVELS.index(level), TENSORS.index(tensor), 0
        found = (counts.tiles[place], counts.reads[place], counts.fills[place], counts.updates[place])
        assert found == expected, (level, tensor)
    assert (counts.compute_cycles[0], counts.computes[0]) == (STEPS, 192)
    assert counts.instances[:, 0].tolist() == [1, 1, 4, 4]
    assert [extent[:, 0].tolist() for extent in counts.extents] == [[1, 1, 2, 2]] * 2
    assert counts.partitions[:, TENSORS.index("Z"), 0].tolist() == [32, 32, 16]
    assert counts.reductions[:, TENSORS.index("Z"), 0].tolist() == [0, 0, 32]


@pytest.mark.parametrize(
    ("level", "tensor"), [("Buffer", "A"), ("Buffer", "Z"), ("Regs", "Z"), ("Regs", "W")]
)
def test_a_bypassed_memory_passes_requests_on(level, tensor):
    levels = tuple(
        replace(each, bypass=frozenset([tensor])) if each.level == level else each for each in NEST.levels
    )
    counts = walked_counts(PRODUCT, CHIP, OperatorMapping(levels))
    t, own = TENSORS.index(tensor), LEVELS.index(level)
    assert not counts.reads[own, t, 0] and not counts.fills[own, t, 0]
    found = (counts.reads[own - 1, t, 0], counts.updates[own - 1, t, 0])
    assert (
        found
        == {
            ("Buffer", "A"): (96, 0),
            ("Buffer", "Z"): (0, 32),
            ("Regs", "Z"): (96 - 32, 96),
            ("Regs", "W"): (48 * 2, 0),
        }[level, tensor]
    )


def test_costs_are_those_of_the_closed_forms():
    walked = walked_costs(PRODUCT, CHIP, NEST, ENERGIES)
    closed = evaluate(batch_of(PRODUCT, CHIP, [NEST]), ENERGIES)
    assert (walked.energy[0], walked.cycles[0], walked.valid[0]) == (closed.energy[0], closed.cycles[0], True)


@pytest.mark.parametrize("stride", [1, 2, 3, 5])
def test_neighbouring_windows_share_what_they_both_need(stride):
    """Two outputs side by side, of windows of three: the buffer reads their words once where they are one."""
    ranks = ((("P", stride), ("R", 1)),)
    tensors = (Tensor("W", ("R",)), Tensor.of_ranks("I", ranks), Tensor("O", ("P",), output=True))
    einsum = Einsum("conv", (("P", 2), ("R", 3)), tensors)
    levels = (
        LevelMapping("DRAM"),
        LevelMapping("Buffer", (), (("P", 2),)),
        LevelMapping("Regs", (("R", 3),)),
    )
    counts = walked_counts(einsum, CHIP, OperatorMapping(levels))
    assert counts.tiles[1, 1, 0] == stride + 3 == einsum.words("I")
    assert counts.reads[1, 0, 0] == 3  # the weights, for both
    assert counts.fills[2, 1, 0] == 3


def test_more_iterations_than_are_counted_exactly():
    einsum = Einsum(
        "vast", (("P", 1 << 30), ("R", 1 << 30)), (Tensor("I", ("P", "R")), Tensor("O", ("P",), output=True))
    )
    levels = (
        LevelMapping("DRAM", (("P", 1 << 30),)),
        LevelMapping("Buffer", (("R", 1 << 30),)),
        LevelMapping("Regs"),
    )
    with pytest.raises(FlatError, match="more iterations than windows .*at most 2\\^"):
        walked_counts(einsum, CHIP, OperatorMapping(levels))
