"""The files of one operator, letter by letter, and read back."""

from __future__ import annotations

from dataclasses import replace
from math import inf
from pathlib import Path
from textwrap import indent

import pytest
import yaml

from flat_plugin.architecture import read_architecture
from flat_plugin.architecture.hardware import Architecture, Memory
from flat_plugin.errors import FlatError
from flat_plugin.mapping.nest import LevelMapping, OperatorMapping
from flat_plugin.mapping.read import read_mapping
from flat_plugin.resources import resource
from flat_plugin.timeloop.emit import emit_operator, mapping_document, problem_document
from flat_plugin.workload.einsum import Einsum, Tensor
from flat_plugin.workload.problem import read_problem

SHARED = ("B", "H", "M")

BYPASS = """\
  - target: DRAM
    type: bypass
    keep: [Q, K]
    bypass: [S]
  - target: GlobalBuffer
    type: bypass
    keep: [Q, K, S]
    bypass: []
  - target: PERegs
    type: bypass
    keep: [S]
    bypass: [Q, K]
"""

MAPPING = f"""\
# BERT, flat-r64
# Mapping of logit, inside shared loops over B, H, M. Permutations are innermost first.
mapping:
  - target: DRAM
    type: temporal
    factors: "B=1 H=12 M=8 N=1 D=1"
    permutation: "MHBND"
  - target: GlobalBuffer
    type: temporal
    factors: "B=1 H=1 M=2 N=16 D=64"
    permutation: "DNMBH"
  - target: GlobalBuffer
    type: spatial
    factors: "B=1 H=1 M=32 N=32 D=1"
    permutation: "MNBHD"
    split: 1
  - target: PERegs
    type: temporal
    factors: "B=1 H=1 M=1 N=1 D=1"
    permutation: "BHMND"
{BYPASS}"""

ARCHITECTURE = """\
# BERT, flat-r64
# Architecture edge, as timeloop-model, timeloop-mapper and accelergy read it.
# The softmax unit (SoftmaxUnit) is left out: Timeloop models the multiply-accumulates only.
architecture:
  version: 0.4
  subtree:
    - name: system
      attributes:
        technology: "45nm"
        global_cycle_seconds: 1.0e-09
      local:
        - name: DRAM
          class: DRAM
          attributes:
            type: "LPDDR4"
            width: 64
            datawidth: 16
            shared_bandwidth: 12.8
          required_actions: [read, write, update, leak]
        - name: GlobalBuffer
          class: SRAM
          attributes:
            depth: 32768
            width: 128
            datawidth: 16
            n_banks: 16
            read_bandwidth: 64
            write_bandwidth: 64
          required_actions: [read, write, update, leak]
        - name: PERegs[1..1024]
          class: regfile
          attributes:
            depth: 16
            width: 16
            datawidth: 16
            meshX: 32
            meshY: 32
          required_actions: [read, write, update, leak]
        - name: MAC[1..1024]
          class: intmac
          attributes:
            width: 16
            datawidth: 16
            meshX: 32
            meshY: 32
          required_actions: [compute, leak]
"""

CONSTRAINTS = f"""\
# BERT, flat-r64
# What timeloop-mapper may not change: the dataflow of logit, inside shared loops over B, H, M.
# For the mapper only: timeloop-model stops if it gets both these and a mapping.
architecture_constraints:
  targets:
    - target: DRAM
      type: temporal
      factors: "B=1 H=12 M=8 N=1 D=1"
      permutation: "MHBND"
    - target: GlobalBuffer
      type: temporal
      factors: "B=1 H=1"
    - target: GlobalBuffer
      type: spatial
      factors: "B=1 H=1"
    - target: PERegs
      type: temporal
      factors: "B=1 H=1"
{indent(BYPASS, "  ")}"""


class NodeLoader(yaml.SafeLoader):
    """Node tags as plain mappings."""


for tag in ("!Container", "!Component"):
    NodeLoader.add_constructor(tag, lambda loader, node: loader.construct_mapping(node, deep=True))


@pytest.fixture
def files(logit: Einsum, edge: Architecture, row_tiles: OperatorMapping) -> dict[str, str]:
    return emit_operator(logit, edge, row_tiles, shared=SHARED, title="BERT, flat-r64")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("mapping.yaml", MAPPING),
        ("architecture.yaml", ARCHITECTURE),
        ("constraints.yaml", CONSTRAINTS),
    ],
)
def test_text(files: dict[str, str], name: str, text: str) -> None:
    assert files[name] == text


def test_file_names(files: dict[str, str]) -> None:
    assert sorted(files) == [
        "architecture.timeloopfe.yaml",
        "architecture.yaml",
        "constraints.timeloopfe.yaml",
        "constraints.yaml",
        "mapper.yaml",
        "mapping.timeloopfe.yaml",
        "mapping.yaml",
        "problem.yaml",
    ]


def test_problem_reads_back(files: dict[str, str], logit: Einsum) -> None:
    assert read_problem(yaml.safe_load(files["problem.yaml"])) == logit
    assert problem_document(logit) == yaml.safe_load(files["problem.yaml"])


def test_windows_read_back(edge: Architecture, tmp_path: Path) -> None:
    ranks = ((("C", 1),), (("P", 2), ("R", -3)))
    tensors = (
        Tensor("W", ("C", "R")),
        Tensor.of_ranks("I", ranks),
        Tensor("O", ("P",), output=True),
    )
    einsum = Einsum("conv", (("P", 8), ("R", 3), ("C", 4)), tensors)
    loops = (LevelMapping("DRAM", einsum.bounds), *(LevelMapping(m.name) for m in edge.memories[1:]))
    files = emit_operator(einsum, edge, OperatorMapping(loops))
    assert read_problem(yaml.safe_load(files["problem.yaml"])) == einsum
    old = resource("templates", "problem.yaml.j2").read_text().replace("tensor.ranks", "tensor.dimensions")
    (tmp_path / "problem.yaml.j2").write_text(old)
    with pytest.raises(FlatError, match="does not write windows"):
        emit_operator(einsum, edge, OperatorMapping(loops), templates=tmp_path)


