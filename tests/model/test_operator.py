"""The result of one operator, and why a mapping is refused."""

from dataclasses import replace

import pytest
from counted_by_hand import BUFFER_WORDS, CHIP, ENERGIES, NEST, PRODUCT, STEPS, WORDS

from flat_plugin.architecture import EnergyTable
from flat_plugin.errors import FlatError, InvalidMapping
from flat_plugin.model.operator import TensorCounts, evaluate_operator


def evaluated(chip=CHIP, nest=NEST, einsum=PRODUCT, energies=ENERGIES):
    return evaluate_operator(einsum, chip, nest, energies)


def changed(level, **changes):
    memories = (replace(each, **changes) if each.name == level else each for each in CHIP.memories)
    return replace(CHIP, memories=tuple(memories))


def test_levels_are_innermost_first_with_their_words():
    result = evaluated()
    assert [level.name for level in result.levels] == ["MAC", "Regs", "Buffer", "DRAM"]
    for (level, tensor), expected in WORDS.items():
        found = result[level].tensors[tensor]
        assert (found.utilized_capacity, found.reads, found.fills, found.updates) == expected
    assert result["Regs"].tensors["Z"].temporal_reductions == 32
    assert (result.cycles, result.compute_cycles, result.computes) == (BUFFER_WORDS / 4, STEPS, 192)
    assert result["MAC"].energy_pj == 96 and result["MAC"].tensors == {}
    assert result.energy_pj == sum(level.energy_pj for level in result.levels)


def test_leakage_is_a_part_of_a_levels_energy():
    parts = {name: replace(e, actions={**e.actions, "leak": 0.25}) for name, e in ENERGIES.components.items()}
    regs, dry = evaluated(energies=EnergyTable(parts))["Regs"], evaluated()["Regs"]
    assert (regs.leakage_pj, regs.energy_pj) == (4 * 74 / 4, dry.energy_pj + 4 * 74 / 4)
    assert evaluated(energies=EnergyTable(parts))["MAC"].leakage_pj == 0


def test_totals_are_over_all_instances():
    counts = TensorCounts(
        reads=3,
        fills=4,
        updates=5,
        temporal_reductions=0,
        utilized_instances=2,
        utilized_capacity=1,
        energy_pj=0,
    )
    assert (counts.total_reads, counts.total_writes) == (6, 18)


def test_a_bypassed_tensor_is_not_in_a_level():
    levels = tuple(
        replace(level, bypass=frozenset("A")) if level.level == "Buffer" else level for level in NEST.levels
    )
    result = evaluated(nest=replace(NEST, levels=levels))
    assert set(result["Buffer"].tensors) == {"W", "Z"}


def test_the_machine_readable_form():
    document = evaluated().to_dict()
    assert (document["cycles"], document["computes"]) == (74, 192)
    regs = next(level for level in document["levels"] if level["name"] == "Regs")
    assert (regs["instances"], regs["tensors"]["A"]["fills"]) == (4, 24)
    assert "bits" not in document and "notes" not in document
    unknown = evaluated(energies=EnergyTable(unknown="no table")).to_dict()
    assert unknown["energy_pj"] is None and unknown["levels"][1]["tensors"]["A"]["energy_pj"] is None
    assert unknown["levels"][1]["leakage_pj"] is None


def test_notes_of_the_chip_and_widths_of_tensors_are_passed_on():
    assert evaluated(replace(CHIP, notes=("odd",))).to_dict()["notes"] == ["odd"]
    tensors = tuple(replace(t, bits=8) if t.name == "A" else t for t in PRODUCT.tensors)
    assert evaluated(einsum=replace(PRODUCT, tensors=tensors)).to_dict()["bits"] == {"A": 8}


@pytest.mark.parametrize(
    ("chip", "message", "level", "tile", "capacity"),
    [
        (
            changed("Buffer", capacity=43),
            "mapped tile size 44 (A 12, W 24, Z 8) exceeds buffer capacity 43",
            "Buffer",
            44,
            43,
        ),
        (changed("Regs", capacity=4.5), "mapped tile size 5 (A 1, W 2, Z 2) exceeds", "Regs", 5, 4),
        (
            changed("Regs", mesh_x=1),
            "mapped X expansion 2 exceeds available hardware instances 1",
            "Regs",
            2,
            1,
        ),
        (changed("Regs", mesh_y=1), "mapped Y expansion 2 exceeds", "Regs", 2, 1),
        (
            replace(CHIP, compute=replace(CHIP.compute, mesh_x=1)),
            "mapped X expansion 2 exceeds available hardware instances 1",
            "MAC",
            2,
            1,
        ),
    ],
)
def test_the_innermost_level_that_refuses_is_named(chip, message, level, tile, capacity):
    with pytest.raises(InvalidMapping) as refused:
        evaluated(chip)
    assert str(refused.value).startswith(f"couldn't map level {level}: {message}")
    assert (refused.value.level, refused.value.tile, refused.value.capacity) == (level, tile, capacity)


def test_a_tensor_that_is_bypassed_everywhere():
    levels = tuple(replace(level, bypass=frozenset("W")) for level in NEST.levels)
    with pytest.raises(InvalidMapping, match="W is bypassed in all levels"):
        evaluated(nest=replace(NEST, levels=levels))


def test_a_mapping_covers_its_operator():
    with pytest.raises(FlatError, match="factors of dimension M multiply to 8 .*bound in product is 9"):
        evaluated(einsum=replace(PRODUCT, bounds=(("M", 9), ("N", 4), ("K", 6))))


def test_tiles_too_large_name_their_width():
    tensors = tuple(replace(t, bits=32) if t.name == "W" else t for t in PRODUCT.tensors)
    with pytest.raises(InvalidMapping, match=r"Regs: mapped tile size 7 \(A 1, W 2 of 32 bits, Z 2\)"):
        evaluated(CHIP, einsum=replace(PRODUCT, tensors=tensors))
