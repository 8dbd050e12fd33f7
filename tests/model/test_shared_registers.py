"""Registers that hold all of K while attend uses them in between: named, for engines cannot know it."""

import pytest

import flat_plugin as flat
from flat_plugin.architecture import Architecture, ComponentEnergy, Compute, EnergyTable, Memory
from flat_plugin.mapping.last_turns import with_last_turns
from flat_plugin.mapping.nest import LevelMapping, OperatorMapping
from flat_plugin.model.mapping_batch import batch_of
from flat_plugin.model.shared_registers import outlives

LAYER = flat.parse_attention("B=1,H=1,M=4,N=2,D=2")
ARRAY = Architecture(
    "array",
    (
        Memory("DRAM", "DRAM", 16, shared_bandwidth=2),
        Memory("Buffer", "SRAM", 16, capacity=64),
        Memory("Regs", "regfile", 16, capacity=1, instances=4, mesh_x=2, mesh_y=2),
    ),
    Compute("MAC", "intmac", 16, 4, 2, 2),
)
ERT = EnergyTable(
    {
        name: ComponentEnergy(dict.fromkeys(("read", "write", "update", "compute"), 1.0))
        for name in ("DRAM", "Buffer", "Regs", "MAC")
    }
)


def mapping(kept, fused=True):
    """Two rows a shared iteration; the array holds N × D, and each PE one word of ``kept``."""

    def operator(names, kept, columns):
        other = [name for name in names if name != kept]
        chip = [name for name in names if fused and name in "SP"]
        return [
            {"target": "DRAM", "type": "temporal", "factors": "M=2"},
            {"target": "Buffer", "type": "temporal", "factors": "M=2"},
            {
                "target": "Buffer",
                "type": "spatial",
                "factors": f"N=2 {columns}=2",
                "permutation": f"N{columns}",
                "split": 1,
            },
            {"target": "DRAM", "type": "bypass", "keep": [], "bypass": chip},
            {"target": "Regs", "type": "bypass", "keep": [kept], "bypass": other},
        ]

    return {
        "fused_mapping": {
            "dataflow": "flat-r2" if fused else "base",
            "shared": {"M": 2} if fused else {},
            "stage": ["K", "V"] if fused else [],
            "operators": {
                "logit": operator("QKS", kept, "D"),
                "attend": operator("PVO", "O", "E"),
            },
        }
    }


@pytest.mark.parametrize(("kept", "said"), [("K", True), ("Q", False), ("S", False)])
def test_what_would_outlive_an_iteration_is_said(kept, said):
    answer = flat.estimate(LAYER, ARRAY, mapping=mapping(kept), softmax="free", ert=ERT)
    batch = batch_of(LAYER.logit(), ARRAY, [answer.mapping["logit"]])
    assert outlives(batch, [{"M": 2}]).tolist() == [said]
    assert not outlives(batch, [{"M": 1}]).any()
    note = "logit is counted as if its registers stayed while the other operator uses them"
    assert answer.notes == ((note,) if said else ())


def test_unfused_nobody_uses_them_in_between():
    answer = flat.estimate(LAYER, ARRAY, mapping=mapping("K", fused=False), softmax="free", ert=ERT)
    assert answer.notes == ()


def test_compute_units_that_hand_on_what_stays():
    linked = Architecture("linked", ARRAY.memories[:2], Compute("MAC", "intmac", 16, 4, 2, 2))
    document = mapping("K")
    for operator in document["fused_mapping"]["operators"].values():
        operator.pop()
    answer = flat.estimate(LAYER, linked, mapping=document, softmax="free", ert=ERT)
    *lent, strangers = answer.notes
    assert len(lent) == 2 and strangers.startswith("energies of Regs are not used")


@pytest.mark.parametrize(("keys", "stays"), [(3, True), (4, False)])
def test_what_stays_in_the_last_turn_alone(keys, stays):
    """Tiles of K change with the keys inside a shared iteration, but for the last tile if it is alone."""
    einsum = flat.parse_attention(f"B=1,H=1,M=4,N={keys},D=1").logit()
    nest = OperatorMapping(
        (
            LevelMapping("DRAM", (("M", 4), ("N", 2)), bypass=frozenset("S")),
            LevelMapping("Buffer", (("N", 2),)),
            LevelMapping("Regs", bypass=frozenset("QS")),
        )
    )
    batch = batch_of(einsum, ARRAY, [with_last_turns(nest, einsum.sizes)])
    assert outlives(batch, [{"N": 2, "M": 4}]).tolist() == [stays]