def test_architecture_reads_back(files: dict[str, str], edge: Architecture) -> None:
    for name in ("architecture.yaml", "architecture.timeloopfe.yaml"):
        back = read_architecture(files[name])
        dram = replace(back.memories[0], capacity=inf)
        assert (dram, *back.memories[1:]) == edge.memories
        assert back.compute == edge.compute
        assert (back.system, back.technology, back.cycle_seconds) == ("system", "45nm", 1e-9)


def test_mapping_reads_back(
    files: dict[str, str], logit: Einsum, edge: Architecture, row_tiles: OperatorMapping
) -> None:
    document = mapping_document(logit, edge, row_tiles)
    assert document == yaml.safe_load(files["mapping.yaml"])
    back = read_mapping(document, logit, edge)
    for level, wanted in zip(back.levels, row_tiles.levels, strict=True):
        for kind in ("temporal", "spatial_x", "spatial_y"):
            loops = tuple((d, f) for d, f in getattr(level, kind) if f > 1)
            assert loops == getattr(wanted, kind)
        assert level.bypass == wanted.bypass


def test_timeloopfe_mapping_targets_the_container(files: dict[str, str]) -> None:
    directives = yaml.safe_load(files["mapping.timeloopfe.yaml"])["mapping"]
    spatial = [each for each in directives if each["type"] == "spatial"]
    assert spatial == [
        {
            "target": "PERegs_array",
            "type": "spatial",
            "factors": ["B=1", "H=1", "M=32", "N=32", "D=1"],
            "permutation": ["M", "N", "B", "H", "D"],
            "split": 1,
        }
    ]
    nodes = yaml.load(files["architecture.timeloopfe.yaml"], NodeLoader)["architecture"]["nodes"]
    names = [node["name"] for node in nodes]
    assert names == ["system", "DRAM", "GlobalBuffer", "PERegs_array", "PERegs", "MAC"]
    assert nodes[3]["spatial"] == {"meshX": 32, "meshY": 32}
    assert {each["type"] for each in directives} == {"temporal", "spatial", "dataspace"}


def test_shorter_last_turns_are_not_written_for_who_cannot_read_them(
    logit: Einsum, edge: Architecture, row_tiles: OperatorMapping
) -> None:
    """timeloopfe cannot at all; timeloop-mapper pads a dimension that its fixed loops do not divide."""
    longer = replace(logit, bounds=tuple((d, 500 if d == "M" else n) for d, n in logit.bounds))
    outer, buffer, registers = row_tiles.levels
    ragged = OperatorMapping((outer, replace(buffer, last_spatial=(("M", 20),)), registers))
    every = set(emit_operator(logit, edge, row_tiles))
    padded = {"constraints.yaml", "constraints.timeloopfe.yaml", "mapper.yaml"}
    fused = set(emit_operator(longer, edge, ragged, shared=("H", "M")))
    assert every - fused == {"mapping.timeloopfe.yaml", *padded}
    assert every - set(emit_operator(longer, edge, ragged)) == {"mapping.timeloopfe.yaml"}


@pytest.mark.parametrize(
    "name",
    ['say "hi"', "Ünïcödé 中文 🙂", "a: b # c", "it's", "two\nlines\u2028\x85\x00", "NO", "7"],
)
def test_odd_names(name: str, logit: Einsum, edge: Architecture, row_tiles: OperatorMapping) -> None:
    tensors = (Tensor(name, logit.tensors[0].dimensions), *logit.tensors[1:])
    bypass = frozenset({name, "K"})
    levels = (*row_tiles.levels[:2], replace(row_tiles.levels[2], bypass=bypass))
    attributes = {"type": name, name: [name, 1, 2.5]}
    dram: Memory = replace(edge.memories[0], attributes=attributes)
    files = emit_operator(
        replace(logit, name=name, tensors=tensors),
        replace(edge, name=name, memories=(dram, *edge.memories[1:])),
        OperatorMapping(levels),
        title=name,
    )
    documents = {file: yaml.load(text, NodeLoader) for file, text in files.items()}
    shape = documents["problem.yaml"]["problem"]["shape"]
    assert shape["name"].isidentifier() or shape["name"] == "NO"
    assert [space["name"] for space in shape["data_spaces"]] == [name, "K", "S"]
    assert documents["mapping.yaml"]["mapping"][-1]["bypass"] == [name, "K"]
    local = documents["architecture.yaml"]["architecture"]["subtree"][0]["local"]
    assert local[0]["attributes"]["type"] == name
    assert local[0]["attributes"][name] == [name, 1, 2.5]


def test_strings_are_quoted_for_accelergy(
    logit: Einsum, edge: Architecture, row_tiles: OperatorMapping
) -> None:
    for file in ("architecture.yaml", "architecture.timeloopfe.yaml"):
        assert 'type: "LPDDR4"' in emit_operator(logit, edge, row_tiles)[file]


def test_long_dimensions(edge: Architecture, row_tiles: OperatorMapping) -> None:
    einsum = Einsum("gemm", (("rows", 4),), (Tensor("A", ("rows",)), Tensor("Z", ("rows",), True)))
    with pytest.raises(FlatError, match="one letter .*rows"):
        emit_operator(einsum, edge, row_tiles)
