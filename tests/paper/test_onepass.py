"""Against FuseMax's own binding: one pass over the keys, softmax on the array."""

import pytest

from flat_plugin.mapping.fused_check import check_fused
from flat_plugin.mapping.nest_text import fused_text
from flat_plugin.paper.onepass import (
    FILE,
    evaluate_onepass,
    onepass_architecture,
    onepass_comparisons,
    onepass_mapping,
    rows_at_a_time,
)
from flat_plugin.workload.attention import Attention


@pytest.fixture(scope="module")
def comparisons(published):
    return onepass_comparisons(published(FILE))


def test_every_row(comparisons):
    """Words to the byte; latency but for the first tile's way in and the last one's way out."""
    assert len(comparisons) == 24
    for row in comparisons:
        if row.metric == "DRAM traffic":
            assert row.ours == row.theirs, row.case
        else:
            assert 1 <= row.ratio < 1.001, row.case


def layer(tokens, width=64):
    return Attention(64, 12, tokens, tokens, width)


def test_the_mapping_states_its_loops():
    """A mapping that anybody could bring: the operators really share what it says."""
    machine, attention = onepass_architecture(), layer(65536)
    mapping = onepass_mapping(attention, machine)
    names = [memory.name for memory in machine.memories]
    check_fused(mapping, {einsum.name: einsum for einsum in attention.einsums()}, names)
    assert fused_text(mapping).splitlines()[:7] == [
        "for b in 64:  # shared",
        "  for h in 12:  # shared",
        "    for m in 2:  # shared",
        "      for n in 256:  # shared",
        "        for m in 128:  # shared at GlobalBuffer",
        "          parallel m in 256:  # shared below GlobalBuffer",
        "            parallel n in 256:  # shared below GlobalBuffer",
    ]


def test_operations_follow_from_the_loops():
    """On the array d + 1 + 7 + 1 + d a score; on the lanes 1 + 7 + 1 + d + 1 + d a row and tile of keys, and
    d a row at the end."""
    d, tokens = 64, 4096
    works = {work.name: work for work in evaluate_onepass(layer(tokens, d)).works}
    scores = 64 * 12 * tokens**2
    array = sum(work.busy["MAC"] for work in works.values())
    assert array == scores * (d + 1 + 7 + 1 + d) / 256**2
    lanes = scores / 256 * (1 + 7 + 1 + d + 1 + d) + scores / tokens * d
    assert works["softmax"].busy["SoftmaxUnit"] == lanes / 256


def test_rows_stay_as_long_as_they_fit():
    machine = onepass_architecture()
    assert [rows_at_a_time(layer(n), machine) for n in (1024, 32768, 65536)] == [1024, 32768, 32768]
    assert rows_at_a_time(layer(65536, 128), machine) == 16384
