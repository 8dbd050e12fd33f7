"""``evaluate_mapping``: a product of 16 × 4 and 4 × 8 on four units below one buffer."""

import pytest
from small_documents import GEMM_MAPPING

import flat_plugin as flat

ARCHITECTURE = """
variables: {rows: 16, depth: 4}
architecture:
  version: 0.4
  subtree:
    - name: system
      attributes: {technology: "45nm", global_cycle_seconds: 1e-9}
      local:
        - {name: DRAM, class: DRAM, attributes: {type: "LPDDR4", width: 64, datawidth: 16}}
        - {name: Buffer, class: SRAM, attributes: {depth: 1024, width: 64, datawidth: 16}}
        - {name: "MAC[1..4]", class: intmac, attributes: {datawidth: 16, meshX: 4}}
"""
PROBLEM = """
problem:
  version: 0.4
  shape:
    name: product
    dimensions: [M, N, K]
    data_spaces:
      - {name: A, projection: [[[M]], [[K]]]}
      - {name: W, projection: [[[K]], [[N]]]}
      - {name: Z, projection: [[[M]], [[N]]], read_write: True}
  instance: {M: rows, N: 8, K: depth}
"""


def evaluated(problem=PROBLEM, mapping=GEMM_MAPPING, **more):
    return flat.evaluate_mapping(ARCHITECTURE, problem, mapping, **more)


def test_counts_follow_from_the_loops():
    found = evaluated()
    assert (found.cycles, found.computes, found.utilization) == (128, 512, 1)
    assert found["Buffer"].tensors["W"].fills == 8 * 4  # once: it does not have the dimension of DRAM's loop
    assert found["DRAM"].tensors["A"].reads == 16 * 4


def test_sizes_may_be_variables_of_either_file():
    own = "variables: {rows: 16, depth: 4}\n" + PROBLEM
    assert evaluated(own).to_dict() == evaluated().to_dict()
    with pytest.raises(flat.FlatError, match="variables.rows: differs from the architecture's value"):
        evaluated("variables: {rows: 8, depth: 4}\n" + PROBLEM)


def test_what_is_changed_changes_what_is_counted():
    slow = evaluated(set={"dram_words_per_cycle": 0.25})
    assert slow.cycles > evaluated().cycles


def test_narrow_words_cost_less_and_are_no_longer_timeloops():
    narrow = evaluated(bits={"W": 4})
    assert narrow.energy_pj < evaluated().energy_pj
    assert any("timeloop-model, which knows one width" in note for note in narrow.notes)


def test_many_at_once_are_each_by_itself():
    bad = GEMM_MAPPING.replace('M=4 N=1 K=1", permutation: KNM', 'M=1 N=1 K=1", permutation: KNM')
    found = flat.evaluate_mappings(ARCHITECTURE, PROBLEM, [GEMM_MAPPING, GEMM_MAPPING])
    assert [*found.cycles] == [evaluated().cycles] * 2
    with pytest.raises(flat.FlatError, match="the factors of dimension M multiply to 4"):
        flat.evaluate_mappings(ARCHITECTURE, PROBLEM, [GEMM_MAPPING, bad])
