"""Run the mappings of every dataflow on small tensors: right output, and every word as counted."""

from dataclasses import replace

import numpy as np
import pytest

from flat_plugin.api import estimate
from flat_plugin.engines.native import NativeEngine
from flat_plugin.errors import InvalidMapping
from flat_plugin.mapping.named import list_dataflows, parse_dataflow
from flat_plugin.mapspace.dataflow_mapping import joint_requirement, map_dataflow
from flat_plugin.workload.attention import parse_attention

SHAPES = (
    "B=2,H=3,M=6,N=10,D=4,E=4",
    "B=1,H=2,M=8,N=4,D=3,E=6",
    "B=2,H=4,KV=2,M=4,N=6,D=4,E=2",
    "B=2,H=2,M=1,N=12,D=4",
    "B=1,H=6,KV=1,M=1,N=9,D=5",
    "B=1,H=1,M=4,N=5,D=7",
)
ROWS = (1, 2, 3, 4)
FAMILIES = [flow.name for flow in list_dataflows() if flow.granularity != "R"]
ARCHITECTURES = ("square", "wide", "tiny", "deep", "mesh")
STAGED = [
    (name, stage)
    for name in ("flat-h", "flat-b", "flat-r2", "base-h", "base-m")
    for stage in ("", "KV", "QO", "K", "QKO", "V")
]


def mapped(attention, architecture, flow, energies):
    """With equal tiles: a smaller last tile among children side by side counts as a whole one."""
    flow = flow if flow.searched else flow.with_factors("perfect")
    return map_dataflow(attention, architecture, flow, energies)


def dataflows(shape):
    """Every family; row tiles that divide the queries."""
    rows = [r for r in ROWS if parse_attention(shape).queries % r == 0]
    return FAMILIES + [f"flat-r{r}" for r in rows]


