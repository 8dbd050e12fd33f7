"""Architectures in Timeloop's two spellings."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from small_documents import chain, mac, memory

from flat_plugin.architecture import read_architecture
from flat_plugin.architecture.dummies import without_dummies
from flat_plugin.errors import FlatError

REFERENCE = Path(__file__).parents[1] / "reference" / "timeloop_model.jsonl.gz"


def buffer(**attributes: Any) -> Any:
    return read_architecture(chain(memory(**attributes), mac())).memories[0]


def test_system_attributes() -> None:
    found = read_architecture(chain(memory(), mac(), technology="45nm", global_cycle_seconds=2e-9))
    assert (found.cycle_seconds, found.technology) == (2e-9, "45nm")
    assert found.memories[0].attributes["technology"] == "45nm"


def test_accelergy_attributes_are_kept() -> None:
    assert buffer(n_banks=16, n_rdwr_ports=2, type="x").attributes["n_rdwr_ports"] == 2


def in_cores(*components: dict[str, Any]) -> dict[str, Any]:
    """Four cores below a shared memory; each has these components."""
    core = {"name": "core[1..4]", "local": list(components)}
    outside = [memory(name="DRAM", kind="DRAM"), memory(name="L2", depth=512)]
    return {"version": 0.4, "subtree": [{"name": "chip", "local": outside, "subtree": [core]}]}


def vector(**attributes: Any) -> dict[str, Any]:
    return {"name": "V", "class": "softmax_unit", "attributes": {"lanes": 8, **attributes}}


def test_a_softmax_unit_of_every_core() -> None:
    l1 = memory(name="L1", meshX=2, meshY=2)
    found = read_architecture(in_cores(l1, vector(), mac("M[1..16]", meshX=8, meshY=8)))
    assert found.softmax is not None
    assert (found.softmax.instances, found.softmax.lanes, found.softmax.memory) == (4, 8, "L1")
    assert (found.softmax.mesh_x, found.softmax.mesh_y) == (2, 2)  # as the memory beside it
    assert found.softmax_level == 2
    assert found.softmax.full_name == "V[1..4]"


def test_a_softmax_unit_is_beside_the_memory_before_it() -> None:
    memories = [memory(name=name) for name in ("DRAM", "L2", "L1")]
    for place, beside in ((3, "L1"), (2, "L2"), (0, None)):
        listed = [*memories[:place], vector(), *memories[place:], mac()]
        found = read_architecture(chain(*listed))
        assert found.softmax is not None
        assert found.softmax.memory == beside
        assert found.memories[found.softmax_level].name == (beside or "L2")


def test_softmax_units_that_do_not_divide_among_the_cores() -> None:
    with pytest.raises(FlatError, match="3 × 1 units do not divide among the 4 × 1 L1"):
        read_architecture(in_cores(memory(name="L1"), vector(instances=3), mac()))


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"rw_bandwidth": 4}, "expected shared_bandwidth"),
        ({"meshx": 4}, "expected meshX"),
        ({"read_bandwith": 4}, "expected read_bandwidth"),
        ({"data_width": 4}, "expected datawidth"),
        ({"read_bandwidth": -1}, "above 0"),
        ({"read_bandwidth": 0}, "above 0"),
        ({"depth": -1}, r"subtree\[0\]\.local\[0\]\.attributes\.depth"),
        ({"depth": 4096.0}, "below 2.32, without a decimal point"),
        ({"depth": 2**32}, "below 2.32"),
        ({"depth": None}, "a memory that is not a DRAM needs a size"),
        ({"width": 64, "block_size": 2}, "1 instance cannot be put into clusters"),
        ({"num_ports": 3}, "expected 1 or 2"),
        ({"n_ports": 4}, "expected 1 or 2"),
        ({"has_power_gating": True}, "power gating is not supported"),
        ({"depth": 1.5}, "whole number"),
        ({"depth": "many"}, "whole number"),
        ({"depth": True}, "whole number"),
        ({"depth": 10**400}, "whole number"),
        ({"depth": 1e300}, "whole number"),
        ({"depth": float("nan")}, "whole number"),
        ({"width": 100, "depth": 1}, "multiple of 16"),
        ({"width": 64, "block_size": 3}, "multiple of 48"),
        ({"width": 128, "block_size": 2, "cluster_size": 2}, "expected 64"),
        ({"entries": 4, "sizeKB": 4}, "both entries and sizeKB"),
        ({"depth": 4, "sizeKB": 4}, "both depth and sizeKB"),
        ({"multiple_buffering": 0}, "above 0"),
        ({"min_utilization": 0.5}, "not supported"),
        ({"allow_overbooking": True}, "not supported"),
        ({"power_gated_at": "PE"}, "not supported"),
        ({"metadata_datawidth": 4}, "not supported"),
        ({"compression_supported": True}, "not supported"),
        ({"per_dataspace_bandwidth_consumption_scale": {"A": 2}}, "not supported"),
        ({"vector_access_energy": 1}, "ERT"),
        ({"wire_energy": 1}, "not supported"),
        ({"kind": "DRAM", "width": 64, "block_size": 1}, "DRAM has no clusters"),
        ({"kind": "XY_NoC"}, "networks are not supported"),
        ({"kind": "cache"}, "unknown class"),
        ({"name": "B[1..4]", "meshX": 3}, "does not make 4 instances"),
        ({"name": "B[4..1]"}, "bad name"),
        ({"name": "B[4]"}, "bad name"),
    ],
)
def test_bad_attributes(attributes: dict[str, Any], message: str) -> None:
    with pytest.raises(FlatError, match=message):
        buffer(**attributes)


def test_neutral_values_are_accepted() -> None:
    assert buffer(min_utilization=0, allow_overbooking=False, metadata_datawidth=0).instances == 1


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"subtree": []}, "version is missing"),
        ({"version": 0.5, "subtree": []}, "unsupported version"),
        ({"version": 0.3, "nodes": []}, "unsupported version"),
        ({"version": 0.4}, "expected subtree or nodes"),
        (chain(memory()), "compute components: none"),
        (chain(mac()), "storage components: none"),
        (chain(memory(), mac(), mac("MAC2")), "MAC, MAC2"),
        (chain(memory(), memory(), mac()), "used twice"),
        (chain(memory(name="A[1..2]"), mac("M[1..3]")), "a multiple of 2"),
        (chain(memory(), mac(), datawidth=8), "does not read datawidth from a container"),
        (chain(memory(), mac(), global_cycle_seconds=0), "bad global_cycle_seconds"),
        ({"architecture": []}, "not a mapping"),
    ],
)
def test_bad_documents_name_the_place(document: dict[str, Any], message: str) -> None:
    with pytest.raises(FlatError, match=message):
        read_architecture(document)


@pytest.mark.parametrize("version", [0.2, 0.3, "0.3"])
def test_a_tree_is_read_alike_in_all_versions(version: object) -> None:
    document = chain(memory(), mac())
    assert read_architecture({**document, "version": version}) == read_architecture(document)


def test_errors_name_the_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(json.dumps({"architecture": chain(memory(rw_bandwidth=1), mac())}))
    with pytest.raises(FlatError, match=r"mine\.yaml: architecture\.subtree\[0\]\.local\[0\]"):
        read_architecture(file)


def test_name_is_that_of_the_file_or_its_folder(tmp_path: Path) -> None:
    (tmp_path / "chip").mkdir()
    for file in (tmp_path / "chip.yaml", tmp_path / "chip" / "arch.yaml"):
        file.write_text(json.dumps(chain(memory(), mac())))
        assert read_architecture(file).name == "chip"


@pytest.mark.skipif(not REFERENCE.exists(), reason="the recorded runs are not here")
def test_recorded_architectures_are_read() -> None:
    with gzip.open(REFERENCE, "rt", encoding="utf-8") as stream:
        cases = [json.loads(line) for line in stream]
    for case in cases:
        found = read_architecture({"architecture": case["architecture"]})
        last = case["architecture"]["subtree"][0]["local"][-1]
        assert found.compute.full_name == last["name"]


def notes(*components, **attributes):
    return read_architecture(chain(*components, **attributes)).notes


def test_a_process_that_is_none():
    """timeloopfe writes SET ME, and what Timeloop does with it is nothing."""
    found = read_architecture(chain(memory(technology="22nm"), mac(), technology="SET ME"))
    assert found.technology == "22nm"
    assert found.notes == ("technology 'SET ME' is not a process; 22nm is used",)
    assert read_architecture(chain(memory(), mac(), technology="new")).technology == "45nm"


@pytest.mark.parametrize("size", [{"entries": 0}, {"depth": 0}, {"kind": "dummy_storage", "depth": 1}])
def test_levels_that_hold_nothing(size):
    between = memory(name="inter_PE_spatial[1..2]", **size)
    found = read_architecture(chain(memory(), between, mac("M[1..8]", meshX=2, meshY=4)))
    assert [level.holds_nothing for level in found.memories] == [False, True]
    left = without_dummies(found)
    assert [level.name for level in left.memories] == ["Buffer"] and left.fanout(0) == (2, 4)
    assert left.notes == ("inter_PE_spatial holds nothing and is left out",)
    assert without_dummies(left) is left


def wide(attributes, system=""):
    return f"""
