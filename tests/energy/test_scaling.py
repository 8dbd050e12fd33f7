"""Recorded answers at other technology nodes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flat_plugin.energy.grid import Record, records
from flat_plugin.energy.plug_in.flat_arithmetic import node_scales
from flat_plugin.energy.scaling import check_node, scaled_sram, sram_scaled_from
from flat_plugin.errors import FlatError

PLACE = {"n_banks": 4.0, "width_bits": 512.0, "kilobytes": 512.0}


def _recorded(node: str) -> Record:
    return next(r for r in records("SRAM", node) if all(r.at[axis] == v for axis, v in PLACE.items()))


BOTH = {22.0: _recorded("22nm"), 45.0: _recorded("45nm")}


def test_logic_at_the_nodes_of_the_publications() -> None:
    assert node_scales(45) == (1.0, 1.0)
    assert node_scales(65)[1] == 1.5 and node_scales(7)[1] == 0.059
    energy, area = node_scales(7)
    assert node_scales(5) == (pytest.approx(energy * 0.7), pytest.approx(area / 1.84))
    with pytest.raises(ValueError, match="only from 5 to 130 nm"):
        node_scales(4)


def test_an_sram_below_22_nm_is_scaled_as_the_cacti_plug_in_does() -> None:
    small, at_eleven = BOTH[22.0], scaled_sram(BOTH, 11.0)
    assert at_eleven is not None
    assert at_eleven.actions["read"] == pytest.approx(small.actions["read"] * 0.5**0.5)
    assert at_eleven.actions["leak"] == pytest.approx(small.actions["leak"] * 0.5**0.5 * 0.79)
    assert at_eleven.area_um2 == pytest.approx(small.area_um2 / 2)


@given(st.floats(22.01, 44.99))
def test_between_22_and_45_nm_it_lies_between_them(node: float) -> None:
    found = scaled_sram(BOTH, node)
    assert found is not None
    for action in ("read", "write", "update", "leak"):
        low, high = sorted((BOTH[22.0].actions[action], BOTH[45.0].actions[action]))
        assert low <= found.actions[action] <= high
    assert BOTH[22.0].area_um2 <= found.area_um2 <= BOTH[45.0].area_um2


@given(st.floats(5, 65))
def test_a_larger_node_needs_no_less(node: float) -> None:
    one, other = scaled_sram(BOTH, node), scaled_sram(BOTH, min(65.0, node * 1.1))
    assert one is not None and other is not None
    assert one.actions["read"] <= other.actions["read"] * (1 + 1e-9)


def test_without_the_answer_that_it_takes_there_is_none() -> None:
    assert scaled_sram({45.0: BOTH[45.0]}, 16.0) is None
    assert scaled_sram({45.0: BOTH[45.0]}, 32.0) is None
    assert scaled_sram({22.0: BOTH[22.0]}, 65.0) is None


def test_what_is_scaled_says_from_what() -> None:
    assert sram_scaled_from(7.0) == "scaled from 22 nm to 7 nm"
    assert sram_scaled_from(32.0) == "scaled from 22 and 45 nm to 32 nm"
    assert sram_scaled_from(65.0) == "scaled from 45 nm to 65 nm"


@pytest.mark.parametrize("node", [4.9, 66.0])
def test_outside_of_what_is_published(node: float) -> None:
    with pytest.raises(FlatError, match="B: nothing is recorded at"):
        check_node(node, "B", "or else")