def check(shape, architecture, flow, execute, energies):
    """Execute the mapping that the search chose and compare all that can be counted.

    Searched dataflows have perfect factors: of units in a smaller last turn Timeloop counts the first one,
    or an average, and no execution does so.

    False where the dataflow does not fit, which only the tiny buffer may claim.
    """
    attention = parse_attention(shape)
    flow = flow.with_factors("perfect") if flow.open else flow
    try:
        mapping = mapped(attention, architecture, flow, energies)
    except InvalidMapping:
        assert architecture.name == "tiny"
        return False
    ran = execute(attention, architecture, mapping)
    np.testing.assert_allclose(ran.output, ran.expected, rtol=1e-9)
    for einsum in attention.einsums():
        result = NativeEngine().evaluate(einsum, architecture, mapping[einsum.name], energies)
        compare(result, architecture, ran.words[einsum.name])
    requirement = joint_requirement(attention, architecture, mapping)
    assert ran.peak[1] == sum(term.words // term.copies for term in requirement.terms)
    answer = estimate(attention, architecture, softmax="free", ert=energies, mapping=mapping)
    for name, traffic in answer.traffic.items():
        for level in range(len(architecture.memories)):
            assert traffic.level(level) == ran.moved(level, name, "P" if name == "S" else name), name
    answer = estimate(attention, architecture, ert=energies, mapping=mapping)
    compare_softmax(answer.operators["softmax"], ran)
    return True


def compare_softmax(work, ran):
    """Words at every memory, and the operations of the lanes."""
    for tensor, traffic in work.traffic.items():
        for level in range(len(traffic.reads)):
            counted = ran.softmax.words[level, tensor]
            assert traffic.level(level) == (counted.reads, counted.updates), (level, tensor)
    assert work.energy["SoftmaxUnit", "compute"] == ran.softmax.total("lanes") * 0.5


def compare(result, architecture, words):
    """Every count at every instance."""
    seen = set()
    for level, memory in enumerate(architecture.memories):
        for tensor, counts in result[memory.name].tensors.items():
            instances = words[level, tensor]
            seen.add((level, tensor))
            assert counts.utilized_instances == len(instances)
            for each in instances.values():
                expected = (each.reads, each.fills, each.updates)
                assert (counts.reads, counts.fills, counts.updates) == expected, (memory.name, tensor)
    assert seen == set(words)


@pytest.mark.parametrize("name", ARCHITECTURES)
@pytest.mark.parametrize("shape", SHAPES)
def test_every_dataflow(shape, name, architectures, energies, execute):
    flows = map(parse_dataflow, dataflows(shape))
    fitted = [check(shape, architectures[name], flow, execute, energies) for flow in flows]
    assert sum(fitted) >= 2


@pytest.mark.parametrize("name", ("tiny", "mesh"))
@pytest.mark.parametrize("flow,stage", STAGED)
def test_staging_subsets(flow, stage, name, architectures, energies, execute):
    for shape in ("B=2,H=4,KV=2,M=4,N=6,D=4,E=2", "B=1,H=3,M=6,N=10,D=4,E=5"):
        check(shape, architectures[name], parse_dataflow(flow).staging(stage), execute, energies)


@pytest.mark.parametrize("shape", ["B=1,H=2,M=8,N=16,D=2", "B=2,H=4,KV=2,M=4,N=30,D=2"])
def test_key_tiles_with_online_softmax(shape, architectures, energies, execute):
    """A buffer that holds no whole row: the keys are tiled, and every correction is counted."""
    tiny = architectures["tiny"]
    buffer = replace(tiny.memories[1], capacity=48)
    tiny = replace(tiny, memories=(tiny.memories[0], buffer, *tiny.memories[2:]))
    mapping = mapped(parse_attention(shape), tiny, parse_dataflow("flash"), energies)
    assert dict(mapping.trips)["N"] > 1
    assert check(shape, tiny, parse_dataflow("flash"), execute, energies)


@pytest.mark.parametrize("flow", ["base", "flat-r2"])
def test_a_unit_of_two_passes(flow, architectures, energies, execute):
    square = architectures["square"]
    two = replace(square, softmax=replace(square.softmax, passes=2))
    assert check("B=2,H=3,M=6,N=10,D=4,E=4", two, parse_dataflow(flow), execute, energies)


@pytest.mark.parametrize("passes", [2, 3])
def test_softmax_of_rows_that_do_not_fit(passes, architectures, energies, execute):
    """Every pass then brings its row into the buffer, and the writing ones take it out again."""
    tiny = architectures["tiny"]
    buffer = replace(tiny.memories[1], capacity=16)
    memories, unit = (tiny.memories[0], buffer, *tiny.memories[2:]), replace(tiny.softmax, passes=passes)
    tiny = replace(tiny, memories=memories, softmax=unit)
    attention = parse_attention("B=1,H=1,M=2,N=10,D=2")
    mapping = mapped(attention, tiny, parse_dataflow("base"), energies)
    ran = execute(attention, tiny, mapping)
    np.testing.assert_allclose(ran.output, ran.expected, rtol=1e-9)
    compare_softmax(estimate(attention, tiny, ert=energies, mapping=mapping).operators["softmax"], ran)


def check_lent_registers(shape, flow, architecture, execute, energies):
    """Attend uses the array between two logit tiles: what logit left in the registers is gone."""
    attention = parse_attention(shape)
    mapping = mapped(attention, architecture, parse_dataflow(flow), energies)
    ran = execute(attention, architecture, mapping, forget_registers=True)
    np.testing.assert_allclose(ran.output, ran.expected, rtol=1e-9)
    for einsum in attention.einsums():
        result = NativeEngine().evaluate(einsum, architecture, mapping[einsum.name], energies)
        compare(result, architecture, ran.words[einsum.name])


@pytest.mark.parametrize("name", ("square", "wide", "mesh"))
@pytest.mark.parametrize("flow", ("flat-h", "flat-r1"))
def test_registers_lent_to_the_other_operator(flow, name, architectures, energies, execute):
    check_lent_registers("B=1,H=2,M=8,N=4,D=3,E=6", flow, architectures[name], execute, energies)


@pytest.mark.parametrize("name", ("square", "wide"))
@pytest.mark.parametrize("flow", ("flat-h", "flat-r1"))
def test_registers_that_could_hold_all_of_a_tensor(flow, name, architectures, energies, execute):
    """K and V fit the registers whole, yet no mapping is chosen that would leave them there."""
    check_lent_registers("B=1,H=4,KV=1,M=2,N=2,D=2", flow, architectures[name], execute, energies)
