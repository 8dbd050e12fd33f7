"""A mapping as a picture: who lives in which memory, and how many words move between them.

Levels are rows, outermost on top; operators are columns. A chip is a tensor that a level keeps; a
filled one holds its whole tile of the shared loops (it is staged). Arrows carry the words that cross
between the levels that keep a tensor, and from the last of them, over the whole layer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from importlib.resources import files
from typing import Any

from flat_plugin.model.estimate import Estimate
from flat_plugin.report.page.picture import Lane, Picture, picture, picture_of
from flat_plugin.report.quantity import quantity

_WIDTH, _LEFT, _COLUMN, _ROW, _GAP, _TOP = 860, 150, 340, 52, 74, 64
_CHIP = (98, 34)
_ROOM = 12  # letters that a chip has room for


def drawing(document: Mapping[str, Any]) -> str:
    """The picture of a run's ``result.json`` as SVG, for the page (its colours are the page's); empty where
    there is no mapping."""
    what = picture(document)
    return "" if what is None else svg(what)


def drawing_of(estimate: Estimate) -> str:
    """The picture of an estimate's mapping as SVG with its own colours, for notebooks and files; empty
    of what has no attention."""
    what = picture_of(estimate)
    return "" if what is None else alone(svg(what))


def svg(what: Picture) -> str:
    return "".join(_svg(what))


def alone(picture: str) -> str:
    """A drawing of the page that brings the page's colours with it, light or dark as its reader has them."""
    web = files("flat_plugin.report.page") / "web"
    style = "\n".join((web / name).read_text(encoding="utf-8") for name in ("alone.css", "drawing.css"))
    start = picture.index(">") + 1
    tag = picture[:start].replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ')
    return f"{tag}<style>{style}</style>{picture[start:]}"


def _svg(what: Picture) -> Iterator[str]:
    height = _TOP + len(what.levels) * (_ROW + _GAP) + _ROW + 10
    label = "Where each tensor lives and how many words move between the levels"
    yield f'<svg class="drawing" viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{label}">'
    yield (
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="7" markerHeight="7" '
        'orient="auto-start-reverse"><path d="M0 0L8 4L0 8z" class="tip"/></marker></defs>'
    )
    yield _text(0, 16, _title(what), "title")
    yield _text(_WIDTH, 16, "arrows: words, over the whole layer", "words down")
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
    row = what.levels.index(what.staged["S"]) if "S" in what.staged else 1
    y, height = _row(row) + (_ROW - _CHIP[1]) / 2 - 4, _CHIP[1] + 8
    yield _box(left, y, (width, height), "stays")


def _lane(what: Picture, lane: Lane, index: int) -> Iterator[str]:
    offset = _LEFT + index * _COLUMN
    spots = _spots(lane)
    for row, (level, kept) in enumerate(zip(what.levels, lane.kept, strict=True)):
        for tensor in kept:
            x, y = offset + spots[tensor] - _CHIP[0] / 2, _row(row) + (_ROW - _CHIP[1]) / 2
            held = " held" if what.staged.get(tensor) == level else ""
            shape = what.shape(level, lane, tensor) if row else ""
            yield _box(x, y, _CHIP, f"chip{held}")
            middle = x + _CHIP[0] / 2
            yield _text(middle, y + (14 if shape else 22), tensor, f"tensor{held}")
            if shape:
                yield _text(middle, y + 28, shape, f"shape{held}")
    for tensor in lane.words:
        if tensor in spots:
            for row, below, down, up in lane.moves(tensor):
                yield from _arrow(offset + spots[tensor], row, below, down, up)


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
