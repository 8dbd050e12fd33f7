"""Gathered keys take whole rows of the outermost memory, counted key by key."""

import itertools

import pytest

from flat_plugin.architecture.hardware import Architecture, Compute, Memory
from flat_plugin.mapping.nest import LevelMapping, OperatorMapping
from flat_plugin.model.gathered_rows import rows_over_words, visits
from flat_plugin.workload.attention import Attention
from flat_plugin.workload.selection import Select


def machine(block):
    inside = (Memory("Buffer", "SRAM", 16), Memory("Regs", "regfile", 16))
    memories = (Memory("DRAM", "DRAM", 16, block), *inside)
    return Architecture("three levels", memories, Compute("MAC", "intmac", 16, 1, 1, 1))


def read(words, part, block, bits, keys=1):
    """Words of 16 bits that a page of so many keys takes, part by part, row by row."""
    rows = 0
    for first in range(0, words, part):
        needed = min(part, words - first) * keys * bits
        rows += next(n for n in itertools.count() if n * block * 16 >= needed)
    return rows * block


@pytest.mark.parametrize("bits", [4, 6, 16, 24])
@pytest.mark.parametrize("block", [1, 4, 32])
@pytest.mark.parametrize("part", [5, 8, 20, 40])
def test_a_key_is_read_by_whole_rows_part_by_part(part, block, bits):
    einsum = Attention(1, 1, 8, 12, 40, widths={"K": bits}).logit()
    nest = OperatorMapping(
        (
            LevelMapping("DRAM", (("D", 40 // part), ("N", 3))),
            LevelMapping("Buffer", (("N", 4), ("M", 8), ("D", part))),
            LevelMapping("Regs"),
        )
    )
    found = rows_over_words(einsum, einsum.tensors[1], nest, machine(block), Select(4))
    assert found * 40 * bits / 16 == pytest.approx(read(40, part, block, bits))
    assert found >= 1


@pytest.mark.parametrize(("tile", "together"), [(4, 4), (8, 4), (12, 4), (6, 1), (2, 1)])
def test_a_page_is_read_together_where_keys_come_in_whole_pages(tile, together):
    einsum = Attention(1, 1, 8, 12, 40).logit()
    loops = (("N", 12 // tile if 12 % tile == 0 else 2),)
    nest = OperatorMapping(
        (
            LevelMapping("DRAM", loops),
            LevelMapping("Buffer", (("N", tile), ("M", 8), ("D", 40))),
            LevelMapping("Regs"),
        )
    )
    found = rows_over_words(einsum, einsum.tensors[1], nest, machine(32), Select(4, page=4))
    assert found * 40 * together == pytest.approx(read(40, 40, 32, 16, keys=together))


def test_what_passes_a_memory_by_comes_by_the_tiles_of_the_next():
    levels = (
        LevelMapping("DRAM", (("G", 3), ("M", 2), ("N", 4))),
        LevelMapping("Buffer", (("M", 5), ("D", 2)), bypass=frozenset({"K"})),
        LevelMapping("Regs", (("D", 8),)),
    )
    assert visits(OperatorMapping(levels), "K") == 3 * 5 * 2
    assert visits(OperatorMapping(levels), "Q") == 3
    einsum = Attention(1, 3, 10, 4, 16, kv_heads=1).logit()
    found = rows_over_words(einsum, einsum.tensors[1], OperatorMapping(levels), machine(32), Select(4))
    assert found * 16 == read(16, 8, 32, 16)
