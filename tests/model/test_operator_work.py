"""Work of one operator: words at every level, cycles of every component, and their sums."""

import pytest

from flat_plugin.model.operator_work import Traffic, Work


def test_words_by_level():
    one = Traffic.at(0, reads=8, writes=2) + Traffic.at(1, reads=5)
    assert (one.dram_reads, one.dram_writes, one.dram) == (8, 2, 10)
    assert (one.buffer_reads, one.buffer_writes) == (5, 0)
    assert one.level(2) == (0, 0)
    assert one.bytes(0, 16) == 20
    assert (one * 3).level(0) == (24, 6)


def test_narrow_words_are_fewer_bytes():
    assert Traffic.at(0, reads=8, bits=4).bytes(0, 16) == 4


def test_work_adds_up_part_by_part():
    first = Work("logit", 2.0, {"MAC": 2.0}, {("MAC", "compute"): 3.0}, {"K": Traffic.at(0, reads=4)}, 5)
    second = Work("attend", 1.0, {"MAC": 1.0, "DRAM": 1.0}, {("DRAM", "V"): 1.0}, {}, 2)
    both = first + second
    assert (both.name, both.cycles, both.computes, both.energy_pj) == ("logit", 3.0, 7, 4.0)
    assert both.busy == {"MAC": 3.0, "DRAM": 1.0}
    twice = both * 2
    assert (twice.cycles, twice.computes, twice.energy_pj) == (6.0, 14, 8.0)
    assert twice.traffic["K"].dram_reads == 8


def test_it_shows_itself_in_a_line():
    work = Work("logit", 431.0, {"MAC": 431.0}, {("MAC", "compute"): 2.15e6}, {}, 131_072)
    assert repr(work) == "<Work logit: 431 cycles, 2.15 µJ, 131k MACs>"
    assert work.to_frame()["energy_pj"].sum() == pytest.approx(2.15e6)
