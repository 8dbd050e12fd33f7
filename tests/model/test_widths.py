"""Widths: bits of capacities, rows and ports, of nests of any kind and of whole layers."""

from dataclasses import replace
from fractions import Fraction
from math import ceil, floor, inf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flat_plugin.api import estimate, explain, generate, search
from flat_plugin.architecture import find_architecture
from flat_plugin.architecture.energy_table import ComponentEnergy, EnergyTable
from flat_plugin.energy import energy_for
from flat_plugin.errors import InvalidMapping
from flat_plugin.model.cost import costs_of
from flat_plugin.model.limits import attention_limits
from flat_plugin.model.ragged import counts_of
from flat_plugin.workload import Attention, Block, parse_attention

from .nests import ragged_batches

LAYER = "B=1,H=4,KV=2,M=96,N=160,D=16,E=24"
WIDTHS = st.sampled_from([None, 1, 4, 4.25, 8, 12, 16, 24, 32])
PJ = {"read": 3.0, "write": 5.0, "update": 7.0, "compute": 2.0, "leak": 0.0}
FEW = settings(max_examples=150, deadline=None, derandomize=True)


@st.composite
def of_any_widths(draw):
    """A batch of nests whose tensors, rows, rooms and ports are of any width."""
    batch = draw(ragged_batches(mappings=3))
    tensors = tuple(replace(tensor, bits=draw(WIDTHS)) for tensor in batch.einsum.tensors)
    memories = tuple(
        replace(
            memory,
            word_bits=draw(st.sampled_from([8, 16, 16, 32])),
            block_size=draw(st.sampled_from([1, 3, 4])),
            capacity=draw(st.sampled_from([inf, 200, 2000])) if number else inf,
            read_bandwidth=draw(st.sampled_from([inf, 0.5, 3])),
            shared_bandwidth=draw(st.sampled_from([inf, 1, 7])),
        )
        for number, memory in enumerate(batch.architecture.memories)
    )
    architecture = replace(batch.architecture, memories=memories)
    return replace(batch, einsum=replace(batch.einsum, tensors=tensors), architecture=architecture)


@FEW
@given(of_any_widths())
def test_bits_of_everything(batch):
    """Rooms, rows and ports again, in whole bits, from the words that are counted."""
    counts = counts_of(batch)
    names = [memory.name for memory in batch.architecture.memories]
    table = EnergyTable({name: ComponentEnergy(PJ) for name in (*names, "MAC")})
    costs = costs_of(batch, counts, table)
    for n in range(len(batch)):
        for level, memory in enumerate(batch.architecture.memories):
            held, read, written = Fraction(0), Fraction(0), Fraction(0)
            most = counts.extents[0][level, n] * counts.extents[1][level, n]
            idle = (counts.extents[0] * counts.extents[1])[level] / counts.instances[level]
            for t, tensor in enumerate(batch.einsum.tensors):
                bits = Fraction(tensor.bits or memory.word_bits)
                words = {
                    action: Fraction(float(getattr(counts, kind)[level, t, n]))
                    for action, kind in (("read", "reads"), ("write", "fills"), ("update", "updates"))
                }
                held += Fraction(float(counts.tiles[level, t, n])) * bits
                rows = {a: w * bits / (memory.word_bits * memory.block_size) for a, w in words.items()}
                whole = memory.block_size == 1 and bits == memory.word_bits
                spent = sum(PJ[a] * float(r if whole else ceil(r)) for a, r in rows.items())
                accessed = min(most, memory.instances) * (counts.instances[level, n] / most)
                assert costs.access_energy[level, t, n] == pytest.approx(spent * accessed)
                fewer = ceil if (idle > 1).any() else Fraction
                read += fewer(float(words["read"]) / idle[n]) * bits
                written += fewer(float(words["write"] + words["update"]) / idle[n]) * bits
            capacity = memory.capacity * memory.word_bits
            if held > capacity:
                assert not costs.valid[n]
            steps = counts.compute_cycles[n]
            ports = ((read, memory.read_bandwidth), (written + read, memory.shared_bandwidth))
            longest = max(float(bits) / (width * memory.word_bits) for bits, width in ports)
            assert costs.level_cycles[level, n] == pytest.approx(max(steps, longest), abs=1)


