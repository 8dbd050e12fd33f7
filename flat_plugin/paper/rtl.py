"""Fused logit and attend on a 16 x 16 array in RTL.

Source: the artifact of TileFlow (Zheng et al., MICRO 2023; MIT): 40 mappings without softmax,
16-bit words, DRAM 4 words/cycle, buffer 32 words/cycle. Its letters: M queries, L keys, K the head
dimension of queries and keys, N that of values; here they are M, N, D and E.

The nest that gives the four counters of every row, R = tile_M rows at a time::

    for m in M / tile_M:                          # shared, DRAM
      logit:   for d in D / tile_K:               # DRAM: K streams as [N x tile_K] slabs
                 for m, d: 16 x 16 weights of Q   # buffer -> array, held
                   for n in N:                    # a row of K in, 16 partial sums of S out
      scores:  for m, n: S read, S written        # one more pass over the scores
      attend:  for n in N / tile_L:               # DRAM: V streams as [tile_L x E] slabs
                 for m, n: 16 x 16 weights of P   # buffer -> array, held
                   for e in E:                    # a row of V in, 16 partial sums of O out

K and V are not staged: a row tile starts with an empty slab buffer, even where one slab is the
whole of K or V (V's slabs overwrite K's). So the engine evaluates the nest of one row tile, and the
shared loop repeats it (:func:`one_tile`). Over the whole iteration space a slab that no inner loop
moves would count as held across the row tiles, which is what staging means.

S and O accumulate in the buffer. Timeloop does not count the read that precedes the first update
of an accumulator (nothing is there yet); this array reads it (a zero), as its counter shows:
:func:`first_reads`, one word for each word of S and of O, found from the engine's own counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, TypedDict

from flat_plugin.architecture.energy_table import ComponentEnergy, EnergyTable
from flat_plugin.architecture.hardware import Architecture, Compute, Memory
from flat_plugin.documents.table import Line, read_table
from flat_plugin.errors import FlatError
from flat_plugin.mapping.dataflow import Dataflow
from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.mapping.named import parse_dataflow
from flat_plugin.mapping.nest import LevelMapping, OperatorMapping
from flat_plugin.model.chain import Latency, fused_latency
from flat_plugin.model.operator import LevelResult, OperatorResult, evaluate_operator
from flat_plugin.model.operator_work import Traffic, Work, edge_cycles, port_cycles, work_of
from flat_plugin.paper.comparison import Comparison
from flat_plugin.paper.published import Figure, Size, each_placed
from flat_plugin.paper.tiles import one_tile, tile_words
from flat_plugin.workload.attention import Attention
from flat_plugin.workload.einsum import Einsum, Tensor

FILE = "fused_attention_rtl.csv"
COUNTERS = ("mem_to_buf_bits", "buf_to_mem_bits", "buf_to_reg_bits", "reg_to_buf_bits")
SIDE = 16  # of the array
WORD_BITS = 16
_OUTPUTS = {"logit": "S", "attend": "O"}  # they accumulate in the buffer


class RtlRow(TypedDict):
    """A row of the published table: sizes and tiles in elements, counters in bits."""

    M: Size
    L: Size
    K: Size
    N: Size
    tile_M: Size
    tile_K: Size
    tile_L: Size
    mem_to_buf_bits: Figure
    buf_to_mem_bits: Figure
    buf_to_reg_bits: Figure
    reg_to_buf_bits: Figure
    rtl_cycles: Figure


UNREAD = dict.fromkeys(  # columns that change nothing we compare
    ("tileflow_cycles", "tileflow_dram_read_words", "tileflow_dram_write_words"),
    "what TileFlow predicted for the RTL",
)


@dataclass(frozen=True)
class RtlCase:
    """Sizes and tiles of one simulated mapping, in elements."""

    queries: int
    keys: int
    head_dim: int
    value_dim: int
    tile_rows: int
    tile_head_dim: int
    tile_keys: int

    @classmethod
    def of(cls, row: RtlRow) -> RtlCase:
        """From a row of the published table, whose tiles are multiples of the array and divide its sizes.

        Raises:
            FlatError: they do not.
        """
        given = dict[str, Any](row)
        for name in "MKL":
            size, tile = given[name], given[f"tile_{name}"]
            if size % tile or tile % SIDE:
                expected = f"a divisor of {name}, {size}, and a multiple of {SIDE}"
                raise FlatError(
                    "a tile that is not taken", path=f"tile_{name}", value=tile, expected=expected
                )
        sizes = (row["M"], row["L"], row["K"], row["N"])
        return cls(*sizes, row["tile_M"], row["tile_K"], row["tile_L"])

    @property
    def attention(self) -> Attention:
        return Attention(1, 1, self.queries, self.keys, self.head_dim, self.value_dim)

    @property
    def dataflow(self) -> Dataflow:
        """Row granularity; Q, K and V streamed, S and O held for the rows of a tile."""
        return parse_dataflow(f"flat-r{self.tile_rows}").staging("SO")

    def __str__(self) -> str:
        sizes = f"M{self.queries} N{self.keys} D{self.head_dim} E{self.value_dim}"
        return f"{sizes} tiles {self.tile_rows}/{self.tile_head_dim}/{self.tile_keys}"


@dataclass(frozen=True)
class RtlResult:
    """Counters in bits, by the published names; and the latency."""

    counters: Mapping[str, int]
    latency: Latency
    works: tuple[Work, ...]


def rtl_architecture() -> Architecture:
    """The simulated machine: a processing element holds one weight.

    DRAM's 4 words/cycle are shared by reads and writes. The buffer has 32 words/cycle a port: with
    one port for both, the array's traffic alone would take up to 57 % longer than was measured. The
    capacity is not published.
    """
    return Architecture(
        "tileflow-rtl",
        (
            Memory("DRAM", "DRAM", WORD_BITS, shared_bandwidth=4.0),
            Memory("Buffer", "SRAM", WORD_BITS, read_bandwidth=32.0, write_bandwidth=32.0),
            Memory("PERegs", "regfile", WORD_BITS, capacity=1, instances=256, mesh_x=SIDE, mesh_y=SIDE),
        ),
        Compute("MAC", "intmac", WORD_BITS, 256, SIDE, SIDE),
    )


def rtl_mapping(case: RtlCase) -> FusedMapping:
    """The explicit nest of the module's text."""
    shared = (("M", case.queries // case.tile_rows),)
    operators = (("logit", _logit(case)), ("attend", _attend(case)))
    return FusedMapping.below_outermost(case.dataflow, shared, frozenset("SO"), operators)


def score_pass(case: RtlCase) -> tuple[Einsum, OperatorMapping]:
    """One more pass over the scores: each is read from the buffer and written back (as T)."""
    einsum = Einsum(
        "score_pass",
        (("M", case.queries), ("N", case.keys)),
        (Tensor("S", ("M", "N")), Tensor("T", ("M", "N"), output=True)),
    )
    both = frozenset("ST")
    outer = LevelMapping("DRAM", (("M", case.queries // case.tile_rows),), bypass=both)
    loops = (("N", case.keys // SIDE), ("M", case.tile_rows))
    buffer = LevelMapping("Buffer", loops, spatial_x=(("N", SIDE),))
    return einsum, OperatorMapping((outer, buffer, LevelMapping("PERegs", bypass=both)))


def evaluate_rtl(case: RtlCase, architecture: Architecture | None = None) -> RtlResult:
    """Evaluate one mapping by the engine, and chain it."""
    machine = architecture or rtl_architecture()
    mapping = rtl_mapping(case)
    logit, attend = ((einsum, mapping[einsum.name]) for einsum in case.attention.einsums())
    results = [
        _evaluate(*one_tile(einsum, operator, mapping.trips), machine)
        for einsum, operator in (logit, score_pass(case), attend)
    ]
    works = [work_of(result, machine) for result in results]
    works += [_accumulator_work(result, machine) for result in results if result.operator in _OUTPUTS]
    trips = prod(trips for _, trips in mapping.trips)
    works = [work * trips for work in works]
    latency = fused_latency(
        works,
        machine,
        softmax_serial=False,
        edges=edge_cycles(
            machine.memories[0],
            tile_words(case.attention.logit(), mapping, ("Q", "K")),
            tile_words(case.attention.attend(), mapping, ("O",)),
        ),
    )
    return RtlResult(_counters(results, works, trips), latency, tuple(works))


def first_reads(level: LevelResult) -> int:
    """Words of accumulators that Timeloop does not read before their first update, over all instances."""
    return sum(
        (counts.updates - counts.temporal_reductions) * counts.utilized_instances
        for counts in level.tensors.values()
    )


def rtl_comparisons(folder: Path) -> list[Comparison]:
    """Every row of the published table: four counters and the cycles."""
    return [one for row in each_placed(read_table(folder / FILE, RtlRow), _compared) for one in row]


def _compared(line: Line[RtlRow]) -> list[Comparison]:
    case, published = RtlCase.of(line.row), dict[str, Any](line.row)
    result = evaluate_rtl(case)
    counters = [
        Comparison("rtl", str(case), name, "bits", result.counters[name], published[name], exact=True)
        for name in COUNTERS
    ]
    note = f"bound by {result.latency.bound}"
    cycles, theirs = result.latency.cycles, published["rtl_cycles"]
    return [*counters, Comparison("rtl", str(case), "cycles", "cycles", cycles, theirs, note=note)]


def _logit(case: RtlCase) -> OperatorMapping:
    """Q is the weights; a slab of K, whole in N and tile_K wide, streams past."""
    shared = ("M", case.queries // case.tile_rows)
    return OperatorMapping(
        (
            LevelMapping("DRAM", (("D", case.head_dim // case.tile_head_dim), shared), bypass=frozenset("S")),
            LevelMapping(
                "Buffer",
                (("N", case.keys), ("D", case.tile_head_dim // SIDE), ("M", case.tile_rows // SIDE)),
                (("M", SIDE),),
                (("D", SIDE),),
            ),
            LevelMapping("PERegs", bypass=frozenset("KS")),
        )
    )


def _attend(case: RtlCase) -> OperatorMapping:
    """P is the weights; a slab of V, whole in E and tile_L high, streams past."""
    shared = ("M", case.queries // case.tile_rows)
    return OperatorMapping(
        (
            LevelMapping("DRAM", (("N", case.keys // case.tile_keys), shared), bypass=frozenset("P")),
            LevelMapping(
                "Buffer",
                (("E", case.value_dim), ("N", case.tile_keys // SIDE), ("M", case.tile_rows // SIDE)),
                (("M", SIDE),),
                (("N", SIDE),),
            ),
            LevelMapping("PERegs", bypass=frozenset("VO")),
        )
    )


def _accumulator_work(result: OperatorResult, machine: Architecture) -> Work:
    """The reads of accumulators before their first update."""
    buffer = machine.memories[1]
    words = first_reads(result[buffer.name])
    busy = {buffer.name: port_cycles(buffer, words, 0)}
    traffic = {_OUTPUTS[result.operator]: Traffic.at(1, reads=words)}
    return Work(f"{result.operator} accumulators", busy[buffer.name], busy, {}, traffic)


def _counters(results: Sequence[OperatorResult], works: Sequence[Work], trips: int) -> dict[str, int]:
    """The published counters. Words that the array gives to the buffer are the buffer's updates;
    its fills come from DRAM, and its reads all go to the array (Timeloop counts no read for a drain).
    """
    traffic = [words for work in works for words in work.traffic.values()]
    updates = trips * sum(
        counts.updates * counts.utilized_instances
        for result in results
        for counts in result["Buffer"].tensors.values()
    )
    words = (
        sum(entry.dram_reads for entry in traffic),
        sum(entry.dram_writes for entry in traffic),
        sum(entry.buffer_reads for entry in traffic),
        updates,
    )
    return {name: int(count) * WORD_BITS for name, count in zip(COUNTERS, words, strict=True)}


def _evaluate(einsum: Einsum, mapping: OperatorMapping, machine: Architecture) -> OperatorResult:
    """By the engine; cycles and counts only, no energies."""
    energies = {part.name: ComponentEnergy.of_nothing() for part in machine.parts}
    none = EnergyTable(energies, source="none: cycles and counts only")
    return evaluate_operator(einsum, machine, mapping, none)
