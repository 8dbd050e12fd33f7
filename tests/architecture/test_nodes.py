"""timeloopfe's spelling: containers, fan-outs, variables and expressions."""

import pytest

import flat_plugin as flat
from flat_plugin.architecture import Architecture, read_architecture
from flat_plugin.architecture.dummies import without_dummies
from flat_plugin.errors import FlatError, InvalidMapping
from flat_plugin.mapping.read import array_targets, read_mapping
from flat_plugin.workload.problem import read_problem

DOCUMENT = """
architecture:
  version: 0.4
  nodes:
  - !Container {name: chip, attributes: {technology: "45nm"}}
  - !Component
    name: DRAM
    class: DRAM
    attributes: {type: "LPDDR4", width: 64, datawidth: word, shared_bandwidth: dram_bw * 2}
  - !Component
    name: GlobalBuffer
    class: SRAM
    attributes: {width: 128, depth: glb_kb * 1024 * 8 // width, datawidth: word, n_banks: 16}
  - !Container
    name: PE
    spatial: {meshX: pe_x, meshY: 4}
    constraints: {spatial: {permutation: [M, N], split: 1}}
  - !Component
    name: PERegs
    class: regfile
    attributes: {depth: 2**4, width: 16, datawidth: word}
    constraints: {temporal: {factors: [K=1]}}
  - !Component
    name: MAC
    class: intmac
    spatial: {meshX: 2}
    attributes: {width: 16, datawidth: word}
variables: {version: 0.4, global_cycle_seconds: 1e-9, word: 16, pe_x: word // 2, glb_kb: 512,
            dram_bw: 6.4}
"""


def test_expressions_and_fan_outs() -> None:
    found = read_architecture(DOCUMENT)
    dram, glb, regs = found.memories
    assert dram.shared_bandwidth == 12.8
    assert (glb.capacity, glb.block_size) == (262144, 8)
    assert (regs.mesh_x, regs.mesh_y, regs.instances, regs.capacity) == (8, 4, 32, 16)
    assert (found.compute.mesh_x, found.compute.instances) == (16, 64)
    assert (found.system, found.cycle_seconds, found.technology) == ("chip", 1e-9, "45nm")


def test_constraints_are_kept() -> None:
    array, registers = (each.directive for each in read_architecture(DOCUMENT).constraints)
    assert array == {"permutation": ("M", "N"), "split": 1, "target": "PE", "type": "spatial"}
    assert registers == {"factors": ("K=1",), "target": "PERegs", "type": "temporal"}


def test_words_stay_words() -> None:
    assert read_architecture(DOCUMENT).memories[0].attributes["type"] == "LPDDR4"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("dram_bw * 2", "missing * 2", "'missing' is not defined"),
        ("pe_x, meshY", "0, meshY", "bad mesh"),
        ("pe_x, meshY", ".inf, meshY", "bad mesh"),
        ("meshY: 4", "meshZ: 4", "meshZ is not supported"),
        ("!Container\n    name: PE", "!Parallel\n    name: PE", "not supported"),
        ("n_banks: 16}", "rw_bandwidth: 16}", "shared_bandwidth"),
        ("name: MAC", "name: MAC[1..4]", "spatial"),
        ("class: regfile", "class: regfile\n    energy_scale: 2", "energy_scale is not supported"),
        ("class: regfile", "class: regfile\n    enabled: False", "disabled"),
    ],
)
def test_bad_documents(old: str, new: str, message: str) -> None:
    with pytest.raises(FlatError, match=message):
        read_architecture(DOCUMENT.replace(old, new))


def chip(*nodes: str) -> Architecture:
    lines = "\n".join(f"  - {node}" for node in nodes)
    return read_architecture(f"architecture:\n  version: 0.4\n  nodes:\n{lines}\n")


DRAM = "!Component {name: DRAM, class: DRAM, attributes: {width: 64, datawidth: 16}}"
MAC = "!Component {name: MAC, class: intmac}"


def register(name: str, keep: str = "") -> str:
    kept = f", constraints: {{dataspace: {{keep: [{keep}]}}}}" if keep else ""
    return f"!Component {{name: {name}, class: regfile, attributes: {{depth: 4, datawidth: 16}}{kept}}}"


