"""The architecture of a run as a picture: levels inside one another, DRAM outside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from flat_plugin.report.analysis.columns import bandwidth_of
from flat_plugin.report.quantity import quantity
from flat_plugin.wording import counted

_WIDTH, _STEP, _ROW = 620, 14, 62  # of the picture, of an inset, of a level's own lines
_BINARY = ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"), (1, "B"))


def hierarchy(architecture: Mapping[str, Any]) -> str:
    """The picture as SVG, for the page; ``architecture`` is that of a ``result.json``."""
    return "".join(_svg(architecture))


def _svg(architecture: Mapping[str, Any]) -> Iterator[str]:
    levels = [_memory(memory, architecture) for memory in architecture["memories"]]
    compute = architecture["compute"]
    levels.append((compute["name"], _times(compute["instances"]), f"{compute['word_bits']}-bit operands"))
    unit = architecture["softmax"]
    height = len(levels) * _ROW + _STEP * len(levels) + (_ROW if unit else 0) + 8
    label = "The levels of the architecture, their number, size and bandwidth"
    yield f'<svg class="drawing" viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{label}">'
    bottom = height - 4 - (_ROW if unit else 0)
    for depth, (name, times, about) in enumerate(levels):
        x, y = depth * _STEP, 4 + depth * _ROW
        box = f'width="{_WIDTH - 2 * x}" height="{bottom - y - depth * _STEP}"'
        yield f'<rect x="{x}" y="{y}" {box} rx="7" class="level level{min(depth, 3)}"/>'
        yield f'<text x="{x + 12}" y="{y + 24}" class="name">{escape(f"{name} {times}".strip())}</text>'
        yield f'<text x="{x + 12}" y="{y + 44}" class="words">{escape(about)}</text>'
    if unit:
        each = _times(unit.get("instances", 1))
        called = f"{unit['name']} {each}".strip()
        about = counted(unit["lanes"], "lane") + (" each" if each else "")
        y = bottom + 10
        yield f'<rect x="0" y="{y}" width="{_WIDTH}" height="{_ROW - 12}" rx="7" class="level level1"/>'
        yield f'<text x="12" y="{y + 20}" class="name">{escape(called)}</text>'
        yield f'<text x="12" y="{y + 38}" class="words">{escape(about)}</text>'
    yield "</svg>"


def _memory(memory: Mapping[str, Any], architecture: Mapping[str, Any]) -> tuple[str, str, str]:
    """(name, how many, size and bandwidth of one)."""
    words, bits = memory["capacity_words"], memory["word_bits"]
    parts = [memory["kind"]]
    if words is None:
        parts.append("no bound on its size")
    else:
        size = words * bits / 8
        unit, name = next((u, n) for u, n in _BINARY if size >= u or u == 1)
        parts.append(f"{size / unit:.4g} {name}")
    if (width := bandwidth_of(memory)) is not None:
        bytes_per_second = width * bits / 8 / architecture["cycle_seconds"]
        parts.append(f"{width:.6g} words/cycle, {quantity(bytes_per_second, 'B/s')}")
    each = " each" if memory["instances"] > 1 else ""
    return memory["name"], _times(memory["instances"]), ", ".join(parts) + each


def _times(instances: int) -> str:
    return f"× {instances:,}" if instances > 1 else ""
