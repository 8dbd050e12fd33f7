"""What a run's mask needs, and what its tiles of rows touch, as a picture: queries downwards, keys across."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from flat_plugin.errors import FlatError
from flat_plugin.report.quantity import quantity
from flat_plugin.workload.mask import Mask, mask_of
from flat_plugin.workload.picture import BESIDE, NEEDED, SKIPPED, picture

_CELL = 8  # of the picture
_FILLS = {NEEDED: 0.85, BESIDE: 0.35, SKIPPED: 0.06}  # opacity


def mask_drawing(estimate: Mapping[str, Any], skip: str) -> str:
    """The picture as SVG, for the first kind of layer of a result; empty where every key is needed, where
    keys are selected, and of a pattern of blocks, which results do not hold."""
    layer = (estimate.get("workload") or {"layers": [{}]})["layers"][0]
    mask = _read(layer.get("mask", "full"))
    if mask is None or mask.full or mask.select:
        return ""
    queries, keys = layer["queries"], layer["keys"]
    trips = 1
    for loop in estimate.get("shared", ()):
        trips *= loop["trips"] if loop["dimension"] == "M" and not loop["unrolled"] else 1
    lines = picture(mask, queries, keys, -(-queries // trips))
    if skip == "none":
        lines = tuple(line.replace(SKIPPED, BESIDE) for line in lines)
    return "".join(_svg(lines, f"{mask} mask, {queries:,} queries × {keys:,} keys", _legend(estimate)))


def _read(text: str) -> Mask | None:
    try:
        return mask_of(text)
    except FlatError:  # a pattern of blocks is named by its size alone
        return None


def _legend(estimate: Mapping[str, Any]) -> str:
    scores = estimate.get("scores")
    if scores is None:
        return "dark: needed; lighter: computed beside; lightest: skipped"
    needed, touched = quantity(scores["needed"]), quantity(scores["touched"])
    return f"dark: needed ({needed} scores); lighter: computed beside ({touched} in all); lightest: skipped"


def _svg(lines: tuple[str, ...], title: str, legend: str) -> Iterator[str]:
    wide, tall = len(lines[0]) * _CELL, len(lines) * _CELL
    yield f'<svg class="drawing" viewBox="0 0 {max(wide, 620)} {tall + 52}" role="img" aria-label="{title}">'
    yield f'<text x="0" y="16" class="name">{title}</text>'
    for y, line in enumerate(lines):
        x = 0
        for kind, run in groupby(line):
            length = len(list(run))
            box = f'x="{x * _CELL}" y="{y * _CELL + 26}" width="{length * _CELL}" height="{_CELL}"'
            yield f'<rect {box} fill="currentColor" fill-opacity="{_FILLS[kind]}"/>'
            x += length
    yield f'<text x="0" y="{tall + 46}" class="words">{legend}</text></svg>'
