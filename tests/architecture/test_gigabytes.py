"""Bandwidths in GB/s."""

import pytest

import flat_plugin as flat
from flat_plugin.architecture.gigabytes import words_per_cycle

TREE = """
architecture:
  version: 0.4
  subtree:
    - name: chip
      attributes: {{technology: 45nm, global_cycle_seconds: 1e-9}}
      local:
        - {{name: DRAM, class: DRAM, attributes: {{type: LPDDR4, width: 64, word-bits: 16, {0}}}}}
        - {{name: Buffer, class: SRAM, attributes: {{depth: 1024, width: 64, word-bits: 16}}}}
        - {{name: MAC, class: intmac, attributes: {{datawidth: 16}}}}
"""


def dram(attributes: str):
    return flat.read_architecture(TREE.format(attributes)).memories[0]


def test_words_of_a_memory_in_a_cycle() -> None:
    memory = dram("read_gb_per_s: 16")
    assert memory.read_bandwidth == words_per_cycle(16, memory, 1e-9) == 8.0  # 16 B a cycle, 2 B a word


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ("read_gb_per_s: 16, read_bandwidth: 8", "bandwidths in both units"),
        ("read_gb_per_s: 0", "read_gb_per_s"),
        ("read_gb_per_s: fast", "read_gb_per_s"),
    ],
)
def test_others_are_refused(attributes: str, said: str) -> None:
    with pytest.raises(flat.FlatError, match=said):
        dram(attributes)
