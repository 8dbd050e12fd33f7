"""Attributes of a level: sizes, rows, bandwidths, meshes; and of a softmax unit."""

from math import inf
from typing import Any

from small_documents import chain, mac, memory

from flat_plugin.architecture import read_architecture


def buffer(**attributes: Any) -> Any:
    return read_architecture(chain(memory(**attributes), mac())).memories[0]


def test_row_and_capacity() -> None:
    row = buffer(width=128, datawidth=16, depth=32768)
    assert (row.block_size, row.cluster_size, row.capacity) == (8, 1, 262144)


def test_block_and_cluster_fill_the_row() -> None:
    def four(**attributes):
        return read_architecture(chain(memory(name="B[1..4]", **attributes), mac("M[1..4]"))).memories[0]

    assert four(width=128, block_size=2, depth=8).cluster_size == 4
    assert four(width=128, cluster_size=4, depth=8).block_size == 2
    assert four(width=128, block_size=2, depth=8).capacity == 16


def test_spellings_of_the_size() -> None:
    assert buffer(sizeKB=1).capacity == 512
    assert buffer(entries=100).capacity == 100
    assert buffer(memory_depth=8, memory_width=32, word_width=8).capacity == 32
    assert buffer(kind="DRAM", width=64).capacity == inf
    assert buffer(technology="DRAM", kind="storage", width=64, depth=4).capacity == 16
    assert buffer(depth="16", multiple_buffering=3).capacity == 5


def test_bandwidths_in_words_per_cycle() -> None:
    old = buffer(bandwidth=10, write_bandwidth=2)
    assert (old.read_bandwidth, old.write_bandwidth, old.shared_bandwidth) == (5, 2, inf)
    assert buffer(shared_bandwidth="12.8").shared_bandwidth == 12.8


def test_network_latency_is_fill_and_drain() -> None:
    assert buffer(network_fill_latency=100, network_drain_latency=20).network_latency == 120


def test_instances_and_meshes() -> None:
    found = read_architecture(
        chain(memory(), memory(name="R[1..16]", meshX=4), mac("M[0..31]", meshX=8, meshY=4))
    )
    assert (found.memories[1].instances, found.memories[1].mesh_y) == (16, 4)
    assert found.memories[1].full_name == "R[1..16]"
    assert (found.fanout(0), found.fanout(1)) == ((4, 4), (2, 1))


def test_without_meshes_instances_lie_along_x() -> None:
    found = read_architecture(chain(memory(), mac("M[1..8]")))
    assert (found.compute.mesh_x, found.compute.mesh_y) == (8, 1)


def test_softmax_unit() -> None:
    unit = {"name": "V", "class": "softmax_unit", "attributes": {"lanes": 8, "energy_pj": 2}}
    found = read_architecture(chain(memory(), unit, mac()))
    assert found.softmax is not None
    assert (found.softmax.lanes, found.softmax.passes, found.softmax.energy_pj) == (8, 3, 2)
    assert len(found.memories) == 1
