"""The first tiles' way in and the last one's way out, by hand."""

from dataclasses import replace

import pytest
from four_cores import CHIP, LAYER, on_cores

from flat_plugin.mapping.nest import OperatorMapping
from flat_plugin.model.first_and_last_tiles import way_in_and_out
from flat_plugin.workload.selection import Select

EINSUMS = {einsum.name: einsum for einsum in LAYER.einsums()}
L2_IN, L2_OUT = (16 * 4 + 8 * 4) / 4, 16 * 4 / 4  # Q and K of a head, O, through DRAM's port of 4 words
L1_IN, L1_OUT = (4 * 2 * 4 + 8 * 4) / 16, 4 * 2 * 4 / 16  # Q of four cores and K once for all, O


def test_tiles_cross_every_memory_down_to_that_of_the_scores():
    assert way_in_and_out(EINSUMS, on_cores(), CHIP) == L2_IN + L1_IN + L2_OUT + L1_OUT


def test_a_tensor_that_passes_a_memory_crosses_the_port_outside_it():
    """K is kept in DRAM and L1: its tile comes through DRAM's port alone."""
    mapping = on_cores()
    levels = list(mapping["logit"].levels)
    levels[1] = replace(levels[1], bypass=levels[1].bypass | {"K"})
    operators = (("logit", OperatorMapping(tuple(levels))), ("attend", mapping["attend"]))
    found = way_in_and_out(EINSUMS, replace(mapping, operators=operators), CHIP)
    assert found == 16 * 4 / 4 + 8 * 4 / 4 + 4 * 2 * 4 / 16 + L2_OUT + L1_OUT


def test_the_last_iteration_may_be_of_another_size():
    short = {einsum.name: einsum for einsum in replace(LAYER, value_dim=2).einsums()}
    found = way_in_and_out(EINSUMS, on_cores(), CHIP, last=short)
    assert found == L2_IN + L1_IN + 16 * 2 / 4 + 4 * 2 * 2 / 16


def test_ports_for_reads_and_writes_count_one_way_each():
    memories = (replace(CHIP.memories[0], read_bandwidth=2, write_bandwidth=1), *CHIP.memories[1:])
    found = way_in_and_out(EINSUMS, on_cores(), replace(CHIP, memories=memories))
    assert found == 2 * L2_IN + L1_IN + 4 * L2_OUT + L1_OUT


@pytest.mark.parametrize(("block", "more"), [(4, 0), (8, 8 * 4 / 4)])
def test_keys_that_are_gathered_come_as_whole_rows(block, more):
    """A key of four words fills half of a row of eight."""
    memories = (replace(CHIP.memories[0], block_size=block), *CHIP.memories[1:])
    chip = replace(CHIP, memories=memories)
    plain = way_in_and_out(EINSUMS, on_cores(), chip)
    assert way_in_and_out(EINSUMS, on_cores(), chip, select=Select(4)) == plain + more


def test_narrow_words_take_less_of_a_port():
    narrow = {einsum.name: einsum for einsum in replace(LAYER, widths={"K": 8}).einsums()}
    found = way_in_and_out(narrow, on_cores(), CHIP)
    assert found == L2_IN + L1_IN + L2_OUT + L1_OUT - 8 * 4 / 2 / 4 - 8 * 4 / 2 / 16
