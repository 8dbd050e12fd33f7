"""The tree of an architecture in the terminal."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console

import flat_plugin as flat
from flat_plugin.architecture import read_architecture
from flat_plugin.report.terminal.architecture import architecture_tree

FOUR_CORES = Path(__file__).parents[2] / "architecture" / "four_cores.yaml"


def printed(found: object, width: int = 80) -> str:
    console = Console(width=width)
    with console.capture() as captured:
        console.print(architecture_tree(found))  # type: ignore[arg-type]
    return captured.get()


def test_the_tree() -> None:
    text = printed(flat.show(read_architecture(FOUR_CORES.read_text().replace("meshX: 256", "meshX: 64"))))
    for line in (
        "architecture: 22nm, 1 GHz, a cycle of 1 ns",
        "DRAM: DRAM LPDDR5",
        "no bound on its size; accesses of 4 words of 16 bits",
        "34 words/cycle = 68 GB/s, reads and writes together",
        "4 instances: 4 × 1 over the chip, 4 × 1 per L2",
        "2 MiB = 1,048,576 words each; accesses of 64 words of 16 bits",
        "16,384 instances: 64 × 256 over the chip, 16 × 256 per L1",
        "Vector: softmax unit beside L1",
        "4 instances: 4 × 1 over the chip",
        "64 lanes each, 2 passes over a row",
    ):
        assert line in text
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize("arch", ["edge", "cloud"])
def test_presets(arch: str) -> None:
    text = printed(flat.show(arch))
    assert text.splitlines()[0].startswith(f"{arch}: 45nm, 940 MHz")
    assert "Energies by Accelergy 0.4" in text
