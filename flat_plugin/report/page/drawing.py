"""A mapping as a picture: who lives in which memory, and how many words move between them.

Levels are rows, outermost on top; operators are columns. A chip is a tensor that a level keeps; a
filled one holds its whole tile of the shared loops (it is staged). Arrows carry the words that cross
between DRAM and the buffer, and between the buffer and what is below it, over the whole layer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from flat_plugin.model.capacity import layer_name
from flat_plugin.report.terminal.quantity import quantity

_TERM = re.compile(r"(?:(\d+)·)?([A-Z])\[([^\]]*)\]")
_WIDTH, _LEFT, _COLUMN, _ROW, _GAP, _TOP = 860, 150, 340, 52, 74, 64
_CHIP = (98, 34)
_ROOM = 12  # letters that a chip has room for


@dataclass(frozen=True)
class Lane:
    """One operator: the tensors that each level keeps, outermost level first, and their words."""

    name: str
    kept: tuple[tuple[str, ...], ...]
    traffic: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Picture:
    """What is drawn.

    ``tiles`` are the shapes held in the buffer, by tensor; unfused, those of the operator that needs most.
    """

    levels: tuple[str, ...]
    lanes: tuple[Lane, ...]
    shared: tuple[tuple[str, int], ...]
    staged: frozenset[str]
    tiles: Mapping[str, str]
    fused: bool


def picture(document: Mapping[str, Any]) -> Picture | None:
    """From a run's ``result.json``; None where it holds no mapping."""
    whole, estimate = document.get("mapping"), document.get("estimate")
    if not whole or not estimate:
        return None
    mapping = whole.get("fused_mapping", whole)
    levels = tuple(memory["name"] for memory in document["architecture"]["memories"])
    lanes = tuple(
        Lane(name, _kept(directives, levels), estimate["operators"][name]["tensors"])
        for name, directives in mapping["operators"].items()
        if name in estimate["operators"]
    )
    inequality = str(estimate["capacity"]["inequality"]).partition("=")[0]
    tiles = {
        name: shape if copies is None else f"{copies} × {shape}"
        for copies, name, shape in ((m[1], m[2], m[3]) for m in _TERM.finditer(inequality))
    }
    outermost = [lane.kept[0] for lane in lanes]
    fused = bool(outermost) and not any("S" in kept for kept in outermost)
    return Picture(levels, lanes, _shared(mapping["shared"]), _staged(mapping["stage"], levels), tiles, fused)


def drawing(document: Mapping[str, Any]) -> str:
    """The picture as SVG, for the page (its colours are the page's); empty where there is no mapping."""
    what = picture(document)
    return "" if what is None else "".join(_svg(what))


def _shared(document: Mapping[str, Any]) -> tuple[tuple[str, int], ...]:
    """Trips of the shared loops by dimension, of all memories together."""
    found: dict[str, int] = {}
    for name, entry in document.items():
        loops = [entry] if isinstance(entry, Mapping) else [{"temporal": {name: entry}}]
        for factors in (factors for memory in loops for factors in memory.values()):
            for dimension, trips in factors.items():
                found[dimension] = found.get(dimension, 1) * int(trips)
    return tuple((dimension, trips) for dimension, trips in found.items() if trips > 1)


def _staged(document: Any, levels: Sequence[str]) -> frozenset[str]:
    """What the second memory holds for a whole shared iteration."""
    if isinstance(document, Mapping):
        return frozenset(tensor for tensor, level in document.items() if level == levels[1])
    return frozenset(map(str, document or ()))