architecture:
  version: 0.4
  subtree:
    - name: system
      attributes: {{technology: 45nm, global_cycle_seconds: 2e-9{system}}}
      local:
        - {{name: DRAM, class: DRAM, attributes: {{width: 64, datawidth: 16, {attributes}}}}}
        - {{name: Buffer, class: SRAM, attributes: {{depth: 64, width: 64, datawidth: 16}}}}
        - {{name: MAC, class: intmac, attributes: {{datawidth: 16}}}}
"""


def test_bandwidths_in_gigabytes():
    """12.8 GB/s at 500 MHz are 25.6 bytes a cycle: 12.8 words of 16 bits."""
    given = read_architecture(wide("read_gb_per_s: 12.8, write_gb_per_s: 6.4"))
    dram = given.memories[0]
    assert (dram.read_bandwidth, dram.write_bandwidth) == pytest.approx((12.8, 6.4))
    assert "read_gb_per_s" not in dram.attributes and dram.attributes["read_bandwidth"] == dram.read_bandwidth
    assert not given.notes


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ("shared_gb_per_s: 0", "a number above 0"),
        ("shared_gb_per_s: fast", "a number above 0"),
        ("shared_gb_per_s: 12, read_bandwidth: 4", "both units"),
        ("shared_GB_per_s: 12", "shared_gb_per_s"),
        ("tensor_bits: {K: 8}", "attributes of the whole system"),
    ],
)
def test_wrong_bandwidths_and_widths_of_a_part(attributes, said):
    with pytest.raises(FlatError, match=said):
        read_architecture(wide(attributes))


def test_widths_of_tensors():
    given = read_architecture(wide("type: LPDDR4", ", tensor_bits: {K: 8, V: 4.25}"))
    assert given.widths.to_dict() == {"K": 8, "V": 4.25}
    for wrong, said in (("{X: 8}", "unknown tensor"), ("{K: 0}", "tensor_bits.K"), ("[8]", "no widths")):
        with pytest.raises(FlatError, match=said):
            read_architecture(wide("type: LPDDR4", f", tensor_bits: {wrong}"))
