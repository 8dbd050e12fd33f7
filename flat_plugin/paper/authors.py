"""The FLAT authors' own cost model, as corrected and published with FuseMax (MICRO 2024, MIT).

Its assumptions: softmax is free, energy is DRAM traffic alone at 32 pJ/B, words are 16 bits, and
logit and attend are interleaved whether or not the scores stay on chip. Each published row names
its choices, and they say which nest runs (a = side of the array):

* ``fusion_granularity`` head: the shared loops are B, H; row: B, H and M in tiles of P1 rows.
* ``X_loc`` onchip: the tile of X inside the shared loops is held; offchip: X streams.
* output stationary: the array holds a x a of the result while the reduction streams past. The
  streamed operands are fetched again for every such tile.
* weight stationary: the array holds a x a of K (of V) while the rows stream past. A weight is
  fetched once for each iteration of the shared loops, and O accumulates on chip. Where Q is not staged
  it streams past once for every a keys that the array holds.

Not modelled, because the published numbers do not say what it is: a fixed number of words
(23,552 to 491,520, by platform and stationarity; FuseMax's table of the same loops is without
them), and 6 cycles for each iteration of the shared loops. They are the whole of the remaining
difference on rows that do not spill. On rows that do, the authors charge 2.25 (cloud) or 12 (edge)
words of DRAM traffic for each score that does not fit; we charge 2: out and back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal, TypedDict

from flat_plugin.architecture.energy_table import ComponentEnergy, EnergyTable
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.architecture.presets import find_architecture
from flat_plugin.documents.table import Line, read_table
from flat_plugin.errors import FlatError
from flat_plugin.mapping.dataflow import Dataflow
from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.mapping.nest import Factors, LevelMapping, OperatorMapping
from flat_plugin.model.capacity import Requirement, requirement
from flat_plugin.model.chain import Latency, fused_latency, total_energy, total_traffic
from flat_plugin.model.operator import evaluate_operator
from flat_plugin.model.operator_work import Work, edge_cycles, work_of
from flat_plugin.model.softmax import softmax_of
from flat_plugin.model.softmax_site import fused_site, unfused_site
from flat_plugin.model.spill import spilled_share, spilled_work
from flat_plugin.paper.comparison import Comparison
from flat_plugin.paper.published import Figure, Size, each_placed, tokens_of
from flat_plugin.paper.tiles import tile_words
from flat_plugin.schema import Range
from flat_plugin.workload.attention import Attention
from flat_plugin.workload.einsum import Einsum

FILE = "flat_authors_model.csv"
PJ_PER_BYTE = 32.0
CYCLES_PER_SECOND = 940e6

Place = Literal["onchip", "offchip"]
Stationarity = Literal["output", "weight"]


class AuthorsRow(TypedDict):
    """A row of the published table: P are the queries, M the keys, E and F the head dimensions of keys and
    values; P1 the rows of a tile; figures in bytes, seconds and pJ.
    """

    platform: Literal["edge", "cloud"]
    models: str
    seq_len: str
    B: Size
    H: Size
    M: Size
    P: Size
    E: Size
    F: Size
    Q_loc: Place
    K_loc: Place
    QK_loc: Place
    V_loc: Place
    AV_loc: Place
    QK_stationarity: Stationarity
    AV_stationarity: Stationarity
    fusion_granularity: Literal["head", "row"]
    P1: Size
    proportion_spilled: Annotated[float, Range(0, 1)]
    mem_traffic: Figure
    ideal_latency: Figure
    actual_latency: Figure
    energy: Figure


UNREAD = {  # columns that change nothing we compare
    "D": "the width of the model: attention has heads of E and F",
    "S": "the width of the feed-forward layer, which is not attention",
    "A_loc": "the scores after softmax, which stay where QK_loc has them",
    "proportion_buffered": "what proportion_spilled leaves",
    "ideal_latency": "the authors' bound, not their model's latency",
}
_PLACES = {"Q": "Q_loc", "K": "K_loc", "S": "QK_loc", "V": "V_loc", "O": "AV_loc"}


@dataclass(frozen=True)
class AuthorsCase:
    """One row's workload and choices; ``rows`` is P1, ``on_chip`` of Q, K, S, V, O."""

    platform: str
    model: str
    length: str
    attention: Attention
    granularity: str
    rows: int
    on_chip: frozenset[str]
    logit_stationary: str
    attend_stationary: str

    @classmethod
    def of(cls, row: AuthorsRow) -> AuthorsCase:
        """From a row of the published table.

        Raises:
            FlatError: the tile of rows does not divide the queries, or the length is none of the row's.
        """
        if tokens_of(row["seq_len"]) not in (row["P"], row["M"]):
            raise FlatError(
                "not the queries or keys of this row",
                path="seq_len",
                value=row["seq_len"],
                expected=f"P = {row['P']} or M = {row['M']}",
            )
        by_row = row["fusion_granularity"] == "row"
        if by_row and row["P"] % row["P1"]:
            raise FlatError(
                "tiles of rows are whole", path="P1", value=row["P1"], expected=f"a divisor of {row['P']}"
            )
        return cls(
            row["platform"],
            row["models"],
            row["seq_len"],
            Attention(row["B"], row["H"], row["P"], row["M"], row["E"], row["F"]),
            row["fusion_granularity"],
            row["P1"],
            frozenset(tensor for tensor, column in _PLACES.items() if row[column] == "onchip"),  # type: ignore[literal-required]
            row["QK_stationarity"],
            row["AV_stationarity"],
        )

    @property
    def shared(self) -> Factors:
        """The shared loops, outermost first."""
        loops = [("B", self.attention.batch), ("H", self.attention.heads)]
        if self.granularity == "row":
            loops.append(("M", self.attention.queries // self.rows))
        return tuple(loops)

    @property
    def einsums(self) -> tuple[Einsum, Einsum]:
        """Logit and attend. Where the rows of a tile stream past again and again, logit has the tiles of
        rows as a dimension of their own, T: its loop is outside the keys', and the rows' inside.
        """
        logit, attend = self.attention.einsums()
        return (_with_tiles_of_rows(logit, self.rows) if self._rows_stream else logit), attend

    @property
    def _rows_stream(self) -> bool:
        return self.granularity == "row" and self.logit_stationary == "weight" and "Q" not in self.on_chip

    @property
    def dataflow(self) -> Dataflow:
        """Fused where the scores stay on chip."""
        fused = "S" in self.on_chip
        by_row = self.granularity == "row"
        name = ("flat-" if fused else "base-") + (f"r{self.rows}" if by_row else "h")
        rows = self.rows if by_row else None
        return Dataflow(name, fused, "R" if by_row else "H", rows, self.on_chip)

    def __str__(self) -> str:
        return f"{self.platform} {self.model} {self.length} {self.dataflow.name}"


@dataclass(frozen=True)
class AuthorsResult:
    """What the row's nest costs under the authors' assumptions."""

    traffic_bytes: float
    latency: Latency
    seconds: float
    energy_pj: float
    share_spilled: float
    requirement: Requirement
    works: tuple[Work, ...]


def dram_only_energies(architecture: Architecture, pj_per_byte: float = PJ_PER_BYTE) -> EnergyTable:
    """DRAM traffic as the only energy."""
    outer = architecture.memories[0]
    access = pj_per_byte * outer.word_bits / 8 * outer.block_size
    table = {part.name: ComponentEnergy.of_nothing() for part in architecture.parts}
    table[outer.name] = ComponentEnergy({"read": access, "write": access, "update": access})
    return EnergyTable(table, source=f"{pj_per_byte:g} pJ/B of DRAM traffic and nothing else (FLAT's model)")


def authors_mapping(case: AuthorsCase, architecture: Architecture) -> FusedMapping:
    """The nest of a row's choices on this architecture (DRAM, buffer, registers, square array)."""
    side = architecture.compute.mesh_x
    logit, attend = case.einsums
    operators = (
        ("logit", _operator(case, architecture, logit, _logit_loops(case, side))),
        ("attend", _operator(case, architecture, attend, _attend_loops(case, side))),
    )
    return FusedMapping.below_outermost(case.dataflow, case.shared, case.on_chip, operators)


def evaluate_authors(case: AuthorsCase) -> AuthorsResult:
    """Evaluate a row under the authors' assumptions."""
    return evaluate_loops(case, dram_only_energies(find_architecture(case.platform)), softmax=False)


def evaluate_loops(case: AuthorsCase, energies: EnergyTable, *, softmax: bool) -> AuthorsResult:
    """Evaluate a row's loops by the engine and the chain; what does not fit spills.

    With softmax, overlapped: scores that live in DRAM are written by logit, read and written by softmax,
    and read by attend; of those on chip, so is the share that does not fit.
    """
    machine = find_architecture(case.platform)
    mapping = authors_mapping(case, machine)
    einsums = {einsum.name: einsum for einsum in case.einsums}
    works = [
        work_of(evaluate_operator(einsum, machine, mapping[name], energies), machine)
        for name, einsum in einsums.items()
    ]
    buffer = machine.memories[1]
    around = _around(case.shared, einsums["logit"])  # the scores of one iteration are logit's
    iteration = FusedMapping.below_outermost(case.dataflow, around, case.on_chip, mapping.operators)
    need = requirement(einsums, iteration, buffer.name, buffer.capacity)
    share = spilled_share(need) if mapping.dataflow.fused else 0.0
    if softmax:
        through = share if mapping.dataflow.fused else 1.0
        site = fused_site(case.attention, mapping) if through < 1 else unfused_site(case.attention, machine)
        works.insert(1, softmax_of(case.attention, machine, energies, site, through_dram=through))
    if share:
        works.append(spilled_work(case.attention, share, machine, energies))
    latency = fused_latency(
        works,
        machine,
        softmax_serial=False,
        edges=edge_cycles(
            machine.memories[0],
            tile_words(einsums["logit"], mapping, ("Q", "K")),
            tile_words(einsums["attend"], mapping, ("O",)),
        ),
    )
    words = sum(traffic.dram for traffic in total_traffic(works).values())
    energy = total_energy(works)
    return AuthorsResult(
        words * machine.memories[0].word_bits / 8,
        latency,
        latency.cycles / CYCLES_PER_SECOND,
        sum(energy.values()),
        share,
        need,
        tuple(works),
    )


def authors_cases(folder: Path) -> list[tuple[AuthorsCase, AuthorsRow]]:
    """The published rows, each as a case beside what was published."""
    return each_placed(
        read_table(folder / FILE, AuthorsRow), lambda line: (AuthorsCase.of(line.row), line.row)
    )


def authors_comparisons(folder: Path) -> list[Comparison]:
    """Every row: traffic, latency and energy; rows that spill are an experiment of their own."""
    return [one for row in each_placed(read_table(folder / FILE, AuthorsRow), _compared) for one in row]


def _compared(line: Line[AuthorsRow]) -> list[Comparison]:
    case, row = AuthorsCase.of(line.row), line.row
    result, theirs = evaluate_authors(case), row["proportion_spilled"]
    experiment = "authors, spilled" if theirs > 0 else "authors"
    note = f"spilled: ours {result.share_spilled:.2%} of S, theirs {theirs:.2%}" if theirs > 0 else ""
    return [
        Comparison(experiment, str(case), metric, unit, ours, published, note=note)
        for metric, unit, ours, published in (
            ("DRAM traffic", "B", result.traffic_bytes, row["mem_traffic"]),
            ("latency", "s", result.seconds, row["actual_latency"]),
            ("energy", "pJ", result.energy_pj, row["energy"]),
        )
    ]


@dataclass(frozen=True)
class _Loops:
    """An operator's own loops: of the outermost memory and of the array's unrolling.

    ``streamed`` lists (dimension, trips), innermost first; ``held`` is what the array keeps.
    """

    streamed: Factors
    x: tuple[str, int]
    y: tuple[str, int]
    held: str
    innermost: str


def _logit_loops(case: AuthorsCase, side: int) -> _Loops:
    """S = Q K: rows M, keys N, reduction D."""
    attention = case.attention
    rows = _rows(case)
    m, n = _tiles(("M", rows), side), _tiles(("N", attention.keys), side)
    if case.logit_stationary == "weight":
        d = ("D", min(side, attention.head_dim))
        past: Factors = () if "Q" in case.on_chip else (("M", max(m[1], min(2, rows))),)
        return _Loops((*past, n), ("N", min(side, attention.keys)), d, "K", "M")
    x, y = ("N", min(side, attention.keys)), ("M", min(side, rows))
    streamed: Factors = (("D", attention.head_dim), n, m)
    if {"Q", "K"} <= case.on_chip:
        streamed = () if case.dataflow.fused else (m,)  # scores that leave go a row of tiles at a time
    elif "Q" in case.on_chip:
        streamed = (n, m)
    elif "K" in case.on_chip:
        streamed = (m, n)
    return _Loops(streamed, x, y, "S", "D")


def _attend_loops(case: AuthorsCase, side: int) -> _Loops:
    """O = P V: rows M, columns E, reduction N."""
    attention = case.attention
    rows = _rows(case)
    m, e = _tiles(("M", rows), side), _tiles(("E", attention.value_dim), side)
    n = _tiles(("N", attention.keys), side)
    x = ("E", min(side, attention.value_dim))
    if case.attend_stationary == "weight":
        return _Loops((n, e), x, ("N", min(side, attention.keys)), "V", "M")
    streamed = (m, e) if "V" in case.on_chip else (n, e, m)
    return _Loops(streamed, x, ("M", min(side, rows)), "O", "N")


def _with_tiles_of_rows(einsum: Einsum, rows: int) -> Einsum:
    """M as T tiles of so many rows."""
    bounds = [(d, rows if d == "M" else size) for d, size in einsum.bounds]
    bounds.append(("T", einsum.sizes["M"] // rows))
    tensors = (
        replace(tensor, dimensions=(*tensor.dimensions, "T")) if "M" in tensor.dimensions else tensor
        for tensor in einsum.tensors
    )
    return replace(einsum, bounds=tuple(bounds), tensors=tuple(tensors))


def _around(shared: Factors, einsum: Einsum) -> Factors:
    """The shared loops as this operator has them: over T where it has tiles of rows."""
    tiles = "T" if "T" in einsum.dimensions else "M"
    return tuple((tiles if d == "M" else d, trips) for d, trips in shared)


def _rows(case: AuthorsCase) -> int:
    """Rows inside the shared loops."""
    return case.attention.queries // dict(case.shared).get("M", 1)


def _tiles(bound: tuple[str, int], side: int) -> tuple[str, int]:
    """Tiles of the array's side along a dimension."""
    return bound[0], max(1, bound[1] // side)


def _operator(
    case: AuthorsCase, architecture: Architecture, einsum: Einsum, loops: _Loops
) -> OperatorMapping:
    """Levels from the loops: what DRAM and the array do not take, the buffer loops over."""
    outer, buffer, *inner = architecture.memories
    around = _around(case.shared, einsum)
    spatial, streamed, shared = dict((loops.x, loops.y)), dict(loops.streamed), dict(around)
    left = {
        d: size // (spatial.get(d, 1) * streamed.get(d, 1) * shared.get(d, 1)) for d, size in einsum.bounds
    }
    order = sorted(left, key=lambda d: d != loops.innermost)
    scores = frozenset(t.name for t in einsum.tensors if t.name in "SP")
    others = frozenset(t.name for t in einsum.tensors) - {loops.held}
    levels = [
        LevelMapping(
            outer.name,
            loops.streamed + tuple(reversed(around)),
            bypass=scores if case.dataflow.fused else frozenset(),
        ),
        LevelMapping(buffer.name, tuple((d, left[d]) for d in order), (loops.x,), (loops.y,)),
    ]
    levels += [LevelMapping(memory.name, bypass=others) for memory in inner]
    return OperatorMapping(tuple(levels))
