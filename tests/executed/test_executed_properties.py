"""What must hold of any layer: limits, sums, scaling, and the paper's footprints."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from flat_plugin.api import estimate
from flat_plugin.errors import InvalidMapping
from flat_plugin.mapping.named import list_dataflows, parse_dataflow
from flat_plugin.mapspace.dataflow_mapping import joint_requirement, map_dataflow
from flat_plugin.workload.attention import Attention

UNHURRIED = (HealthCheck.too_slow, HealthCheck.filter_too_much)
FEW = settings(
    derandomize=True, deadline=None, max_examples=40, database=None, suppress_health_check=UNHURRIED
)
FLOWS = [f.name if f.granularity != "R" else f"{f.name}1" for f in list_dataflows() if not f.searched]
FUSED = [name for name in FLOWS if name.startswith("flat")]
HEADS = st.sampled_from([(1, 1), (2, 1), (3, 3), (4, 2), (6, 2)])
SIZES = st.sampled_from([1, 2, 3, 4, 6, 7, 10])
STAGES = st.sampled_from([None, *map(list, ("", "K", "V", "KV", "QO", "QKVO"))])
SOFTMAX = st.sampled_from(["free", "serial", "overlapped"])


@st.composite
def attentions(draw):
    heads, kv_heads = draw(HEADS)
    sizes = (draw(SIZES), draw(SIZES), draw(SIZES), draw(SIZES))
    return Attention(draw(st.sampled_from([1, 2, 3])), heads, *sizes, kv_heads=kv_heads)


def compulsory(attention):
    """Q and O once per query head, K and V once per key/value head."""
    a, widths = attention, attention.head_dim + attention.value_dim
    return a.batch * widths * (a.heads * a.queries + a.kv_heads * a.keys)


def estimated(attention, architecture, flow, energies, **options):
    """None where it does not fit."""
    try:
        return estimate(attention, architecture, flow, ert=energies, **options)
    except InvalidMapping:
        return None


@FEW
@given(
    a=attentions(),
    name=st.sampled_from(["square", "tiny", "mesh"]),
    flow=st.sampled_from(FUSED),
    stage=STAGES,
    factors=st.sampled_from(["perfect", "imperfect"]),
)
def test_fused_traffic_is_at_least_compulsory(a, name, flow, stage, factors, architectures, energies):
    answer = estimated(a, architectures[name], flow, energies, stage=stage, softmax="free", factors=factors)
    assume(answer)
    assert answer.dram_words >= compulsory(a)
    assert answer.limits.compulsory_dram_words == compulsory(a)
    assert answer.traffic["S"].dram == 0
    if answer.mapping.staged >= {"K", "V"} and a.group == 1 and factors == "perfect":
        assert answer.dram_words == compulsory(a)


@FEW
@given(
    a=attentions(),
    name=st.sampled_from(["square", "tiny", "deep", "mesh"]),
    flow=st.sampled_from(FLOWS),
    softmax=SOFTMAX,
)
def test_energy_is_the_sum_of_its_parts(a, name, flow, softmax, architectures, energies):
    answer = estimated(a, architectures[name], flow, energies, softmax=softmax)
    assume(answer)
    works = answer.operators.values()
    assert answer.energy_pj == pytest.approx(sum(answer.energy.values()))
    assert answer.energy_pj == pytest.approx(sum(work.energy_pj for work in works))
    for component, energy in answer.energy.items():
        parts = [e for work in works for (owner, _), e in work.energy.items() if owner == component]
        assert energy == pytest.approx(sum(parts))
    for tensor, traffic in answer.traffic.items():
        assert traffic.dram == sum(work.traffic[tensor].dram for work in works if tensor in work.traffic)
    assert answer.energy_pj >= answer.limits.energy_pj * (1 - 1e-12)
    assert answer.cycles >= answer.limits.cycles


@FEW
@given(a=attentions(), flow=st.sampled_from(["flat-m", "flat-b", "flat-h", "flat-r1"]))
def test_unfused_moves_the_scores_out_and_back(a, flow, architectures, energies):
    """Everything staged fits: fused saves exactly one write and one read of S."""
    square = architectures["square"]
    fused = estimated(a, square, parse_dataflow(flow).staging("QKVO"), energies, softmax="free")
    unfused = [
        answer
        for name in ("base", "base-h", "base-b", "base-m")
        if (answer := estimated(a, square, name, energies, softmax="free"))
    ]
    assume(fused and unfused and (a.group == 1 or flow in ("flat-m", "flat-b")))
    for answer in unfused:
        assert answer.traffic["S"].dram >= 2 * a.softmax_elements
        assert answer.dram_words >= fused.dram_words + 2 * a.softmax_elements


@FEW
@given(
    a=attentions(),
    times=st.sampled_from([2, 3, 5]),
    flow=st.sampled_from(["base", "base-h", "flat-h", "flat-r1"]),
    dimension=st.sampled_from("BH"),
    softmax=st.sampled_from(["free", "serial"]),
)
def test_counts_scale_with_batch_and_heads(a, times, flow, dimension, softmax, architectures, energies):
    """The same tiles for more sequences, or for more heads of the same width.

    The search itself may choose other tiles: energy per block of words is rounded up.
    """
    tiny = architectures["tiny"]
    one = estimated(a, tiny, flow, energies, softmax=softmax, factors="perfect")
    assume(one)
    mapping = with_more(one.mapping, dimension, times)
    grown = {"B": {"batch": a.batch * times}, "H": {"heads": a.heads * times, "kv_heads": a.kv_heads * times}}
    known = {name: getattr(a, name) for name in Attention.__annotations__}
    attention = Attention(**(known | grown[dimension]))
    many = estimate(attention, tiny, ert=energies, softmax=softmax, mapping=mapping)
    for tensor, traffic in one.traffic.items():
        assert many.traffic[tensor] == traffic * times
    for name, work in one.operators.items():
        assert many.operators[name].computes == times * work.computes
    for component, busy in one.busy.items():
        if component == "SoftmaxUnit":  # whose last cycle may use only some of its lanes
            assert times * (busy - 1) < many.busy[component] <= times * busy
        else:
            assert many.busy[component] == pytest.approx(times * busy)
    assert many.requirement.words == one.requirement.words
    assert many.limits.compulsory_dram_words == times * one.limits.compulsory_dram_words


def with_more(mapping, dimension, times):
    """The outermost loop over this dimension, longer; a shared loop too."""

    def longer(factors):
        return tuple((d, n * times if d == dimension else n) for d, n in factors)

    operators = []
    for name, operator in mapping.operators:
        outer, *inner = operator.levels
        assert dimension in dict(outer.temporal)
        outer = replace(outer, temporal=longer(outer.temporal))
        operators.append((name, replace(operator, levels=(outer, *inner))))
    shared = tuple(replace(loops, temporal=longer(loops.temporal)) for loops in mapping.shared)
    return replace(mapping, shared=shared, operators=tuple(operators))


@FEW
@given(
    batch=st.integers(1, 3),
    heads=st.integers(1, 4),
    n=st.sampled_from([1, 2, 4, 6, 9]),
    d=st.integers(1, 6),
    rows=st.integers(1, 3),
)
def test_footprints_are_the_papers(batch, heads, n, d, rows, architectures, energies):
    """Table 1, with D = H·d."""
    assume(n % rows == 0)
    roomy = architectures["square"]
    buffer = replace(roomy.memories[1], capacity=1e9)
    roomy = replace(roomy, memories=(roomy.memories[0], buffer, *roomy.memories[2:]))
    attention, wide = Attention(batch, heads, n, n, d), heads * d
    expected = {
        "flat-m": 8 * batch * wide * n + batch * heads * n**2,
        "flat-b": 8 * wide * n + heads * n**2,
        "flat-h": 8 * n * d + n**2,
        f"flat-r{rows}": 4 * rows * d + 4 * n * d + rows * n,
    }
    for name, words in expected.items():
        flow = parse_dataflow(name).staging("QKSVO")
        mapping = map_dataflow(attention, roomy, flow, energies)
        assert joint_requirement(attention, roomy, mapping).words == words, name
