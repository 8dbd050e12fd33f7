"""Run random fused mappings on hierarchies of memories and cores: output and every word as counted."""

from collections import defaultdict
from dataclasses import replace
from fractions import Fraction
from math import ceil, prod

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from flat_plugin.api import estimate
from flat_plugin.errors import FlatError
from flat_plugin.mapping.fused import FusedMapping, SharedLoops
from flat_plugin.mapping.named import parse_dataflow
from flat_plugin.mapping.nest import LevelMapping, OperatorMapping
from flat_plugin.workload.attention import Attention

NAMES = ("cores", "rows of cores", "scratchpads", "deep", "square")
LAYERS = (
    Attention(1, 2, 4, 4, 2, 3),
    Attention(2, 2, 6, 2, 2),
    Attention(1, 4, 2, 6, 2, kv_heads=2),
    Attention(1, 1, 12, 4, 2),
    Attention(1, 2, 4, 4, 2, 3, widths="K=8,V=8,S=32"),
    Attention(1, 4, 2, 4, 4, 2, kv_heads=1, joint=True),
    Attention(1, 2, 4, 6, 3, 3, kv_heads=1, widths="K=8,S=32", joint=True),
    Attention(1, 4, 2, 6, 2, kv_heads=2, widths="Q=8,K=4.25,V=4,S=24,O=48"),
)
MANY = settings(
    derandomize=True,
    deadline=None,
    max_examples=40,
    database=None,
    suppress_health_check=(HealthCheck.too_slow, HealthCheck.filter_too_much),
)
SCORES = {"logit": "S", "attend": "P"}


