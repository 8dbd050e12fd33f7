"""A layer on a chip of four cores, small enough to be counted by hand."""

import flat_plugin as flat
from flat_plugin.architecture import Architecture, ComponentEnergy, Compute, EnergyTable, Memory, SoftmaxUnit
from flat_plugin.mapping.fused import FusedMapping, SharedLoops
from flat_plugin.mapping.named import parse_dataflow
from flat_plugin.mapping.nest import LevelMapping, OperatorMapping

LAYER = flat.parse_attention("B=1,H=2,M=16,N=8,D=4")
CHIP = Architecture(
    "cores",
    (
        Memory("DRAM", "DRAM", 16, shared_bandwidth=4),
        Memory("L2", "SRAM", 16, capacity=512, shared_bandwidth=16),
        Memory("L1", "SRAM", 16, capacity=512, instances=4, mesh_x=4, shared_bandwidth=16),
        Memory("Regs", "regfile", 16, capacity=4, instances=16, mesh_x=16),
    ),
    Compute("MAC", "intmac", 16, 16, 16),
    softmax=SoftmaxUnit(4, energy_pj=0.5, instances=4, mesh_x=4),
)
ERT = EnergyTable(
    {
        name: ComponentEnergy(dict.fromkeys(("read", "write", "update", "compute"), energy))
        for name, energy in (("DRAM", 100.0), ("L2", 10.0), ("L1", 3.0), ("Regs", 0.5), ("MAC", 1.0))
    }
)


def on_cores(cores=4, *, online=False):
    """Heads one after the other; four rows (or half the keys) a core, twice; K and V stay in L2."""
    dimension, trips = ("N", 2) if online else ("M", cores)
    rows, keys = (8, 4) if online else (8 // cores, 8)

    def operator(scores, column, others):
        outside = frozenset(scores)
        return OperatorMapping(
            (
                LevelMapping("DRAM", (("H", 2),), bypass=outside),
                LevelMapping("L2", (("M", 2),), ((dimension, trips),), bypass=outside),
                LevelMapping("L1", (("N", keys), ("M", rows)), ((column, 4),)),
                LevelMapping("Regs", bypass=frozenset(others)),
            )
        )

    return FusedMapping(
        parse_dataflow("flash" if online else "flat-r2").staging("QKSVO"),
        (SharedLoops("DRAM", (("H", 2),)), SharedLoops("L2", (("M", 2),), ((dimension, trips),))),
        (("K", "L2"), ("O", "L1"), ("Q", "L1"), ("S", "L1"), ("V", "L2")),
        (("logit", operator("S", "D", "KS")), ("attend", operator("P", "E", "VO"))),
    )


def answer(mapping=None, chip=CHIP, **options):
    return flat.estimate(LAYER, chip, mapping=mapping or on_cores(), ert=ERT, **options)