def test_two_fan_outs_have_a_level_between_them_that_holds_nothing() -> None:
    found = chip(
        DRAM,
        "!Container {name: column, spatial: {meshX: 14}}",
        "!Container {name: PE, spatial: {meshY: 12}}",
        register("R"),
        MAC,
    )
    assert [level.name for level in found.memories] == ["DRAM", "inter_PE_spatial", "R"]
    assert [found.fanout(i) for i in range(3)] == [(14, 1), (1, 12), (1, 1)]
    assert array_targets(found) == {
        "column": "DRAM",
        "inter_column_spatial": "DRAM",
        "PE": "inter_PE_spatial",
    }
    whole = without_dummies(found)
    assert [level.name for level in whole.memories] == ["DRAM", "R"] and whole.fanout(0) == (14, 12)
    assert {"column", "PE"} <= set(array_targets(whole))


def test_parallel_nodes_become_levels_one_after_another() -> None:
    found = chip(DRAM, f"!Parallel {{nodes: [{register('A', 'X')}, {register('B', 'W')}]}}", MAC)
    assert [level.name for level in found.memories] == ["DRAM", "A", "B"]
    within = [each.directive for each in found.constraints if "keep_within" in each.directive]
    assert [(each["target"], each["keep_within"]) for each in within] == [("A", ("X",)), ("B", ("W",))]


SILENT = "!Component {name: %s, class: regfile, attributes: {width: 16, datawidth: 16, depth: 8}}"
VECTOR = {
    "shape": {
        "dimensions": ["M"],
        "data_spaces": [
            {"name": "X", "projection": ["M"]},
            {"name": "W", "projection": ["M"]},
            {"name": "Z", "projection": ["M"], "read_write": True},
        ],
    },
    "instance": {"M": 4},
}


def kept(level: str, *names: str) -> dict[str, object]:
    bypass = [name for name in "XWZ" if name not in names]
    return {"target": level, "type": "dataspace", "keep": list(names), "bypass": bypass}


def test_a_mapping_says_what_the_branches_of_a_parallel_node_keep() -> None:
    """timeloopfe takes it from the mapping where the architecture is silent; but a tensor in one of them."""
    a, b = SILENT % "A", SILENT % "B"
    found = chip(DRAM, f"!Parallel {{nodes: [{a}, {b}]}}", MAC)
    free = {name: 1.0 for name in ("read", "write", "update", "leak", "compute")}
    table = [
        {"name": f"system.{name}", "actions": [{"name": k, "energy": v} for k, v in free.items()]}
        for name in ("DRAM", "A", "B", found.compute.name)
    ]
    ert = {"ERT": {"version": 0.4, "tables": table}}
    loops = {"target": "B", "type": "temporal", "factors": "M=4"}
    result = flat.evaluate_mapping(found, VECTOR, [loops, kept("A", "X", "Z"), kept("B", "W")], ert)
    assert [set(level.tensors) for level in result.levels[1:]] == [{"W"}, {"X", "Z"}, {"X", "W", "Z"}]
    with pytest.raises(InvalidMapping, match="A and B are side by side, and both keep X"):
        flat.evaluate_mapping(found, VECTOR, [loops, kept("A", "X"), kept("B", "W", "X")], ert)


def test_a_level_between_two_fan_outs_keeps_nothing_unasked() -> None:
    """timeloopfe puts it there; a mapping that does not speak of it means no tile in it."""
    columns = "!Container {name: column, spatial: {meshX: 4}}"
    rows = "!Container {name: row, spatial: {meshY: 4}}"
    found = chip(DRAM, columns, rows, SILENT % "R", MAC)
    loops = [{"target": "DRAM", "type": "temporal", "factors": "M=4"}]
    nest = read_mapping(loops, read_problem(VECTOR), found)
    assert {level.level: set(level.bypass) for level in nest.levels} == {
        "DRAM": set(),
        "inter_row_spatial": {"X", "W", "Z"},
        "R": set(),
    }


@pytest.mark.parametrize(
    ("branch", "message"),
    [
        (register("B", "X"), "kept in two branches"),
        ("!Container {name: C}", "a container in a !Parallel node is not supported"),
        ("!Component {name: B, class: regfile, spatial: {meshX: 2}}", "a fan-out in a !Parallel node"),
    ],
)
def test_parallel_nodes_that_timeloopfe_refuses(branch: str, message: str) -> None:
    with pytest.raises(FlatError, match=message):
        chip(DRAM, f"!Parallel {{nodes: [{register('A', 'X')}, {branch}]}}", MAC)


def test_components_have_what_their_containers_say() -> None:
    """timeloopfe copies it, unlike Timeloop's own spelling."""
    bare = DRAM.replace(", datawidth: 16", "")
    found = chip("!Container {name: chip, attributes: {datawidth: 8}}", bare, MAC)
    assert (found.memories[0].word_bits, found.compute.word_bits) == (8, 8)
