"""timeloopfe's spelling: containers, fan-outs, variables and expressions."""

import pytest

from flat_plugin.architecture import read_architecture
from flat_plugin.errors import FlatError

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
