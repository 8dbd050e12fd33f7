"""FuseMax's results for FLAT and for the unfused layer *with* softmax (MICRO 2024, MIT).

BERT, batch 64, cloud, 256 lanes of softmax at four cycles an element, overlapped with the array.
The FLAT rows use the loops that the FLAT authors' model chose for each length (the file of
:mod:`flat_plugin.paper.authors`), so those loops are evaluated here too, now with softmax; and
beside them this package's own dataflow, which keeps tiles of Q and K where the published loops fetch them
again for every 256 x 256 tile of scores.

FuseMax's energy is not compared: its tables are its own (its 1K row is 59 times what 32 pJ/B of its
traffic costs).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from flat_plugin.api import estimate
from flat_plugin.architecture.presets import find_architecture
from flat_plugin.energy.choose import energy_for
from flat_plugin.errors import InvalidMapping
from flat_plugin.model.estimate import Estimate
from flat_plugin.paper.authors import AuthorsCase, authors_cases, evaluate_loops
from flat_plugin.paper.comparison import Comparison, read_rows

FLAT_FILE, UNFUSED_FILE = "fusemax_attn_flat.csv", "fusemax_attn_unfused.csv"
MODEL, PLATFORM, BATCH, BYTES = "bert-base", "cloud", 64, 2
ROWS = (1024, 512, 256, 128, 64, 32, 16, 8, 4, 2, 1)


def with_softmax(case: AuthorsCase) -> tuple[float, float]:
    """Bytes of DRAM traffic, and seconds, of a row's loops with softmax overlapped.

    (FuseMax charges the share of the scores that does not fit seven words, for it goes through DRAM at
    each of the three passes.)
    """
    result = evaluate_loops(case, energy_for(find_architecture(case.platform), None), softmax=True)
    return result.traffic_bytes, result.seconds


def own_flat(tokens: int) -> Estimate:
    """This package's own: a head at a time where it fits, else the most rows that do, else spilled.

    Raises:
        InvalidMapping: not even one row fits and spilling the scores does not help.
    """
    for dataflow in ("flat-h", *(f"flat-r{rows}" for rows in ROWS)):
        try:
            return estimate(MODEL, PLATFORM, dataflow, seq=tokens, batch=BATCH, softmax="overlapped")
        except InvalidMapping:
            continue
    return estimate(
        MODEL, PLATFORM, "flat-r256", seq=tokens, batch=BATCH, softmax="overlapped", overflow="spill"
    )


def unfused(tokens: int) -> Estimate:
    """The unfused layer: each operator at its fastest, one after the other."""
    return estimate(MODEL, PLATFORM, "base", seq=tokens, batch=BATCH, softmax="overlapped")


def fusemax_comparisons(folder: Path) -> list[Comparison]:
    """Traffic and latency of every row of the two tables."""
    return [*_flat(folder), *_unfused(folder)]


def _flat(folder: Path) -> list[Comparison]:
    choices = {
        case.length: case
        for case, _ in authors_cases(folder)
        if (case.platform, case.model) == (PLATFORM, "BERT")
    }
    comparisons = []
    for row in read_rows(folder / FLAT_FILE, ("seq_len", "traffic", "latency")):
        case = choices[row["seq_len"]]
        own = own_flat(case.attention.queries)
        traffic, seconds = with_softmax(case)
        label = f"{row['seq_len']} {case.dataflow.name}"
        comparisons += _pair("fusemax flat, published loops", label, (traffic, seconds), row)
        label = f"{row['seq_len']} {own.dataflow}"
        figures = own.dram_words * BYTES, own.seconds
        comparisons += _pair("fusemax flat, own loops", label, figures, row, own.bound)
    return comparisons


def _unfused(folder: Path) -> list[Comparison]:
    comparisons = []
    for row in read_rows(folder / UNFUSED_FILE, ("seq_len", "traffic", "latency")):
        answer = unfused(_tokens(row["seq_len"]))
        figures = answer.dram_words * BYTES, answer.seconds
        comparisons += _pair("fusemax unfused", f"{row['seq_len']} base", figures, row, answer.bound)
    return comparisons


def _tokens(length: str) -> int:
    """``4K`` is 4096, ``1M`` 1048576."""
    scale = {"K": 2**10, "M": 2**20}
    return int(length[:-1]) * scale[length[-1]] if length[-1] in scale else int(length)


def _pair(
    experiment: str, case: str, ours: tuple[float, float], row: Mapping[str, str], bound: str = ""
) -> list[Comparison]:
    note = f"bound by {bound}" if bound else ""
    return [
        Comparison(experiment, case, "DRAM traffic", "B", ours[0], float(row["traffic"]), note=note),
        Comparison(experiment, case, "latency", "s", ours[1], float(row["latency"]), note=note),
    ]
