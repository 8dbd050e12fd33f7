"""A mapping in either spelling is the same mapping."""

from __future__ import annotations

import pytest

import flat_plugin as flat
from flat_plugin.architecture import read_architecture
from flat_plugin.documents import load
from flat_plugin.errors import FlatError
from flat_plugin.mapping.read import read_mapping
from flat_plugin.timeloop.emit import emit_operator
from flat_plugin.workload.einsum import Einsum, Tensor

ARCHITECTURE = """
architecture:
  version: 0.4
  nodes:
  - !Container {name: system, attributes: {technology: "45nm"}}
  - !Component {name: DRAM, class: DRAM, attributes: {type: "LPDDR4", width: 64, datawidth: 16, depth: 2**28}}
  - !Component
    name: GlobalBuffer
    class: SRAM
    attributes: {width: 128, depth: 32768, datawidth: 16, n_banks: 16}
  - !Container {name: PE, spatial: {meshX: 32, meshY: 32}}
  - !Component {name: PERegs, class: regfile, attributes: {depth: 16, width: 16, datawidth: 16}}
  - !Component {name: MAC, class: intmac, attributes: {width: 16, datawidth: 16}}
variables: {version: 0.4, global_cycle_seconds: 1e-9, technology: "45nm"}
"""
PROBLEM = """
problem:
  shape:
    name: gemm
    dimensions: [M, N, K]
    data_spaces:
      - {name: A, projection: [[[M]], [[K]]]}
      - {name: B, projection: [[[K]], [[N]]]}
      - {name: Z, projection: [[[M]], [[N]]], read_write: True}
  instance: {M: 512, N: 512, K: 64}
"""
PROGRAMS = """
mapping:
  - {target: DRAM, type: temporal, factors: "M=2 N=1 K=1", permutation: "KNM"}
  - {target: GlobalBuffer, type: temporal, factors: "M=8 N=16 K=64", permutation: "KNM"}
  - {target: GlobalBuffer, type: spatial, factors: "M=32 N=32 K=1", permutation: "MNK", split: 1}
  - {target: PERegs, type: bypass, keep: [Z], bypass: [A, B]}
"""
TIMELOOPFE = """
mapping:
  - {target: DRAM, type: temporal, factors: [M=2, N=1, K=1], permutation: [K, N, M]}
  - {target: GlobalBuffer, type: temporal, factors: [M=8, N=16, K=64], permutation: [K, N, M]}
  - {target: PE, type: spatial, factors: [M=32, N=32, K=1], permutation: [M, N, K], split: 1}
  - {target: PE, type: temporal, factors: [M=1, N=1, K=1]}
  - {target: PERegs, type: dataspace, keep: [Z], bypass: [A, B]}
"""


def test_a_container_stands_for_the_memory_above_it() -> None:
    by_programs = flat.evaluate_mapping(ARCHITECTURE, PROBLEM, PROGRAMS)
    assert flat.evaluate_mapping(ARCHITECTURE, PROBLEM, TIMELOOPFE) == by_programs
    assert by_programs.compute_cycles == 512 * 512 * 64 // 1024


def test_a_container_has_no_loops_in_time() -> None:
    moved = TIMELOOPFE.replace("PE, type: temporal, factors: [M=1", "PE, type: temporal, factors: [M=2")
    with pytest.raises(FlatError, match=r"mapping\[3\].factors: a loop in time at a container \(got 'M=2'\)"):
        flat.evaluate_mapping(ARCHITECTURE, PROBLEM, moved)


def test_unknown_targets_are_answered_with_the_known_ones() -> None:
    with pytest.raises(FlatError, match="one of DRAM, GlobalBuffer, PERegs, PE"):
        flat.evaluate_mapping(ARCHITECTURE, PROBLEM, TIMELOOPFE.replace("target: PE,", "target: PEs,"))


def test_files_written_keep_the_name_of_a_container() -> None:
    einsum = Einsum(
        "gemm",
        (("M", 512), ("N", 512), ("K", 64)),
        (Tensor("A", ("M", "K")), Tensor("B", ("K", "N")), Tensor("Z", ("M", "N"), output=True)),
    )
    hardware = read_architecture(ARCHITECTURE)
    files = emit_operator(einsum, hardware, read_mapping(load(PROGRAMS), einsum, hardware))
    for name in ("mapping.yaml", "mapping.timeloopfe.yaml"):
        written = files["architecture.timeloopfe.yaml"], files["problem.yaml"], files[name]
        assert (
            flat.evaluate_mapping(*written).cycles
            == flat.evaluate_mapping(ARCHITECTURE, PROBLEM, PROGRAMS).cycles
        )
    assert "target: PE\n" in files["mapping.timeloopfe.yaml"]
    assert "name: PE\n" in files["architecture.timeloopfe.yaml"]


def test_a_document_without_a_mapping() -> None:
    with pytest.raises(
        FlatError, match=r"there is no mapping \(got \['problem'\]\); expected the key mapping"
    ):
        flat.evaluate_mapping(ARCHITECTURE, PROBLEM, PROBLEM)


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        ('"M=8 N=16 K=64"', '"M=2 M=8 N=16 K=64"', r"mapping\[1\].factors: a dimension has two factors"),
        (
            "target: GlobalBuffer, type: temporal",
            "target: DRAM, type: temporal",
            r"mapping\[1\]: a second temporal directive for DRAM",
        ),
        (
            "mapping:",
            "mapping:\n  - {target: PERegs, type: datatype, bypass: [Z]}",
            r"mapping\[4\]: a second bypass directive for PERegs",
        ),
        (
            "mapping:",
            "mapping:\n  - {target: PE, type: spatial, factors: []}",
            r"mapping\[3\]: a second spatial directive for GlobalBuffer",
        ),
        ("keep: [Z], bypass: [A, B]", "keep: [Z], bypass: [A, B, Z]", "kept and bypassed"),
    ],
)
def test_nothing_is_given_twice(before: str, after: str, why: str) -> None:
    assert before in PROGRAMS
    with pytest.raises(FlatError, match=why):
        flat.evaluate_mapping(ARCHITECTURE, PROBLEM, PROGRAMS.replace(before, after))
