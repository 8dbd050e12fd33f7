"""Small accelerators, and what runs mappings on them."""

import pytest
from executed_layer import execute_layer
from executed_operator import execute_operator

from flat_plugin.architecture.energy_table import ComponentEnergy, EnergyTable
from flat_plugin.architecture.hardware import Architecture, Compute, Memory, SoftmaxUnit


def _architecture(name, *, buffer, registers=None, mesh=(2, 2), row_buffers=False, mesh_macs=False):
    x, y = mesh
    memories = [Memory("DRAM", "DRAM", 16, read_bandwidth=4, write_bandwidth=4)]
    memories.append(Memory("Buffer", "SRAM", 16, 4, capacity=buffer))
    if row_buffers:
        memories.append(Memory("RowBuffer", "SRAM", 16, capacity=64, instances=y, mesh_x=1, mesh_y=y))
    if not mesh_macs:
        memories.append(Memory("Registers", "regfile", 16, 1, 1, registers, 1.0, x * y, x, y))
    compute = Compute("MAC", "intmac", 16, x * y, x, y)
    return Architecture(name, tuple(memories), compute, softmax=SoftmaxUnit(8, energy_pj=0.5))


def _cores(name, *, cores, row_buffers=0, scratchpads=False):
    """A shared memory, and cores with a memory, a softmax unit and an array of their own."""
    x, y = cores
    memories = [Memory("DRAM", "DRAM", 16, read_bandwidth=4, write_bandwidth=4)]
    memories.append(Memory("Shared", "SRAM", 16, 2, capacity=4096, shared_bandwidth=16))
    memories.append(Memory("Own", "SRAM", 16, 2, 1, 1024, 1.0, x * y, x, y, shared_bandwidth=8))
    if row_buffers:
        rows = y * row_buffers
        memories.append(Memory("RowBuffer", "SRAM", 16, 1, 1, 256, 1.0, x * rows, x, rows))
    wide, tall = 2 * x, y * (row_buffers or 2)
    for pad in ("Rows", "Weights", "Sums") if scratchpads else ("Registers",):
        memories.append(Memory(pad, "regfile", 16, 1, 1, 8, 1.0, wide * tall, wide, tall))
    unit = SoftmaxUnit(4, energy_pj=0.5, instances=x * y, mesh_x=x, mesh_y=y)
    return Architecture(
        name, tuple(memories), Compute("MAC", "intmac", 16, wide * tall, wide, tall), softmax=unit
    )


ARCHITECTURES = {
    a.name: a
    for a in (
        _architecture("square", buffer=4096, registers=1),
        _architecture("wide", buffer=2048, registers=4, mesh=(4, 2)),
        _architecture("tiny", buffer=160, registers=2),
        _architecture("deep", buffer=2048, registers=2, row_buffers=True),
        _architecture("mesh", buffer=2048, mesh=(4, 3), mesh_macs=True),
        _cores("cores", cores=(2, 1)),
        _cores("rows of cores", cores=(3, 1), row_buffers=2),
        _cores("scratchpads", cores=(2, 2), scratchpads=True),
    )
}
ENERGIES = EnergyTable(
    {
        name: ComponentEnergy({"read": r, "write": w, "update": w, "leak": 0.01, "compute": c})
        for name, r, w, c in (
            ("DRAM", 100.0, 110.0, 0.0),
            ("Buffer", 9.0, 10.0, 0.0),
            ("RowBuffer", 2.0, 2.5, 0.0),
            ("Shared", 12.0, 13.0, 0.0),
            ("Own", 4.0, 4.5, 0.0),
            ("Registers", 0.5, 0.75, 0.0),
            ("Rows", 0.4, 0.5, 0.0),
            ("Weights", 0.6, 0.7, 0.0),
            ("Sums", 0.3, 0.35, 0.0),
            ("MAC", 0.0, 0.0, 1.5),
            ("SoftmaxUnit", 0.0, 0.0, 0.5),
        )
    }
)


@pytest.fixture(scope="session")
def architectures():
    """Small accelerators by name."""
    return ARCHITECTURES


@pytest.fixture(scope="session")
def energies():
    """An energy table that covers all of them."""
    return ENERGIES


@pytest.fixture(scope="session")
def execute():
    """Run a layer: ``execute(attention, architecture, mapping)``."""
    return execute_layer


@pytest.fixture(scope="session")
def execute_one():
    """Run one operator: ``execute_one(einsum, architecture, mapping)``."""
    return execute_operator