@pytest.mark.parametrize("flow", ["base", "base-h", "flat-h", "flat-r8", "flat-r"])
@pytest.mark.parametrize("softmax", ["free", "serial", "array"])
def test_the_memories_own_width_changes_nothing(flow, softmax):
    """To the last bit: of a layer, and of the block around it."""
    layer = parse_attention(LAYER)
    for workload, level in ((layer, "attention"), (Block(layer, 64, 128), "block")):
        plain = estimate(workload, "edge", flow, level=level, softmax=softmax)
        wide = estimate(workload, "edge", flow, level=level, softmax=softmax, bits=16)
        assert figures(plain) == figures(wide)
        assert plain.requirements == tuple(
            replace(need, terms=tuple(replace(term, bits=None) for term in need.terms))
            for need in wide.requirements
        )
        assert wide.workload == plain.workload, "what is as the hardware has it goes without saying"


def figures(answer):
    operators = {
        name: (work.cycles, dict(work.busy), dict(work.energy), work.computes, words(work.traffic))
        for name, work in answer.operators.items()
    }
    return answer.cycles, answer.energy_pj, answer.limits, answer.bound, operators, answer.notes


def words(traffic):
    return {name: (each.reads, each.writes) for name, each in traffic.items()}


def narrower(architecture, bits):
    """The same memories and ports with words of these bits, as Timeloop has them."""
    times = architecture.memories[0].word_bits // bits
    memories = tuple(
        replace(
            memory,
            word_bits=bits,
            block_size=memory.block_size * times,
            capacity=memory.capacity * times,
            read_bandwidth=memory.read_bandwidth * times,
            write_bandwidth=memory.write_bandwidth * times,
            shared_bandwidth=memory.shared_bandwidth * times,
        )
        for memory in architecture.memories
    )
    return replace(architecture, memories=memories)


@pytest.mark.parametrize("bits", [1, 2, 8])
@pytest.mark.parametrize("flow", ["base", "flat-h", "flat-r8"])
def test_one_width_for_all_is_a_machine_of_that_width(bits, flow):
    edge = find_architecture("edge")
    energies = energy_for(edge, None, "auto")
    ours = estimate(parse_attention(LAYER), edge, flow, ert=energies, bits=bits)
    timeloops = estimate(parse_attention(LAYER), narrower(edge, bits), ert=energies, mapping=ours.mapping)
    assert ours.cycles == pytest.approx(timeloops.cycles, rel=1e-12)
    assert ours.energy_pj == pytest.approx(timeloops.energy_pj, rel=1e-12)
    assert words(ours.traffic) == words(timeloops.traffic)
    assert ours.limits.best_tiling_dram_bytes == pytest.approx(timeloops.limits.best_tiling_dram_bytes)
    for mine, theirs in zip(ours.requirements, timeloops.requirements, strict=True):
        assert mine.taken * 16 == theirs.words * bits


def test_a_table_may_have_the_operands_widths():
    edge = find_architecture("edge")
    table = energy_for(edge, None, "auto")
    mac = table.components["MAC"]
    known = replace(mac, actions={**mac.actions, "compute_8x16": 1.0, "mac_8x8": 0.25})
    layer = parse_attention(LAYER)
    with_pair = replace(table, components={**table.components, "MAC": known})
    answer = estimate(layer, edge, "base", bits="K=8,V=8,S=8", ert=with_pair)
    logit, attend = answer.operators["logit"], answer.operators["attend"]
    assert logit.energy["MAC", "compute"] == logit.computes * 1.0, "Q of 16 bits and K of 8"
    assert attend.energy["MAC", "compute"] == attend.computes * 0.25
    assert not any("multiply-accumulate" in note for note in answer.notes)
    without = estimate(layer, edge, "base", bits="K=8", ert=table)
    assert any("16 × 8 bits is counted as one of MAC's 16 bits" in note for note in without.notes)


@pytest.mark.parametrize(
    ("softmax", "said"), [("free", ""), ("serial", "SoftmaxUnit's 16 bits"), ("array", "MAC's 16 bits")]
)
def test_scores_wider_than_what_works_on_them_are_said(softmax, said):
    wide = estimate(parse_attention(LAYER), "edge", "base", softmax=softmax, bits="S=32")
    found = [note for note in wide.notes if note.startswith("an operation on a score of 32 bits")]
    assert [said in note for note in found] == ([True] if said else [])
    same = estimate(parse_attention(LAYER), "edge", "base", softmax=softmax, bits="S=16")
    assert not any("an operation on a score" in note for note in same.notes)


