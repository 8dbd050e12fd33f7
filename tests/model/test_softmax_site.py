"""Where softmax finds the scores, by hand: in cores, in tiles of keys, in the memory of the unit."""

from dataclasses import replace

import numpy as np
import pytest
from four_cores import CHIP, ERT, LAYER, answer, on_cores

import flat_plugin as flat
from flat_plugin.errors import FlatError
from flat_plugin.mapping.fused import SharedLoops
from flat_plugin.mapping.nest import OperatorMapping
from flat_plugin.model.softmax_site import Place, counted_of, fused_site, rows_fit, unfused_site

ROWS, KEYS = 2 * 16, 8


def test_scores_in_four_cores():
    """Each has a quarter of the rows of two heads, all keys of them."""
    site = fused_site(LAYER, on_cores())
    assert site.scores == Place(2, ROWS // 4, KEYS, (4, 1))
    assert site.output == site.scores
    assert (site.key_tiles, site.fork, site.beside) == (None, None, 1)


def test_a_core_that_has_more_rows_than_others_is_the_busiest():
    assert fused_site(LAYER, on_cores(2)).scores == Place(2, ROWS // 2, KEYS, (2, 1))


def test_keys_in_two_cores():
    site = fused_site(LAYER, on_cores(online=True))
    assert site.scores == Place(2, ROWS, KEYS // 2, (2, 1))
    assert (site.key_tiles, site.busiest_tiles, site.beside) == (2, 1, 2)
    assert site.fork == Place(1, ROWS, KEYS, (1, 1))


def test_keys_are_unrolled_below_one_memory():
    mapping = on_cores(online=True)
    shared = (SharedLoops("DRAM", (("H", 2),), (("N", 2),)), mapping.shared[1])
    with pytest.raises(FlatError, match="keys unrolled below several memories.*DRAM, L2"):
        fused_site(LAYER, replace(mapping, shared=shared))


def test_an_output_that_passes_a_memory_is_in_the_next_one_outwards():
    mapping = on_cores()
    levels = list(mapping["attend"].levels)
    levels[2] = replace(levels[2], bypass=frozenset("O"))
    operators = (("logit", mapping["logit"]), ("attend", OperatorMapping(tuple(levels))))
    site = fused_site(LAYER, replace(mapping, operators=operators))
    assert (site.scores.level, site.output) == (2, Place(1, ROWS, KEYS, (1, 1)))


def test_an_operator_of_its_own_works_beside_the_unit():
    """Or further out where two copies of a row fit; where none does, beside the unit."""
    assert unfused_site(LAYER, CHIP).scores == Place(2, ROWS // 4, KEYS, (4, 1))

    def level(l2, l1):
        memories = list(CHIP.memories)
        memories[1], memories[2] = replace(memories[1], capacity=l2), replace(memories[2], capacity=l1)
        return unfused_site(LAYER, replace(CHIP, memories=tuple(memories))).scores.level

    assert [level(512, 16), level(512, 15), level(15, 15)] == [2, 1, 2]
    assert unfused_site(LAYER, replace(CHIP, memories=(*CHIP.memories[:2], *CHIP.memories[3:]))).scores


def test_two_copies_of_a_row():
    memory = CHIP.memories[1]
    assert rows_fit(LAYER, replace(memory, capacity=16)) and not rows_fit(LAYER, replace(memory, capacity=15))
    wide = replace(LAYER, widths={"S": 32})
    assert rows_fit(wide, replace(memory, capacity=32)) and not rows_fit(wide, replace(memory, capacity=31))


def walked(size, loops):
    """Iterations of the counted loops, with the others at their first, counting one by one."""
    if not loops:
        return size
    (trips, counted), *inner = loops
    stride = 1
    for n, _ in inner:
        stride *= n
    tiles = [min(stride, size - start) for start in range(0, size, stride)][:trips]
    return sum(walked(tile, inner) for tile in tiles) if counted else walked(tiles[0], inner)


@pytest.mark.parametrize("size", range(1, 14))
@pytest.mark.parametrize("flags", range(8))
def test_iterations_of_some_loops_of_a_dimension(size, flags):
    counted = [bool(flags >> n & 1) for n in range(3)]
    for inner in (1, 2, 3):
        trips = [-(-size // (2 * inner)), 2, inner]
        loops = [*zip(trips, counted, strict=True)]
        assert counted_of(size, loops) == walked(size, loops)


def test_iterations_of_many_kinds_at_once():
    loops = [(3, True), (2, False), (2, True)]
    found = counted_of(np.array([5, 9, 12]), loops)
    assert found.tolist() == [counted_of(n, loops) for n in (5, 9, 12)]


def test_parts_of_a_row_that_leave_their_core_are_not_added_up():
    mapping = on_cores(online=True)
    levels = list(mapping["attend"].levels)
    levels[2] = replace(levels[2], bypass=frozenset("O"))
    away = replace(mapping, stage=tuple(s for s in mapping.stage if s[0] != "O"))
    operators = (("logit", mapping["logit"]), ("attend", OperatorMapping(tuple(levels))))
    with pytest.raises(FlatError, match="their parts of O leave L1 before the row is done"):
        answer(replace(away, operators=operators), softmax="overlapped")


def test_rows_that_fit_no_core_are_worked_on_further_out():
    small = replace(CHIP.memories[2], capacity=15)  # two rows of 8 need 16
    chip = replace(CHIP, memories=(*CHIP.memories[:2], small, CHIP.memories[3]))
    work = flat.estimate(LAYER, chip, "base", ert=ERT).operators["softmax"]
    assert work.traffic["S"].level(1)[0] == 4 * LAYER.softmax_elements
