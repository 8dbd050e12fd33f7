"""A small product on a small chip, whose every figure can be counted by hand.

``Z[m,n] = Σ_k A[m,k] · W[k,n]`` with M = 8, N = 4, K = 6::

    for m in 4:                     # DRAM
      for n in 2:                   # Buffer
        for k in 3:
          parallel m in 2 (x), k in 2 (y):
            for n in 2:             # Regs, of each of four units
"""

from flat_plugin.architecture import Architecture, ComponentEnergy, Compute, EnergyTable, Memory
from flat_plugin.mapping.nest import LevelMapping, OperatorMapping
from flat_plugin.workload.einsum import gemm

MESH = dict(instances=4, mesh_x=2, mesh_y=2)
CHIP = Architecture(
    "small",
    (
        Memory("DRAM", "DRAM", 16),
        Memory("Buffer", "SRAM", 16, capacity=44, shared_bandwidth=4),
        Memory("Regs", "regfile", 16, capacity=5, **MESH),
    ),
    Compute("MAC", "intmac", 16, **MESH),
)
PRODUCT = gemm("product", 8, 6, 4)
NEST = OperatorMapping(
    (
        LevelMapping("DRAM", (("M", 4),)),
        LevelMapping("Buffer", (("K", 3), ("N", 2)), (("M", 2),), (("K", 2),)),
        LevelMapping("Regs", (("N", 2),)),
    )
)
ENERGIES = EnergyTable(
    {
        name: ComponentEnergy(dict.fromkeys(("read", "write", "update", "compute"), energy) | {"leak": 0.0})
        for name, energy in (("DRAM", 100.0), ("Buffer", 10.0), ("Regs", 1.0), ("MAC", 0.5))
    }
)

WORDS = {  # of one instance: tile, reads, fills, updates
    ("DRAM", "A"): (48, 48, 0, 0),
    ("DRAM", "W"): (24, 24, 0, 0),
    ("DRAM", "Z"): (32, 0, 0, 32),
    ("Buffer", "A"): (2 * 6, 4 * 2 * 3 * 4, 4 * 12, 0),  # 24 times to four units that need different words
    ("Buffer", "W"): (6 * 4, 24 * 2 * 2, 24, 0),  # 24 times 2 words for 2 of them; it stays while m goes on
    ("Buffer", "Z"): (2 * 4, 0, 0, 4 * 2 * 2 * 2),  # k stays inside: sums of two units come 8 times
    ("Regs", "A"): (1, 48, 24, 0),
    ("Regs", "W"): (1 * 2, 48, 48, 0),
    ("Regs", "Z"): (1 * 2, 48 - 16, 0, 48),  # the first sums of 16 words need no read
}
STEPS = 4 * 2 * 3 * 2
BUFFER_WORDS = 96 + 96 + 48 + 24 + 32
"""Through its port of 4 words a cycle."""