def primes(number):
    return next(([p, *primes(number // p)] for p in range(2, number + 1) if number % p == 0), [])


class Places:
    """Loops by (level, kind), and what is left of each fan-out."""

    def __init__(self, architecture):
        self.levels = len(architecture.memories)
        self.factors = {}
        self.room = {
            (level, axis): extent
            for level in range(self.levels)
            for axis, extent in zip("xy", architecture.fanout(level), strict=True)
        }

    def put(self, level, kind, dimension, trips):
        """Time takes what a fan-out has no room for; a dimension runs along one axis of a mesh."""
        other = (level, {"x": "y", "y": "x"}.get(kind), dimension) in self.factors
        if kind != "t" and (other or self.room[level, kind] < trips):
            return False
        if kind != "t":
            self.room[level, kind] //= trips
        key = level, kind, dimension
        self.factors[key] = self.factors.get(key, 1) * trips
        return True

    def loops(self, level, kind):
        return {d: n for (at, k, d), n in self.factors.items() if (at, k) == (level, kind)}


@st.composite
def fused_mappings(draw, attention, architecture, online):
    """Every prime factor of what both operators share goes outside the memory of the scores, in time or over
    its instances, or becomes an own loop of each; every other loop, order and bypass is free."""
    levels = len(architecture.memories)
    scores = draw(st.integers(1, levels - 1))
    last = draw(st.integers(0, scores - 1))
    shared, own = Places(architecture), {}
    sizes = attention.logit().sizes
    for dimension in [d for d in sizes if d != "D" and (online or d != "N")]:
        left = []
        for prime in primes(sizes[dimension]):
            kind = draw(st.sampled_from("txy-"))
            level = draw(st.integers(0, last if kind == "t" else scores - 1))
            if kind == "-" or not shared.put(level, kind, dimension, prime):
                left.append(prime)
        own[dimension] = left
    order = {i: draw(st.permutations(list(shared.loops(i, "t")))) for i in range(scores)}
    operators = []
    for einsum in attention.einsums():
        places = Places(architecture)
        places.factors, places.room = dict(shared.factors), dict(shared.room)
        for dimension, bound in einsum.bounds:
            unrolled = any((level, k, dimension) in shared.factors for level in range(scores) for k in "xy")
            for prime in own.get(dimension, primes(bound)):
                level = draw(st.integers(scores if unrolled else last, levels - 1))
                kind = draw(st.sampled_from("txy")) if level >= scores else "t"
                if (level, "t", dimension) in shared.factors or not places.put(level, kind, dimension, prime):
                    places.put(levels - 1, "t", dimension, prime)
        operators.append((einsum.name, operator(draw, einsum, architecture, places, order, scores)))
    loops = tuple(
        SharedLoops(
            architecture.memories[i].name,
            tuple((d, shared.factors[i, "t", d]) for d in reversed(order[i])),
            tuple((shared.loops(i, "x") | shared.loops(i, "y")).items()),
        )
        for i in range(scores)
    )
    flow = parse_dataflow("flash" if online else "flat-h").staging("S")
    stage = (("S", architecture.memories[scores].name),)
    held = whole_keys(operators, shared, scores)
    if held and draw(st.booleans()):
        stage += (("K", architecture.memories[held].name),)
    return FusedMapping(flow, loops, stage, tuple(operators))


def whole_keys(operators, shared, scores):
    """The innermost memory, up to that of the scores, that has all of an iteration's K; None if none has."""
    nests = dict(operators)
    for level in range(scores, 0, -1):
        outside = nests["logit"].levels[:level]
        own = [
            d
            for i, entry in enumerate(outside)
            for d, n in entry.temporal
            if n > 1 and (i, "t", d) not in shared.factors and d in "BHND"
        ]
        if not own and "K" not in nests["logit"].levels[level].bypass:
            return level
    return None


def operator(draw, einsum, architecture, places, shared_order, scores):
    names = [tensor.name for tensor in einsum.tensors]
    levels = []
    for i, memory in enumerate(architecture.memories):
        time = places.loops(i, "t")
        outer = shared_order.get(i, ())
        inner = draw(st.permutations([d for d in time if d not in outer]))
        bypass = set(draw(st.sets(st.sampled_from(names))))
        intermediate = SCORES[einsum.name]
        home = scores if intermediate in names else 0
        bypass = (bypass - {intermediate}) | ({intermediate} if i < home else set()) if i <= home else bypass
        if i == 0:
            bypass &= {intermediate}
        temporal = tuple((d, time[d]) for d in (*inner, *outer))
        x, y = (tuple(places.loops(i, axis).items()) for axis in "xy")
        levels.append(LevelMapping(memory.name, temporal, x, y, frozenset(bypass)))
    return OperatorMapping(tuple(levels))


def roomy(architecture):
    """Everything fits, yet every memory has a bound and so an inequality."""
    memories = tuple(replace(memory, capacity=1e6) for memory in architecture.memories)
    return replace(architecture, memories=memories)


def check(attention, architecture, mapping, execute, energies, *, softmax="overlapped"):
    """Run it and compare all that can be counted; no memory may hold what the other operator needs it for."""
    answer = estimate(attention, architecture, ert=energies, mapping=mapping, softmax=softmax)
    lent = any("as if its registers stayed" in note for note in answer.notes)
    assume(not lent)
    ran = execute(attention, architecture, mapping, forget_registers=True, on_array=softmax == "array")
    np.testing.assert_allclose(ran.output, ran.expected, rtol=1e-9)
    alone = {name: work for name, work in answer.operators.items() if name != "softmax"}
    for name in dict.fromkeys(tensor for work in alone.values() for tensor in work.traffic):
        for level in range(len(architecture.memories)):
            counted = [work.traffic[name].level(level) for work in alone.values() if name in work.traffic]
            moved = ran.moved(level, *(("S", "P") if name == "S" else (name,)))
            assert tuple(map(sum, zip(*counted, strict=True))) == moved, (name, level)
    check_softmax(answer.operators["softmax"], ran, architecture, softmax)
    if softmax != "array":
        check_lanes(answer.operators["softmax"], ran, architecture, mapping.scores)
    for level, need in enumerate(answer.requirements):
        assert need.buffer == architecture.memories[level].name
        if level:
            assert ran.peak[level] == sum(term.taken(16) / term.copies for term in need.terms), need
    check_bits(answer, ran, attention.widths, architecture, energies)


def check_bits(answer, ran, widths, architecture, energies):
    """Rows that are accessed, and cycles of the ports, from the bits of what was moved by each instance."""
    for operator, counted in ran.words.items():
        work = answer.operators[operator]
        for level, memory in enumerate(architecture.memories):
            pj = energies.components[memory.name].actions
            ports = defaultdict(lambda: [0.0, 0.0])
            for (at, tensor), by_instance in counted.items():
                if at != level:
                    continue
                bits = widths.of(tensor) or memory.word_bits
                rows = Fraction(bits) / (memory.word_bits * memory.block_size)  # of one word
                spent = 0.0
                for instance, words in by_instance.items():
                    moved = {"read": words.reads, "write": words.fills, "update": words.updates}
                    spent += sum(pj[action] * ceil(n * rows) for action, n in moved.items())
                    ports[instance][0] += words.reads * bits
                    ports[instance][1] += (words.fills + words.updates) * bits
                key = memory.name, "S" if tensor == "P" else tensor
                assert work.energy[key] == pytest.approx(spent), key
            busiest = max((port_cycles(memory, *bits) for bits in ports.values()), default=0.0)
            assert work.busy[memory.name] == pytest.approx(busiest), (operator, memory.name)


def port_cycles(memory, read, written):
    """Cycles for bits that a memory reads and that it writes."""
    limits = (
        (read + written, memory.shared_bandwidth),
        (read, memory.read_bandwidth),
        (written, memory.write_bandwidth),
    )
    return max(bits / (width * memory.word_bits) for bits, width in limits)


def check_softmax(work, ran, architecture, softmax):
    for tensor, traffic in work.traffic.items():
        for level in range(len(architecture.memories)):
            counted = ran.softmax.words[level, tensor]
            assert traffic.level(level) == (counted.reads, counted.updates), (tensor, level)
    unit, lanes = architecture.softmax, ran.softmax.total("lanes")
    if lanes:
        assert work.energy[unit.name, "compute"] == lanes * unit.energy_pj
    if softmax == "array":
        assert work.energy["MAC", "compute"] == ran.softmax.total("array") * 1.5


def check_lanes(work, ran, architecture, level):
    """The units of a core work on what the core has; where there are fewer units, nothing is said here."""
    unit, memory = architecture.softmax, architecture.memories[level]
    if unit.instances >= memory.instances:
        lanes = unit.lanes * unit.instances // memory.instances
        assert work.busy[unit.name] == ceil(ran.softmax.busiest("lanes") / lanes)


@pytest.mark.parametrize("softmax", ("overlapped", "array"))
@pytest.mark.parametrize("online", (False, True))
@pytest.mark.parametrize("name", NAMES)
@MANY
@given(data=st.data())
def test_random_chains(name, online, softmax, data, architectures, energies, execute):
    architecture = roomy(architectures[name])
    attention = data.draw(st.sampled_from(LAYERS))
    mapping = data.draw(fused_mappings(attention, architecture, online))
    try:
        check(attention, architecture, mapping, execute, energies, softmax=softmax)
    except FlatError as error:  # keys in several cores, whose parts of O cannot be added up
        assert online and "keys in several cores" in str(error) or "several memories" in str(error)


def shortened(mapping, attention):
    """The mapping of a longer layer as one of this layer: loops end where the layer does."""
    operators, trips = [], {}
    for einsum in attention.einsums():
        levels = list(mapping[einsum.name].levels)
        for dimension, bound in einsum.bounds:
            shorten(levels, dimension, bound, trips)
        operators.append((einsum.name, OperatorMapping(tuple(levels))))
    shared = tuple(
        SharedLoops(
            loops.level,
            tuple((d, trips[loops.level, "temporal", d]) for d, _ in loops.temporal),
            tuple((d, trips[loops.level, "spatial", d]) for d, _ in loops.spatial),
        )
        for loops in mapping.shared
    )
    return replace(mapping, shared=shared, operators=tuple(operators))


def shorten(levels, dimension, bound, trips):
    """The digits of the last index, written with the trips as radices, are where the last turns end."""
    loops = [
        (i, field, dict(getattr(level, field))[dimension])
        for i, level in enumerate(levels)
        for field in ("temporal", "spatial_x", "spatial_y")
        if dimension in dict(getattr(level, field))
    ]
    rest, inside, outermost = bound - 1, prod(n for _, _, n in loops), True
    for i, field, full in loops:
        inside //= full
        last, rest = rest // inside + 1, rest % inside
        n = last if outermost else full
        outermost = outermost and last == 1
        kind = field.split("_")[0]
        trips[levels[i].level, kind, dimension] = n
        factors = tuple((d, n if d == dimension else trip) for d, trip in getattr(levels[i], field))
        ends = getattr(levels[i], f"last_{kind}") + (((dimension, last),) if last < n else ())
        levels[i] = replace(levels[i], **{field: factors, f"last_{kind}": ends})


@pytest.mark.parametrize("online", (False, True))
@pytest.mark.parametrize("name", NAMES)
@MANY
@given(data=st.data())
def test_random_chains_whose_last_tiles_are_smaller(name, online, data, architectures, energies, execute):
    """The result, all that softmax does, and the room of every tile are exact. The words of an operator are
    Timeloop's, which takes tiles side by side to be alike and fetches some words of a smaller tile twice: at
    the outermost memory never less than what really moves."""
    architecture = roomy(architectures[name])
    longer = data.draw(st.sampled_from(LAYERS))
    rows, keys = (data.draw(st.integers(n // 2 + 1, n)) for n in (longer.queries, longer.keys))
    attention = replace_lengths(longer, rows, keys)
    mapping = shortened(data.draw(fused_mappings(longer, architecture, online)), attention)
    try:
        answer = estimate(attention, architecture, ert=energies, mapping=mapping, softmax="overlapped")
    except FlatError as error:
        assert online and "keys" in str(error)
        return
    ran = execute(attention, architecture, mapping)
    np.testing.assert_allclose(ran.output, ran.expected, rtol=1e-9)
    check_softmax(answer.operators["softmax"], ran, architecture, "overlapped")
    check_lanes(answer.operators["softmax"], ran, architecture, mapping.scores)
    for level, need in enumerate(answer.requirements):
        assert ran.peak[level] <= sum(term.taken(16) / term.copies for term in need.terms)
    for tensor in "QKVO":
        counted = answer.operators["logit" if tensor in "QK" else "attend"].traffic[tensor].level(0)
        assert all(ours >= real for ours, real in zip(counted, ran.moved(0, tensor), strict=True)), tensor


def replace_lengths(attention, queries, keys):
    a = attention
    return Attention(a.batch, a.heads, queries, keys, a.head_dim, a.value_dim, a.kv_heads)
