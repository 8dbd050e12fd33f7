"""The picture of a run's architecture."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

from flat_plugin.report.page.hierarchy import hierarchy

MEMORY = {
    "kind": "SRAM",
    "word_bits": 16,
    "instances": 1,
    "read_words_per_cycle": None,
    "write_words_per_cycle": None,
    "shared_words_per_cycle": None,
}
CHIP: dict[str, Any] = {
    "cycle_seconds": 1e-9,
    "memories": [
        {**MEMORY, "name": "DRAM", "kind": "DRAM", "capacity_words": None, "shared_words_per_cycle": 34.0},
        {**MEMORY, "name": "L1 <own>", "capacity_words": 2**20, "instances": 4},
    ],
    "compute": {"name": "mac", "instances": 16384, "word_bits": 16},
    "softmax": {"name": "Vector", "lanes": 64, "instances": 4},
}


def texts(architecture: dict[str, Any]) -> list[str]:
    root = ElementTree.fromstring(hierarchy(architecture))
    return [element.text or "" for element in root.iter("text")]


def test_every_level_with_its_number_size_and_bandwidth() -> None:
    assert texts(CHIP) == [
        "DRAM",
        "DRAM, no bound on its size, 34 words/cycle, 68 GB/s",
        "L1 <own> × 4",
        "SRAM, 2 MiB each",
        "mac × 16,384",
        "16-bit operands",
        "Vector × 4",
        "64 lanes each",
    ]


def test_without_a_softmax_unit() -> None:
    assert "Vector × 4" not in texts({**CHIP, "softmax": None})
