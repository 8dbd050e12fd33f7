"""FuseMax's own binding: attention in one pass over the keys, softmax on the array (MICRO 2024, MIT).

256 × 256 PEs, 256 lanes and 16 MiB. Every PE has one score at a time; the nest, P rows at a time
(P: the most, dividing the queries, that leave room)::

    for b, h, m in M / P:                    # shared, DRAM
      for n in N / 256:                      # shared, DRAM: K and V come 256 at a time
        for m in P / 256:                    # shared, buffer: Q and O of P rows stay there
          parallel m in 256, n in 256:       # shared, over the array: a score a PE
            logit:    for d in D             # S accumulates in the PE
            softmax:  maximum, exponent (a subtraction and six multiply-accumulates), sum
            attend:   for e in E             # sums over n run down the array, to the lanes

The lanes keep the running maximum and sum of each row and, in the buffer, its output: corrected at every
tile of keys, divided at the end. Keys are unrolled over the array, so a row's scores of one tile are
brought to one maximum before they are added up.

FuseMax holds Q, O, the maxima and the sums of P rows, and one tile of K and V, once each; this package
double buffers what comes and goes, which the 16 MiB would not hold. So the rule that P follows is
FuseMax's, and the capacity is not checked again.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from flat_plugin.architecture.hardware import Architecture
from flat_plugin.architecture.overrides import override
from flat_plugin.architecture.presets import find_architecture
from flat_plugin.documents.table import Line, read_table
from flat_plugin.energy.choose import energy_for
from flat_plugin.errors import FlatError
from flat_plugin.mapping.fused import FusedMapping, SharedLoops
from flat_plugin.mapping.named import parse_dataflow
from flat_plugin.mapping.nest import LevelMapping, OperatorMapping
from flat_plugin.model.chain import Latency, fused_latency, total_traffic
from flat_plugin.model.first_and_last_tiles import way_in_and_out
from flat_plugin.model.operator import evaluate_operator
from flat_plugin.model.operator_work import Work, work_of
from flat_plugin.model.softmax import softmax_of
from flat_plugin.model.softmax_site import check_joined, fused_site
from flat_plugin.paper.comparison import Comparison
from flat_plugin.paper.fusemax import FuseMaxRow, published_layer
from flat_plugin.paper.published import each_placed
from flat_plugin.workload.attention import Attention

FILE = "fusemax_attn_onepass.csv"
BUFFER_KB = 16 * 1024


@dataclass(frozen=True)
class OnePass:
    """What the binding costs: bytes of DRAM traffic, and seconds."""

    mapping: FusedMapping
    traffic_bytes: float
    latency: Latency
    seconds: float
    works: tuple[Work, ...]


def onepass_architecture() -> Architecture:
    """FuseMax's cloud: FLAT's, with half the buffer."""
    return override(find_architecture("cloud"), {"buffer_kb": BUFFER_KB})


def rows_at_a_time(attention: Attention, machine: Architecture) -> int:
    """P: whole tiles of the array, as many as divide the queries and fit.

    Raises:
        FlatError: queries or keys are no whole number of tiles, or one tile of rows does not fit.
    """
    side = machine.compute.mesh_x
    for name, length in (("queries", attention.queries), ("keys", attention.keys)):
        if length % side:
            raise FlatError(f"not a multiple of {side} {name}", path=name, value=length)
    widths = attention.head_dim + attention.value_dim
    most = (machine.memories[1].capacity - side * widths) // (side * (widths + 2))
    tiles = attention.queries // side
    fitting = [count for count in range(1, tiles + 1) if tiles % count == 0 and count <= most]
    if not fitting:
        raise FlatError(f"the buffer does not hold {side} rows of one-pass attention", value=str(attention))
    return side * max(fitting)


def onepass_mapping(attention: Attention, machine: Architecture) -> FusedMapping:
    """The nest of the module's text."""
    side, rows = machine.compute.mesh_x, rows_at_a_time(attention, machine)
    outer, buffer, registers = (memory.name for memory in machine.memories)
    shared = (
        SharedLoops(
            outer,
            (
                ("B", attention.batch),
                ("H", attention.heads),
                ("M", attention.queries // rows),
                ("N", attention.keys // side),
            ),
        ),
        SharedLoops(buffer, (("M", rows // side),), (("M", side), ("N", side))),
    )
    operators = tuple(
        (name, OperatorMapping(_levels(shared, scores, column, others, registers)))
        for name, scores, column, others in (
            ("logit", "S", ("D", attention.head_dim), "QK"),
            ("attend", "P", ("E", attention.value_dim), "VO"),
        )
    )
    stage = tuple((tensor, registers if tensor == "S" else buffer) for tensor in "KOQSV")
    return FusedMapping(parse_dataflow("flash").staging("QKSVO"), shared, stage, operators)


def _levels(
    shared: tuple[SharedLoops, ...], scores: str, column: tuple[str, int], others: str, registers: str
) -> tuple[LevelMapping, ...]:
    outside = frozenset(scores)
    outer, buffer = (
        LevelMapping(
            loops.level, tuple(reversed(loops.temporal)), loops.spatial[:1], loops.spatial[1:], outside
        )
        for loops in shared
    )
    return outer, buffer, LevelMapping(registers, (column,), bypass=frozenset(others))


def evaluate_onepass(attention: Attention) -> OnePass:
    """The binding's traffic and latency.

    Raises:
        FlatError: it is not defined for these lengths.
    """
    machine = onepass_architecture()
    energies = energy_for(machine, None)
    mapping = onepass_mapping(attention, machine)
    einsums = {einsum.name: einsum for einsum in attention.einsums()}
    results = [
        evaluate_operator(einsum, machine, mapping[name], energies) for name, einsum in einsums.items()
    ]
    site = fused_site(attention, mapping)
    check_joined(site, "array", mapping, machine, results)
    works = [work_of(result, machine) for result in results]
    works.insert(1, softmax_of(attention, machine, energies, site, through_dram=0.0, on_array=True))
    edges = way_in_and_out(einsums, mapping, machine)
    latency = fused_latency(works, machine, softmax_serial=False, edges=edges)
    words = sum(traffic.dram for traffic in total_traffic(works).values())
    return OnePass(
        mapping,
        words * machine.memories[0].word_bits / 8,
        latency,
        latency.cycles * machine.cycle_seconds,
        tuple(works),
    )


def onepass_comparisons(folder: Path) -> list[Comparison]:
    """Traffic and latency of every row of the table.

    Raises:
        FlatError: the table is not there, or has a row that is not of its form or cannot be placed.
    """
    rows = each_placed(read_table(folder / FILE, FuseMaxRow), _compared)
    return [comparison for row in rows for comparison in row]


def _compared(line: Line[FuseMaxRow]) -> list[Comparison]:
    row = line.row
    ours = evaluate_onepass(published_layer(row["model"], row["seq_len"]))
    case, rows = f"{row['model']} {row['seq_len']} flash", _rows(ours.mapping)
    note = (
        f"bound by {ours.latency.bound}; {rows} rows at a time, which double buffers would not leave room for"
    )
    experiment = "fusemax, one pass"
    return [
        Comparison(
            experiment, case, "DRAM traffic", "B", ours.traffic_bytes, row["traffic"], exact=True, note=note
        ),
        Comparison(experiment, case, "latency", "s", ours.seconds, row["latency"], note=note),
    ]


def _rows(mapping: FusedMapping) -> int:
    """Rows that stay in the buffer while all keys pass."""
    return mapping["logit"].covers("M") // dict(mapping.at(0).temporal)["M"]
