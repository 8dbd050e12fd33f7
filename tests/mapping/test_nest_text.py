"""Nests as text: one line a loop, from the outermost in."""

from flat_plugin.mapping.nest import LevelMapping, OperatorMapping
from flat_plugin.mapping.nest_text import nest_lines

NEST = OperatorMapping(
    (
        LevelMapping("DRAM", (("M", 3), ("N", 2)), last_temporal=(("M", 2),)),
        LevelMapping("Buffer", (("D", 1),), (("N", 8),), (("D", 4),), frozenset("QK")),
    )
)


def test_loops_stand_inside_one_another() -> None:
    assert (
        "\n".join(nest_lines(NEST))
        == """\
[DRAM]
for n in 2
  for m in 3  # 2 in the last turn
    [Buffer]  # bypasses K, Q
    parallel n in 8  # x
      parallel d in 4  # y
        multiply-accumulate"""
    )
