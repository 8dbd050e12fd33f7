"""FuseMax's results for FLAT and for the unfused layer *with* softmax (MICRO 2024, MIT).

Batch 64, cloud, 256 lanes of softmax at four cycles an element, overlapped with the array.
The FLAT rows use the loops that the FLAT authors' model chose for each model and length (the file of
:mod:`flat_plugin.paper.authors`), so those loops are evaluated here too, now with softmax; and
beside them this package's own dataflow, which keeps tiles of Q and K where the published loops fetch them
again for every 256 x 256 tile of scores.

FuseMax's energy is not compared: its tables are its own (its 1K row is 59 times what 32 pJ/B of its
traffic costs).
"""

from __future__ import annotations

from pathlib import Path
from typing import TypedDict

from flat_plugin.api import estimate
from flat_plugin.architecture.presets import find_architecture
from flat_plugin.documents.table import Line, read_table
from flat_plugin.energy.choose import energy_for
from flat_plugin.errors import FlatError, InvalidMapping
from flat_plugin.model.estimate import Estimate
from flat_plugin.paper.authors import FILE as AUTHORS_FILE
from flat_plugin.paper.authors import AuthorsCase, authors_cases, evaluate_loops
from flat_plugin.paper.comparison import Comparison
from flat_plugin.paper.published import Figure, each_placed, tokens_of
from flat_plugin.workload import Attention, find_model

FLAT_FILE, UNFUSED_FILE = "fusemax_attn_flat.csv", "fusemax_attn_unfused.csv"
PLATFORM, BATCH, BYTES = "cloud", 64, 2
ROWS = (1024, 512, 256, 128, 64, 32, 16, 8, 4, 2, 1)
MODELS = {  # as the published tables call them
    "BERT": "bert-base",
    "TrXL": "transformer-xl",
    "Transformer-XL": "transformer-xl",
    "FlauBERT": "flaubert-large",
    "T5": "t5-small",
    "XLM": "xlm",
}


class FuseMaxRow(TypedDict):
    """A row of either table: bytes of DRAM traffic, and seconds."""

    model: str
    seq_len: str
    traffic: Figure
    latency: Figure


_BUSY = "follows from their latency, which is compared"
UNREAD = {  # columns that change nothing we compare
    "energy": "of FuseMax's own tables, which are not published",
    **dict.fromkeys(("util_2d", "util_1d", "QK", "AV"), _BUSY),
}


def with_softmax(case: AuthorsCase) -> tuple[float, float]:
    """Bytes of DRAM traffic, and seconds, of a row's loops with softmax overlapped.

    (FuseMax charges the share of the scores that does not fit seven words, for it goes through DRAM at
    each of the three passes.)
    """
    result = evaluate_loops(case, energy_for(find_architecture(case.platform), None), softmax=True)
    return result.traffic_bytes, result.seconds


def own_flat(attention: Attention) -> Estimate:
    """This package's own: a head at a time where it fits, else the most rows that do, else spilled.

    Raises:
        InvalidMapping: not even one row fits and spilling the scores does not help.
    """
    for dataflow in ("flat-h", *(f"flat-r{rows}" for rows in ROWS)):
        try:
            return estimate(attention, PLATFORM, dataflow, softmax="overlapped")
        except InvalidMapping:
            continue
    return estimate(attention, PLATFORM, "flat-r256", softmax="overlapped", overflow="spill")


def unfused(attention: Attention) -> Estimate:
    """The unfused layer: each operator at its fastest, one after the other."""
    return estimate(attention, PLATFORM, "base", softmax="overlapped")


def published_layer(model: str, length: str) -> Attention:
    """The attention layer of a model as the published tables call it, at a length such as ``16K``.

    Raises:
        FlatError: no such model, or no length.
    """
    names = {name.lower(): known for name, known in MODELS.items()}
    if model.lower() not in names:
        raise FlatError("unknown model", path="model", value=model, expected=MODELS)
    return find_model(names[model.lower()]).attention(tokens_of(length), BATCH)


def flat_comparisons(folder: Path) -> list[Comparison]:
    """Traffic and latency of FLAT, by the loops that the authors' table has for the same platform, model and
    length, and by our own."""
    loops = _loops(folder)

    def compared(line: Line[FuseMaxRow]) -> list[Comparison]:
        row, tokens = line.row, tokens_of(line.row["seq_len"])
        case = loops.get(_key(row["model"], tokens))
        if case is None:
            asked = f"{row['model']} {row['seq_len']}"
            expected = f"a row of {AUTHORS_FILE} with its loops on {PLATFORM}"
            raise line.error("a row that cannot be placed", asked, expected)
        own = own_flat(case.attention)
        name = f"{row['model']} {row['seq_len']}"
        own_figures = own.dram_words * BYTES, own.seconds
        published = f"{name} {case.dataflow.name}"
        return [
            *_pair("fusemax flat, published loops", published, with_softmax(case), row),
            *_pair("fusemax flat, own loops", f"{name} {own.dataflow}", own_figures, row, own.bound),
        ]

    return [one for row in each_placed(read_table(folder / FLAT_FILE, FuseMaxRow), compared) for one in row]


def _loops(folder: Path) -> dict[tuple[str, int], AuthorsCase]:
    """The authors' loops by model and length.

    Raises:
        FlatError: two rows have other loops for the same.
    """
    found: dict[tuple[str, int], AuthorsCase] = {}
    for case, _ in authors_cases(folder):
        key = _key(case.model, case.attention.queries)
        if case.platform == PLATFORM and found.setdefault(key, case) != case:
            raise FlatError(
                "two rows of one model and length, with other loops",
                file=folder / AUTHORS_FILE,
                value=str(case),
                expected="one of them, for the rows of FuseMax's tables",
            )
    return found


def _key(model: str, tokens: int) -> tuple[str, int]:
    """Names of one model are the same, whichever of them a table uses."""
    return {name.lower(): known for name, known in MODELS.items()}.get(model.lower(), model), tokens


def unfused_comparisons(folder: Path) -> list[Comparison]:
    """Traffic and latency of the unfused layer."""

    def compared(line: Line[FuseMaxRow]) -> list[Comparison]:
        row = line.row
        answer = unfused(published_layer(row["model"], row["seq_len"]))
        figures = answer.dram_words * BYTES, answer.seconds
        name = f"{row['model']} {row['seq_len']} base"
        return _pair("fusemax unfused", name, figures, row, answer.bound)

    rows = each_placed(read_table(folder / UNFUSED_FILE, FuseMaxRow), compared)
    return [one for row in rows for one in row]


def _pair(
    experiment: str, case: str, ours: tuple[float, float], row: FuseMaxRow, bound: str = ""
) -> list[Comparison]:
    note = f"bound by {bound}" if bound else ""
    return [
        Comparison(experiment, case, "DRAM traffic", "B", ours[0], row["traffic"], note=note),
        Comparison(experiment, case, "latency", "s", ours[1], row["latency"], note=note),
    ]
