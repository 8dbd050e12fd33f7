"""Our loop nests beside the counters of an H100, row by row.

Claimed: bytes between L2 and the cores (0.5 %), of DRAM where the working set is over 60 MB (5 %), shared
memory of FLAT and multiply-accumulates (exact), energy (20 % on four rows of five). Not claimed: the time,
which stands beside its bound.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, reduce
from operator import add
from pathlib import Path

from flat_plugin.architecture.hardware import Architecture
from flat_plugin.architecture.read import read_architecture
from flat_plugin.documents.table import Line, read_table
from flat_plugin.errors import FlatError
from flat_plugin.paper.comparison import Comparison
from flat_plugin.paper.h100.prices import energy_joules, l2_bytes, least_seconds
from flat_plugin.paper.h100.rows import (
    BYTES,
    CALL,
    FLAT,
    ONLINE,
    OTHERS,
    UNFUSED,
    VARIANTS,
    Case,
    H100Row,
    case_of,
)
from flat_plugin.paper.h100.traffic import Moved, kernels_of, softmax_reads, working_set
from flat_plugin.paper.published import each_placed
from flat_plugin.resources import resource

FILE = "h100_attention.csv"
EXPERIMENT = "h100"
KEPT, PASSED = 26e6, 60e6  # bytes of a working set that L2 keeps whole, and of one that passes it whole
DIGITS = 7  # that the table has
MOST_REGISTERS = 160  # 32-bit, of a thread for its tiles, with which the online kernel does not spill


@cache
def h100_architecture() -> Architecture:
    """The chip."""
    return read_architecture(resource("examples", "gpu132.yaml"))


def h100_comparisons(folder: Path) -> list[Comparison]:
    """Every call of the table in a folder.

    Raises:
        FlatError: the table is not there, or has a row that is not of its form or cannot be placed.
    """
    return _table(folder / FILE)


def recorded_comparisons() -> list[Comparison]:
    """Every call of the table that ships with the package: half of our own measurements, November 2026."""
    return _table(resource("reference", "h100/attention.csv"))


def _table(path: Path) -> list[Comparison]:
    rows = [row for found in each_placed(read_table(path, H100Row), _compared) for row in found]
    if not rows:
        expected = f"a row {CALL} of {', '.join(VARIANTS)}, with a figure that was measured"
        raise FlatError("no row that is compared", file=path, expected=expected)
    return rows


def passed_over(folder: Path | None = None) -> tuple[str, ...]:
    """The rows that are not compared, counted by reason: of the table in a folder, or of the one that
    ships."""
    path = resource("reference", "h100/attention.csv") if folder is None else folder / FILE
    rows = [line.row for line in read_table(path, H100Row)]
    others = [row for row in rows if row["variant"] in OTHERS]
    parts = [row for row in rows if row not in others and row["kernel"] != CALL]
    reasons = (
        (others, f"of {' and '.join(OTHERS)}, whose tiles nobody states"),
        (parts, "of single kernels, which their calls add up"),
    )
    said = ", and ".join(f"{len(each)} {reason}" for each, reason in reasons if each)
    none = len(others) + len(parts)
    return (f"{path.name}: {none} of {len(rows)} rows are not compared: {said}",) if said else ()


def _compared(line: Line[H100Row]) -> list[Comparison]:
    case = case_of(line)
    if case is None:
        return []
    kernels = kernels_of(case, h100_architecture())
    moved = reduce(add, kernels)
    counters, steady = _counters(case, moved, line.row), _steady(case, moved, line.row)
    return [*counters, *steady, *_costs(case, kernels, line.row)]


def _counters(case: Case, moved: Moved, row: H100Row) -> Iterator[Comparison]:
    """Of one call on an empty L2."""
    own, flat = case.variant != UNFUSED, case.variant == FLAT
    spills = _spills(case)
    for metric, ours, theirs, exact, note in (
        ("L2 to SM", moved.l2_to_sm, row["cold_l2_to_sm_bytes"], False, _tiles(case)),
        ("SM to L2", moved.sm_to_l2, row["cold_sm_to_l2_bytes"], False, spills),
        ("shared memory read", moved.shared_read, row["cold_smem_l1_bank_read_bytes"], flat, spills),
        ("shared memory written", moved.shared_write, row["cold_smem_l1_bank_write_bytes"], flat, spills),
        ("MACs", moved.macs, row["cold_tensor_macs"], own, ""),
        ("DRAM read, cold", moved.dram_read, row["cold_dram_read_bytes"], False, _passes(case)),
    ):
        if theirs is not None:
            unit = "" if metric == "MACs" else "B"
            yield _row(case, metric, unit, _as_printed(ours, theirs), theirs, note, exact=exact)


def _steady(case: Case, moved: Moved, row: H100Row) -> Iterator[Comparison]:
    """Of calls back to back, of which L2 keeps what it has room for."""
    if (steady := row["steady_l2_to_sm_bytes_per_call"]) is not None:
        yield _row(case, "L2 to SM, steady", "B", moved.l2_to_sm, steady, _tiles(case))
    read, written = row["steady_dram_read_bytes_per_call"], row["steady_dram_write_bytes_per_call"]
    if read is None or written is None:
        return
    size, theirs = working_set(case), read + written
    set_, all_ = f"working set {size / 1e6:.1f} MB", moved.dram
    if size > PASSED:
        yield _row(case, "DRAM, steady", "B", all_, theirs, f"{set_}: all of it passes L2")
    elif size > KEPT:
        note = f"{set_}, between {KEPT / 1e6:.0f} and {PASSED / 1e6:.0f}: L2 keeps a part of it"
        yield _row(case, "DRAM, steady, at most", "B", all_, theirs, note)
    else:
        note = f"{set_}: L2 keeps it, {theirs:.6g} B of {all_:.6g} move"
        yield _row(case, "DRAM saved by L2, steady", "B", all_, all_ - theirs, note)


def _costs(case: Case, kernels: tuple[Moved, ...], row: H100Row) -> Iterator[Comparison]:
    """Energy, with the measured time; and the bound of the time."""
    machine, micro = h100_architecture(), row["loop_us_per_call"]
    if micro is None:
        return
    seconds, hbm = micro * 1e-6, working_set(case) > l2_bytes(machine)
    if (joules := row["loop_energy_uJ_per_call"]) is not None:
        ours = energy_joules(reduce(add, kernels), seconds, hbm=hbm)
        note = "constants of the calibration, idle power × time"
        yield _row(case, "energy", "J", ours, joules * 1e-6, note)
    bound, resource_ = least_seconds(kernels, machine, hbm=hbm)
    note = f"not claimed: {seconds / bound:.2f} times the bound, which is {resource_}'s"
    yield _row(case, "time, bound", "s", bound, seconds, note)


def _row(
    case: Case, metric: str, unit: str, ours: float, theirs: float, note: str = "", *, exact: bool = False
) -> Comparison:
    return Comparison(EXPERIMENT, str(case), metric, unit, ours, theirs, exact, note)


def _as_printed(ours: float, theirs: float) -> float:
    """Theirs where the two are equal to the digits that the table has."""
    alike = float(f"{ours:.{DIGITS}g}") == float(f"{theirs:.{DIGITS}g}")
    return theirs if alike else ours


def _tiles(case: Case) -> str:
    return "tiles as the library's rule has them" if case.variant == UNFUSED else ""


def _passes(case: Case) -> str:
    """Between the passes of a softmax that does not hold its rows, L2 keeps what it can of S."""
    machine = h100_architecture()
    if case.variant != UNFUSED or BYTES * case.attention.softmax_elements <= l2_bytes(machine):
        return ""
    times = softmax_reads(case, machine)
    return f"softmax reads S {times} times, which L2 keeps in part; counted once" if times > 1 else ""


def _spills(case: Case) -> str:
    """A thread of the online kernel has its part of Q, S, P and O in registers: of 16 rows for 32 threads, S
    and O in fp32."""
    if case.variant != ONLINE or case.tile_keys is None:
        return ""
    registers = (3 * case.width + 3 * case.tile_keys) // 4
    return "the kernel spills registers, which no loop of the nest does" if registers > MOST_REGISTERS else ""
