"""The mapper's answer, as the programs write it and as it looks through timeloopfe."""

from __future__ import annotations

import pytest

from flat_plugin.architecture.hardware import Architecture
from flat_plugin.errors import FlatError
from flat_plugin.timeloop.found_mapping import read_found
from flat_plugin.workload.einsum import Einsum

PROGRAMS = """
mapping:
  - {target: DRAM, type: temporal, factors: B1 H12 M8 N1 D1, permutation: DNMHB}
  - {target: GlobalBuffer, type: temporal, factors: B1 H1 M2 N16 D64, permutation: DNMHB}
  - {target: GlobalBuffer, type: spatial, factors: B1 H1 M32 N32 D1, permutation: MNBHD, split: 1}
  - {target: PERegs, type: temporal, factors: B1 H1 M1 N1 D1, permutation: DNMHB}
  - {target: DRAM, type: datatype, keep: [Q, K], bypass: [S]}
  - {target: GlobalBuffer, type: datatype, keep: [Q, K, S], bypass: []}
  - {target: PERegs, type: datatype, keep: [S], bypass: [Q, K]}
"""
TIMELOOPFE = PROGRAMS.replace("GlobalBuffer, type: spatial", "inter_PERegs_array_spatial, type: spatial") + (
    "  - {target: inter_PERegs_array_spatial, type: temporal, factors: B1 H1 M1 N1 D1, permutation: DNMHB}\n"
    "  - {target: inter_PERegs_array_spatial, type: datatype, keep: [], bypass: [Q, K, S]}\n"
)


def test_both_ways_give_the_same_mapping(logit: Einsum, edge: Architecture) -> None:
    found = read_found(PROGRAMS, logit, edge)
    assert found == read_found(TIMELOOPFE, logit, edge)
    assert dict(found["DRAM"].temporal) == {"B": 1, "H": 12, "M": 8, "N": 1, "D": 1}
    assert found["GlobalBuffer"].spatial_x == (("M", 32),)
    assert found["PERegs"].bypass == {"Q", "K"}


def test_loops_in_time_at_a_dummy_level_are_refused(logit: Einsum, edge: Architecture) -> None:
    before = "spatial, type: temporal, factors: B1 H1 M1"
    moved = TIMELOOPFE.replace(before, before.replace("M1", "M4"))
    with pytest.raises(FlatError, match="a loop in time at a container"):
        read_found(moved, logit, edge)


@pytest.mark.parametrize("text", ["mapping: []", "nothing: here"])
def test_no_mapping(text: str, logit: Einsum, edge: Architecture) -> None:
    with pytest.raises(FlatError, match="no mapping"):
        read_found(text, logit, edge)
