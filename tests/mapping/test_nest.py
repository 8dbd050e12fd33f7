"""Mappings of one operator."""

import pytest

from flat_plugin.mapping.nest import LevelMapping, OperatorMapping

NEST = OperatorMapping(
    (
        LevelMapping("DRAM", (("M", 3), ("N", 2)), last_temporal=(("M", 2),)),
        LevelMapping("Buffer", (("M", 4),), (("N", 8),), (), frozenset("Q"), (), (("N", 5),)),
    )
)


@pytest.mark.parametrize(("dimension", "size"), [("M", 2 * 4), ("N", 8 + 5), ("D", 1)])
def test_loops_cover_a_size(dimension: str, size: int) -> None:
    """``last`` iterations are those of the last turn: of M two of three, of N five of eight."""
    assert NEST.covers(dimension) == size


def test_loops_over_a_dimension_are_named_by_level() -> None:
    assert NEST.loops_over("N") == "DRAM temporal 2, Buffer spatial 8" and NEST.loops_over("D") == "none"


def test_smaller_last_turns_make_a_mapping_imperfect() -> None:
    assert not NEST.perfect and OperatorMapping((LevelMapping("DRAM"),)).perfect


def test_levels_are_found_by_name() -> None:
    assert NEST["Buffer"].bypass == {"Q"}
