"""What a mapping leaves unused is said."""

from __future__ import annotations

import flat_plugin as flat
from flat_plugin.architecture import read_architecture

CHIP = """
architecture:
  version: 0.4
  subtree:
    - name: chip
      local:
        - {name: DRAM, class: DRAM, attributes: {type: LPDDR4, width: 64, datawidth: 16}}
        - {name: L2, class: SRAM, attributes: {depth: 8192, width: 512, datawidth: 16}}
      subtree:
        - name: core[1..4]
          local:
            - {name: L1, class: SRAM, attributes: {depth: 1024, width: 512, datawidth: 16}}
            - {name: Vector, class: softmax_unit, attributes: {lanes: 8, datawidth: 16}}
            - {name: "regs[1..16]", class: regfile, attributes: {depth: 16, width: 16, datawidth: 16}}
            - {name: "mac[1..16]", class: intmac, attributes: {width: 16, datawidth: 16}}
"""


def notes(queries: int, keys: int, **options: str) -> tuple[str, ...]:
    work = flat.Attention(1, 1, queries, keys, 64)
    return flat.estimate(work, read_architecture(CHIP), "base", **options).notes  # type: ignore[arg-type]


def test_a_level_that_holds_nothing() -> None:
    assert "L1: not used, no operator keeps anything there" in notes(64, 64)


def test_a_softmax_unit_a_core() -> None:
    unit = read_architecture(CHIP).softmax
    assert unit is not None and (unit.lanes, unit.instances, unit.mesh_x, unit.mesh_y) == (8, 4, 4, 1)
    work = flat.Attention(1, 4, 64, 64, 16)
    fused = flat.estimate(work, read_architecture(CHIP), "flat-h")
    assert "Vector: 4 units count as one of 32 lanes, for the scores are in L2" in fused.notes
    assert fused.busy["Vector"] == 4 * 64 * 64 * 4 / 32  # scores of four operations, on 32 lanes


def test_a_softmax_unit_that_is_not_used() -> None:
    assert "Vector: not used by softmax" in notes(64, 64, softmax="free")


def test_instances_that_lie_idle_are_said_at_the_level_where_they_first_do() -> None:
    work = flat.Attention(1, 1, 3, 3, 3)  # 3 of 4 cores, and 9 of the 16 units of each
    few = [n for n in flat.estimate(work, read_architecture(CHIP), "base").notes if "no work" in n]
    assert few == [
        "1 of 4 L1 have no work in logit and attend",
        "37 of 64 regs have no work in logit and attend",
    ]
    assert not [note for note in notes(64, 64) if "no work" in note]


def test_nothing_is_said_where_all_is_used() -> None:
    assert not flat.estimate("bert-base", "edge", "flat-h", seq=256).notes