def test_what_does_not_fit_says_its_bits():
    with pytest.raises(InvalidMapping, match=r"K\[N131072×D64\].*16,777,216 × 32.* bits"):
        estimate("bert-base", "edge", "base-h", seq=131072, bits="K=32")


@pytest.mark.parametrize("bits", ["S=32", "K=8,V=8", "K=4,V=4,S=24,O=32,Q=8"])
@pytest.mark.parametrize("flow", ["base", "flat-h", "flat-r8", "flat-r"])
def test_explained_energies_add_up(bits, flow):
    found = explain(parse_attention(LAYER), "edge", flow, bits=bits)
    assert sum(step.energy_pj for step in found.steps) == pytest.approx(found.estimate.energy_pj)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(bits=st.tuples(*[st.sampled_from([4, 8, 16, 32])] * 5), rows=st.sampled_from([1, 7, 32]))
def test_no_mapping_beats_the_limits(bits, rows):
    widths = dict(zip("QKSVO", bits, strict=True))
    edge = find_architecture("edge")
    layer = replace(parse_attention(LAYER), widths=widths)
    for flow in ("base", f"flat-r{rows}"):
        answer = estimate(layer, edge, flow, softmax="free")
        moved = sum(each.bytes(0, 16) for each in answer.traffic.values())
        assert answer.limits.compulsory_dram_bytes <= answer.limits.best_tiling_dram_bytes <= moved
        assert answer.limits.cycles <= answer.cycles
        assert answer.limits.energy_pj <= answer.energy_pj


def test_narrow_scores_let_more_rows_fit():
    layer = parse_attention("B=1,H=1,M=4096,N=4096,D=64")
    edge = find_architecture("edge")
    least = [
        attention_limits(
            replace(layer, widths={"S": bits}), edge, energy_for(edge, None, "auto"), softmax="free"
        ).best_tiling_dram_bytes
        for bits in (4, 16, 64)
    ]
    assert least == sorted(least) and least[0] < least[-1]


def test_who_has_one_width_refuses_others(tmp_path):
    assert search(parse_attention("B=1,H=1,M=8,N=8,D=8"), bits=16).estimate.cycles > 0
    written = generate("bert-base", "edge", ["flat-h"], tmp_path, bits="K=8,S=32")
    assert any("K 8, S 32 bits" in note for note in written.notes)
    for file in ("mapping.yaml", "architecture.yaml", "problem.yaml"):
        assert "Timeloop has one width of words" in (written.folders[0] / file).read_text()


def test_the_hardware_says_what_the_workload_does_not():
    edge = find_architecture("edge")
    eight = replace(edge, widths=Attention(1, 1, 1, 1, 1, widths="K=8,V=8").widths)
    layer = parse_attention(LAYER)
    both = estimate(replace(layer, widths="V=4"), eight, "base", bits="S=32")
    assert both.workload["bits"] == {"K": 8, "V": 4, "S": 32}
    assert both.energy_pj == estimate(layer, edge, "base", bits="K=8,V=4,S=32").energy_pj


def test_traffic_in_bytes():
    answer = estimate(parse_attention(LAYER), "edge", "flat-h", bits="K=8,V=4.25")
    assert answer.traffic["K"].bytes(0, 16) == answer.traffic["K"].dram
    assert answer.traffic["V"].bytes(0, 16) == answer.traffic["V"].dram * 4.25 / 8
    assert answer.traffic["Q"].bytes(0, 16) == answer.traffic["Q"].dram * 2
    assert floor(answer.dram_bytes) == floor(sum(each.bytes(0, 16) for each in answer.traffic.values()))
    assert np.isclose(answer.to_dict()["dram_bytes"], answer.dram_bytes)


def test_widths_of_products_are_said_to_change_nothing_of_the_attention():
    for level, said in {"attention": True, "block": False}.items():
        notes = estimate("bert-base", "edge", "base", seq=64, bits="W=4", level=level).notes
        assert any("products around the attention" in note for note in notes) is said
