"""Operations, words and cycles of a softmax, by hand: whole rows, tiles of keys, cores, the array."""

from dataclasses import replace

import pytest
from four_cores import CHIP, ERT, LAYER, answer, on_cores

import flat_plugin as flat
from flat_plugin.architecture import SoftmaxUnit
from flat_plugin.errors import FlatError
from flat_plugin.model.softmax import Operations, lane_cycles, operations_of, passes_of, softmax_of
from flat_plugin.model.softmax_site import Place, Site

UNIT = SoftmaxUnit(4, energy_pj=0.5, instances=4, mesh_x=4)
ROWS, KEYS, WIDTH = 2 * 16, 8, 4  # of all heads
SCORES = ROWS * KEYS
L1 = Place(2, ROWS // 4, KEYS, (4, 1))
WHOLE = Site(L1, L1)
TILED = Site(L1, L1, key_tiles=2, busiest_tiles=2)


def work(site=WHOLE, chip=CHIP, through_dram=0.0, on_array=False):
    return softmax_of(LAYER, chip, ERT, site, through_dram=through_dram, on_array=on_array)


def with_unit(**changes):
    return replace(CHIP, softmax=replace(UNIT, **changes))


def test_whole_rows_take_four_operations_a_score_on_the_lanes_of_their_core():
    found = work()
    assert found.busy["SoftmaxUnit"] == SCORES * 4 / 4 / 4  # cores, lanes
    assert found.energy["SoftmaxUnit", "compute"] == SCORES * 4 * 0.5
    assert found.traffic["S"].level(2) == (3 * SCORES, 2 * SCORES)
    assert found.traffic["S"].level(0) == (0, 0)
    assert found.busy["L1"] == 5 * SCORES / 4 / 16  # a core's words through its port
    assert found.energy["L1", "S"] == 5 * SCORES * 3
    assert found.cycles == max(found.busy.values())


def test_a_unit_of_two_passes_reads_less_and_computes_more():
    found = work(chip=with_unit(passes=2))
    assert found.traffic["S"].level(2) == (2 * SCORES, SCORES)
    assert found.energy["SoftmaxUnit", "compute"] == SCORES * 6 * 0.5


def test_scores_from_dram_come_once_where_two_rows_fit_and_once_a_pass_where_not():
    assert work(through_dram=1.0).traffic["S"].level(0) == (SCORES, SCORES)
    assert work(through_dram=0.25).traffic["S"].level(0) == (SCORES / 4, SCORES / 4)
    small = replace(CHIP.memories[2], capacity=2 * KEYS - 1)
    chip = replace(CHIP, memories=(*CHIP.memories[:2], small, CHIP.memories[3]))
    found = work(chip=chip, through_dram=1.0)
    assert found.traffic["S"].level(0) == (3 * SCORES, 2 * SCORES)
    assert found.traffic["S"].level(2) == ((3 + 2) * SCORES, (2 + 3) * SCORES)


def test_tiles_of_keys_are_corrected_one_after_the_other():
    """A maximum, an exponent and a sum for a score; four and a scale of the output for a tile of a row."""
    found = work(TILED)
    operations = 3 * SCORES + ROWS * 2 * (4 + WIDTH)
    assert found.energy["SoftmaxUnit", "compute"] == operations * 0.5
    assert found.busy["SoftmaxUnit"] == operations / 4 / 4
    running = 2 * ROWS * 2  # maximum and sum, of each tile
    assert found.traffic["S"].level(2) == (2 * SCORES + running, SCORES + running)
    assert found.traffic["O"].level(2) == (ROWS * 2 * WIDTH, ROWS * 2 * WIDTH)


def test_the_output_may_be_further_out():
    further = replace(TILED, output=Place(1, ROWS, KEYS))
    assert work(further).traffic["O"].level(1) == (ROWS * 2 * WIDTH, ROWS * 2 * WIDTH)
    assert work(further).traffic["O"].level(2) == (0, 0)


def test_exponents_on_the_array_are_seven_operations():
    found = work(on_array=True)
    assert found.energy["MAC", "compute"] == SCORES * (1 + 7 + 1 + 1) * 1.0
    assert found.busy["MAC"] == SCORES * 10 / 4 / 4  # cores, units of each
    assert "SoftmaxUnit" not in found.busy


def test_tiles_on_the_array_leave_the_lanes_what_a_row_needs():
    found = work(TILED, on_array=True)
    assert found.energy["MAC", "compute"] == SCORES * (1 + 7 + 1)
    row = 2 * (3 + 7 + 2 * WIDTH) + WIDTH
    assert found.energy["SoftmaxUnit", "compute"] == ROWS * row * 0.5
    assert found.traffic["S"].level(2) == (2 * SCORES + 2 * ROWS * 2, SCORES + 2 * ROWS * 2)
    assert found.traffic["O"].level(2) == (ROWS * WIDTH, ROWS * WIDTH)


def test_passes():
    assert passes_of(CHIP).operations == 4 and passes_of(replace(CHIP, softmax=None)).operations == 4
    assert passes_of(with_unit(passes=2)).operations == 6
    assert passes_of(CHIP, online=True).operations == 3
    assert passes_of(CHIP, on_array=True).operations == 10
    assert passes_of(CHIP, online=True, on_array=True).operations == 9


def test_cores_that_share_a_row_correct_once_more():
    forked = replace(TILED, beside=2, fork=Place(1, ROWS, KEYS))
    plain, found = (operations_of(LAYER, CHIP, site, on_array=False) for site in (TILED, forked))
    assert found.lanes - plain.lanes == ROWS * 2 * 4
    assert found.busiest_lanes - plain.busiest_lanes == ROWS / 4 * 4


def test_one_unit_may_serve_several_cores():
    operations = Operations(lanes=1000, busiest_lanes=300)
    assert lane_cycles(UNIT, CHIP, operations, L1) == 75
    two = replace(UNIT, instances=2, mesh_x=2)
    assert lane_cycles(two, CHIP, operations, L1) == 600 / 4  # two cores each
    one = replace(UNIT, instances=1, mesh_x=1)
    assert lane_cycles(one, CHIP, operations, L1) == 1000 / 4  # four would have 1200, and there are fewer
    assert lane_cycles(one, CHIP, operations, replace(L1, used=(2, 1))) == 600 / 4
    many = replace(UNIT, instances=8, mesh_x=8)
    assert lane_cycles(many, CHIP, operations, L1) == -(-300 // 8)


def test_lanes_are_needed():
    for site, on_array in ((WHOLE, False), (TILED, True)):
        with pytest.raises(FlatError, match="no softmax unit.*class softmax_unit, or --softmax free"):
            work(site, replace(CHIP, softmax=None), on_array=on_array)
    assert work(chip=replace(CHIP, softmax=None), on_array=True).cycles > 0


def test_every_core_has_its_own_softmax():
    found = answer(softmax="serial")
    lanes = LAYER.softmax_elements * 4 / 4 / 4  # operations, cores, lanes
    assert found.busy["SoftmaxUnit"] == lanes
    assert found.cycles == answer(softmax="free").cycles + lanes
    central = replace(CHIP, softmax=SoftmaxUnit(4, energy_pj=0.5))
    assert answer(chip=central, softmax="serial").busy["SoftmaxUnit"] == 4 * lanes


def test_keys_in_several_cores_are_joined_at_the_end_of_a_row():
    """Maximum and sum of each of two cores go out, the common ones come back."""
    work = answer(on_cores(online=True), softmax="overlapped").operators["softmax"]
    rows = 2 * 16
    assert work.traffic["S"].level(1) == (2 * rows, 2 * 2 * rows)
    operations = 3 * LAYER.softmax_elements + rows * 2 * (4 + 4) + rows * 2 * 4
    assert work.energy["SoftmaxUnit", "compute"] == operations * 0.5


def test_unfused_scores_pass_the_memories_between():
    """They come from DRAM to the cores' memories, whose units share the rows, and return."""
    work = flat.estimate(LAYER, CHIP, "base", ert=ERT).operators["softmax"]
    scores = LAYER.softmax_elements
    assert work.traffic["S"].level(0) == (scores, scores)
    assert work.traffic["S"].level(1) == (0, 0)
    assert work.traffic["S"].level(2) == (3 * scores + scores, 2 * scores + scores)
    assert work.busy["SoftmaxUnit"] == scores * 4 / 4 / 4
