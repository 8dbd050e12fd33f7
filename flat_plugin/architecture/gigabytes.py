"""Bandwidths in GB/s (10^9 bytes a second), which files may give instead of words/cycle."""

from __future__ import annotations

from dataclasses import replace
from math import isfinite
from typing import Any

from flat_plugin.architecture.component import Component
from flat_plugin.architecture.hardware import Memory
from flat_plugin.architecture.vocabulary import BANDWIDTHS, GIGABYTES

GIGA = 1e9


def words_per_cycle(gb_per_s: float, memory: Memory, cycle_seconds: float) -> float:
    """Words of a memory in a cycle."""
    return gb_per_s * GIGA * 8 / memory.word_bits * cycle_seconds


def in_words(memory: Memory, component: Component, cycle_seconds: float) -> Memory:
    """The memory with the bandwidths that its component gives in GB/s.

    Raises:
        FlatError: one is no number above 0, or stands beside one in words/cycle.
    """
    changes: dict[str, Any] = {}
    for key, field in GIGABYTES.items():
        if (given := component.number(key)) is None:
            continue
        if other := component.first(*BANDWIDTHS):
            expected = f"all bandwidths in words/cycle, or all in GB/s: no {other}"
            raise component.error("bandwidths in both units", key, component.own[key], expected)
        words = words_per_cycle(given, memory, cycle_seconds)
        if not isfinite(words) or words < 1e-12:
            raise component.error(f"bad {key}", key, component.own[key], "what a memory has")
        changes[field] = words
    if not changes:
        return memory
    own = {key: value for key, value in memory.attributes.items() if key not in GIGABYTES}
    return replace(memory, **changes, attributes=own | changes)
