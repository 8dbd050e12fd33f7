"""Decoding on silicon: eight query heads a key/value head, as rows of one tile; nothing was tuned."""

import csv
from pathlib import Path

import pytest

from flat_plugin.api import estimate
from flat_plugin.paper.h100.comparisons import recorded_comparisons
from flat_plugin.workload import Attention

FILE = Path(__file__).parents[2] / "reference/h100/attention.csv"
ROWS = [
    row
    for row in csv.DictReader(FILE.open(encoding="utf-8"))
    if row["M_query_rows"] == "8" and row["kernel"] == "main" and row["variant"].startswith("sdpa")
]


@pytest.mark.parametrize(
    "row", ROWS, ids=lambda row: f"{row['variant']} {row['batch_heads']}x{row['N_keys']}"
)
def test_dram_bytes_of_grouped_decoding(row):
    """One new token; a buffer as large as the L2 there: keys and values of a group are read once,
    within 2 % of what DRAM gave."""
    groups, keys, wide = (int(row[name]) for name in ("batch_heads", "N_keys", "d_head"))
    layer = Attention(1, 8 * groups, 1, keys, wide, kv_heads=groups)
    answer = estimate(layer, "cloud", "flat-r", softmax="free")
    read = sum(words.dram_reads for words in answer.traffic.values()) * 2
    assert read == pytest.approx(float(row["cold_dram_read_bytes"]), rel=0.02)
    assert read == answer.limits.compulsory_dram_bytes - answer.traffic["O"].dram * 2


def test_dram_bytes_of_unfused_decoding():
    """Within 2 %, or the difference has a name."""
    found = [row for row in recorded_comparisons() if row.metric == "DRAM read, cold" and " M8 " in row.case]
    assert len(found) >= 5
    for row in found:
        assert row.ours == pytest.approx(row.theirs, rel=0.02) or "softmax reads S 3 times" in row.note
    assert sum(not row.note for row in found) >= len(found) - 1


def test_there_are_rows():
    assert len(ROWS) >= 8
