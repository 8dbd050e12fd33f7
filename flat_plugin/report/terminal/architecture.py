"""An architecture as a tree, for the terminal."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Group, RenderableType
from rich.text import Text
from rich.tree import Tree

from flat_plugin.architecture.overview import Level, Overview, Softmax
from flat_plugin.report.quantity import NOTHING, quantity
from flat_plugin.wording import counted

_BINARY = ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"), (1, "B"))
_SHARED = {"shared": "reads and writes together", "read": "reads", "write": "writes"}


def architecture_tree(found: Overview) -> RenderableType:
    """Levels inside one another, each with what was understood of it; then the units beside them."""
    clock = f"{quantity(1 / found.cycle_seconds, 'Hz')}, a cycle of {quantity(found.cycle_seconds, 's')}"
    if found.tensor_bits:
        widths = ", ".join(f"{name} {bits:g}" for name, bits in found.tensor_bits.items())
        clock += f"; bits of the words of tensors: {widths}"
    tree = Tree(Text(f"{found.name}: {found.technology}, {clock}", style="bold"), guide_style="dim")
    inside, above = tree, ""
    for level in found.levels:
        inside = inside.add(_lines(_level(level, above)))
        above = level.name
    if found.softmax is not None:
        tree.add(_lines(_softmax(found.softmax)))
    if found.topk is not None:
        lanes = f"{counted(found.topk.lanes, 'lane')}, a comparison each a cycle"
        energy = _energy(found.topk.energy_pj, found.topk.energy_by)
        tree.add(_lines([f"{found.topk.name}: top-k unit", lanes, energy]))
    source = [f"Energies by {found.energy_source}."] if found.energy_source else []
    return Group(tree, Text("\n".join([*source, *found.notes])))


def _lines(lines: list[str]) -> Text:
    text = Text(lines[0], style="bold")
    text.append("".join(f"\n{line}" for line in lines[1:]), style="not bold")
    return text


def _level(level: Level, above: str) -> list[str]:
    kind = f"{level.kind} {level.type}" if level.type else level.kind
    lines = [f"{level.name}: {kind}"]
    if level.instances > 1:
        x, y = level.mesh
        across, down = level.mesh_per_parent
        below = f", {across:,} × {down:,} per {above}" if above else ""
        lines.append(f"{level.instances:,} instances: {x:,} × {y:,} over the chip{below}")
    lines.append(_size(level))
    lines += [
        f"{width.words_per_cycle:g} words/cycle = {width.gb_per_s:.4g} GB/s, {_SHARED[name]}"
        for name, width in level.bandwidths.items()
    ]
    if level.row_words is not None and not level.bandwidths:
        lines.append("bandwidth without bound")
    return [*lines, _energy(level.energy_pj, level.energy_by)]


def _size(level: Level) -> str:
    if level.row_words is None:
        return f"{level.word_bits}-bit operands"
    row = (
        f"a word of {level.word_bits} bits"
        if level.row_words == 1
        else _row(level.row_words, level.word_bits)
    )
    if level.capacity_words is None or level.capacity_bytes is None:
        return f"no bound on its size; accesses of {row}"
    unit, name = next((u, n) for u, n in _BINARY if level.capacity_bytes >= u or u == 1)
    words = counted(level.capacity_words, "word") + (" each" if level.instances > 1 else "")
    return f"{level.capacity_bytes / unit:g} {name} = {words}; accesses of {row}"


def _row(words: int, bits: int) -> str:
    return f"{words:,} words of {bits} bits"


def _softmax(unit: Softmax) -> list[str]:
    each = " each" if unit.instances > 1 else ""
    lines = [f"{unit.name}: softmax unit beside {unit.beside}"]
    if unit.instances > 1:
        x, y = unit.mesh
        lines.append(f"{unit.instances:,} instances: {x:,} × {y:,} over the chip")
    lines.append(f"{counted(unit.lanes, 'lane')}{each}, {counted(unit.passes, 'pass', 'passes')} over a row")
    return [*lines, _energy(unit.energy_pj, unit.energy_by)]


def _energy(actions: Mapping[str, float] | None, who: str) -> str:
    if actions is None:
        return f"energy {NOTHING}"
    figures = ", ".join(f"{action} {energy:.4g}" for action, energy in actions.items())
    return f"pJ: {figures}" + (f"; {who}" if who else "")
