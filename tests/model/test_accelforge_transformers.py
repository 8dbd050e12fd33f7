"""Attention of transformers as AccelForge counts it: grouped and latent keys, widths by tensor, in bits.

Recorded from AccelForge's own regression cases (`tests/reference/accelforge/transformers.json`). The loops of
these cases follow from their counts: everything in the only memory, or whole in the buffer, with one unit;
or keys (and values) in the registers of a systolic array. One difference is named: a result that leaves a
memory is read there by AccelForge, and not here, as in Timeloop.
"""

import json
from pathlib import Path

import pytest

from flat_plugin.architecture.energy_table import ComponentEnergy, EnergyTable
from flat_plugin.architecture.hardware import Architecture, Compute, Memory
from flat_plugin.mapping.nest import LevelMapping, OperatorMapping
from flat_plugin.model.operator import evaluate_operator
from flat_plugin.workload import Attention

RECORDED = json.loads((Path(__file__).parents[1] / "reference/accelforge/transformers.json").read_text())[
    "cases"
]
# Query heads, KV heads, D, E; D of DeepSeek is that of its latent tensor, without a rotary part.
MODELS = {
    "gpt3_6.7B": (32, 32, 128, 128),
    "gpt3_175B": (96, 96, 128, 128),
    "llama3_8B": (32, 8, 128, 128),
    "mixtral8x22B": (48, 8, 128, 128),
    "qwen3_8B": (32, 8, 128, 128),
    "qwen3_30B_A3B": (32, 4, 128, 128),
    "deepseek_v3_671B": (128, 1, 512, 512),
    "llama4_scout": (40, 8, 128, 128),
    "llama4_maverick": (40, 8, 128, 128),
}
OURS = {
    **{"Q_latent": "Q", "K_cache": "K", "V_cache": "V", "QK": "S", "QK_softmax": "P"},
    **{"AV": "O", "AV_latent": "O"},
}
OPERATORS = {"QK": "logit", "AV": "attend", "AV_latent": "attend"}
RESULTS = {"logit": "S", "attend": "O"}


def layer_of(case):
    _, model, sizes, _ = case.split("|")
    given = dict(pair.split("=") for pair in sizes.split(","))
    heads, kv_heads, wide, tall = MODELS[model]
    new = int(given["N_NEW_TOKENS"])
    keys = int(given.get("N_CACHED_TOKENS", new))  # the new token's own key is another einsum's
    latent = model.startswith("deepseek")
    widths = {"O": 8} if latent else None  # bits_per_value
    return Attention(1, heads, new, keys, wide, tall, kv_heads, widths=widths, joint=latent)


def memory(name, instances=(1, 1)):
    x, y = instances
    return Memory(name, "SRAM", 16, instances=x * y, mesh_x=x, mesh_y=y)


def one_unit(einsum, *names):
    """All loops at the innermost memory; everything whole in each."""
    loops = tuple((d, size) for d, size in reversed(einsum.bounds))
    levels = [LevelMapping(name) for name in names[:-1]] + [LevelMapping(names[-1], loops)]
    parts = tuple(memory(name) for name in names)
    return Architecture("one unit", parts, Compute("MAC", "intmac", 16)), OperatorMapping(tuple(levels))


def systolic(einsum):
    """K, or V, in the registers of 128 × 128 units: its rows along one side, its columns along the other;
    queries stream past."""
    (still,) = (t.name for t in einsum.tensors if not t.output and "M" not in t.dimensions)
    sizes, inner = einsum.sizes, "D" if still == "K" else "E"
    across = (("N", 128),), ((inner, 128),)
    names = {t.name for t in einsum.tensors}
    tiles = (("N", sizes["N"] // 128), (inner, sizes[inner] // 128))
    main = LevelMapping("MainMemory", (("H", sizes["H"]),))
    local = LevelMapping("LocalBuffer", (("M", sizes["M"]), *tiles), *across, bypass=frozenset({still}))
    registers = LevelMapping("Register", bypass=frozenset(names - {still}))
    parts = memory("MainMemory"), memory("LocalBuffer"), memory("Register", (128, 128))
    chip = Architecture("systolic", parts, Compute("MAC", "intmac", 16, 128 * 128, 128, 128))
    return chip, OperatorMapping((main, local, registers))


def counted(case, einsum):
    """{(component, our tensor, read or write): bits}, and the multiply-accumulates."""
    build = {"simple": ("MainMemory",), "snowcat": ("MainMemory", "GlobalBuffer")}
    names = build.get(case.split("|")[0])
    chip, mapping = one_unit(einsum, *names) if names else systolic(einsum)
    free = EnergyTable({part.name: ComponentEnergy.of_nothing() for part in chip.parts})
    result = evaluate_operator(einsum, chip, mapping, free)
    found = {}
    for place in chip.memories:
        for name, words in result[place.name].tensors.items():
            bits = result.bits.get(name, place.word_bits)
            found[place.name, name, "read"] = words.total_reads * bits
            found[place.name, name, "write"] = words.total_writes * bits
    return found, result.computes


def drained(case, operator, component, einsum):
    """Bits of the result that AccelForge reads where they leave a memory for the one outside it."""
    if component == "MainMemory":
        return 0
    result = einsum.output
    return einsum.words(result) * (result.bits or 16)


@pytest.mark.parametrize("case", RECORDED)
def test_bits_of_every_tensor(case):
    for einsum in layer_of(case).einsums():
        ours, computes = counted(case, einsum)
        theirs = {}
        for operator, component, tensor, action, count in RECORDED[case]:
            if OPERATORS[operator] != einsum.name:
                continue
            if component == "MAC":
                assert count == computes
                continue
            name = OURS.get(tensor, tensor)
            name = {"logit": "K", "attend": "V"}[einsum.name] if tensor == "CKV" else name
            theirs[component, name, action] = count
        assert len(theirs) >= 4
        for place, bits in ours.items():
            component, name, action = place
            more = (
                drained(case, einsum.name, component, einsum)
                if (name, action) == (RESULTS[einsum.name], "read")
                else 0
            )
            assert bits + more == theirs.get(place, 0), place


def test_there_are_grouped_latent_and_narrow_ones():
    layers = [layer_of(case) for case in RECORDED]
    assert len(layers) >= 12
    assert any(layer.group > 1 and not layer.joint for layer in layers)
    assert any(layer.joint and layer.widths for layer in layers)