def _kept(directives: Sequence[Mapping[str, Any]], levels: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    keeps: dict[str, tuple[str, ...]] = dict.fromkeys(levels, ())
    for directive in directives:
        if directive.get("type") in ("bypass", "datatype", "dataspace") and directive["target"] in keeps:
            keeps[directive["target"]] = tuple(layer_name(str(name)) for name in directive.get("keep") or ())
    return tuple(keeps[level] for level in levels)


def _svg(what: Picture) -> Iterator[str]:
    height = _TOP + len(what.levels) * (_ROW + _GAP) + _ROW + 10
    label = "Where each tensor lives and how many words move between the levels"
    yield f'<svg class="drawing" viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{label}">'
    yield (
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="7" markerHeight="7" '
        'orient="auto-start-reverse"><path d="M0 0L8 4L0 8z" class="tip"/></marker></defs>'
    )
    yield _text(0, 16, _title(what), "title")
    for index, lane in enumerate(what.lanes):
        yield _text(_LEFT + (index + 0.5) * _COLUMN, 44, lane.name, "operator")
    for row, level in enumerate((*what.levels, "multiply-accumulate")):
        yield _box(0, _row(row), (_WIDTH, _ROW), f"level level{min(row, 3)}")
        yield _text(12, _row(row) + _ROW / 2 + 5, level, "name")
    for index, lane in enumerate(what.lanes):
        yield from _lane(what, lane, index)
    yield from _bridge(what)
    yield "</svg>"


def _title(what: Picture) -> str:
    loops = ", ".join(f"{dimension.lower()} in {trips:,}" for dimension, trips in what.shared)
    if what.fused:
        return f"fused, for each of {loops}" if loops else "fused, all at once"
    return "unfused: one operator after the other" + (f", tiles of {loops}" if loops else "")


def _bridge(what: Picture) -> Iterator[str]:
    """A frame around the two places of S: one tensor that stays where it is."""
    if not what.fused or len(what.lanes) != 2:
        return
    spots = [_LEFT + index * _COLUMN + _spots(lane).get("S", 0.0) for index, lane in enumerate(what.lanes)]
    left, width = spots[0] - _CHIP[0] / 2 - 4, spots[1] - spots[0] + _CHIP[0] + 8
    y, height = _row(1) + (_ROW - _CHIP[1]) / 2 - 4, _CHIP[1] + 8
    yield _box(left, y, (width, height), "stays")


def _lane(what: Picture, lane: Lane, index: int) -> Iterator[str]:
    offset = _LEFT + index * _COLUMN
    spots = _spots(lane)
    tiles = what.tiles if what.fused or set(what.tiles) <= set(spots) else {}
    for row, kept in enumerate(lane.kept):
        for tensor in kept:
            x, y = offset + spots[tensor] - _CHIP[0] / 2, _row(row) + (_ROW - _CHIP[1]) / 2
            held = " held" if row == 1 and tensor in what.staged else ""
            shape = tiles.get(tensor, "") if row == 1 else ""
            yield _box(x, y, _CHIP, f"chip{held}")
            middle = x + _CHIP[0] / 2
            yield _text(middle, y + (14 if shape else 22), tensor, f"tensor{held}")
            if shape:
                yield _text(middle, y + 28, shape, f"shape{held}")
    for tensor, words in lane.traffic.items():
        if tensor not in spots:
            continue
        x = offset + spots[tensor]
        yield from _arrow(x, 0, 1, words["dram_reads"], words["dram_writes"])
        below = next((row for row in range(2, len(lane.kept)) if tensor in lane.kept[row]), len(what.levels))
        if len(lane.kept) > 1 and tensor in lane.kept[1]:
            # What the buffer writes is a fill from DRAM or a result from below; a drain is no read.
            yield from _arrow(
                x, 1, below, words["buffer_reads"], words["buffer_writes"] - words["dram_reads"]
            )


def _arrow(x: float, upper: int, lower: int, down: float, up: float) -> Iterator[str]:
    """Words that go down on the left and up on the right of where the tensor stands."""
    top, bottom, middle = _row(upper) + _ROW + 3, _row(lower) - 5, _row(upper) + _ROW + _GAP / 2
    if down > 0:
        yield _line(x - 16, top, bottom)
        yield _text(x - 21, middle - 6, _amount(down), "words down")
    if up > 0:
        yield _line(x + 16, bottom + 2, top + 2)
        yield _text(x + 21, middle + 14, _amount(up), "words up")


def _text(x: float, y: float, text: str, kind: str) -> str:
    fit = f' textLength="{_CHIP[0] - 8}" lengthAdjust="spacingAndGlyphs"'
    tight = fit if kind.startswith("shape") and len(text) > _ROOM else ""
    return f'<text x="{x:g}" y="{y:g}" class="{kind}"{tight}>{escape(text)}</text>'


def _box(x: float, y: float, size: tuple[float, float], kind: str) -> str:
    width, height = size
    return f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="7" class="{kind}"/>'


def _line(x: float, start: float, end: float) -> str:
    place = f'x1="{x:g}" y1="{start:g}" x2="{x:g}" y2="{end:g}"'
    return f'<line {place} class="moves" marker-end="url(#tip)"/>'


def _amount(words: float) -> str:
    return quantity(words).replace(" ", "")


def _spots(lane: Lane) -> dict[str, float]:
    """Where each tensor of an operator stands in its column."""
    tensors = list(dict.fromkeys(tensor for kept in lane.kept for tensor in kept))
    order = ("Q", "K", "S") if "Q" in tensors else ("S", "V", "O")
    names = [name for name in order if name in tensors] + [name for name in tensors if name not in order]
    step = _COLUMN / max(len(names), 1)
    return {name: step * (position + 0.5) for position, name in enumerate(names)}


def _row(row: int) -> float:
    return _TOP + row * (_ROW + _GAP)
