"""What an operator costs at least, as points that a chain takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from flat_plugin.mapspace.objective import staircase
from flat_plugin.mapspace.search.parts import Part
from flat_plugin.mapspace.search.points import Points
from flat_plugin.mapspace.search.priced import changes_of
from flat_plugin.mapspace.search.side import Side
from flat_plugin.model.mapping_batch import Array


def outlined_by(side: Side, parts: Sequence[Part], steps: float) -> Points:
    """What the operator costs at least: with less or more of the room where the operators meet, and for
    more or fewer cycles of the array.

    Args:
        parts: its skeletons with one choice of shared loops and rows.
        steps: cycles of the array, at least.
    """
    outlines = [_outline(side, part) for part in parts]
    words, meeting = min(part.fewest for part in parts), side.needs.meeting
    cycles = np.concatenate([steps for steps, _ in outlines])
    found = []
    for share, room in enumerate(_rooms(side, parts[0])):
        energy = np.concatenate([energy[share] for _, energy in outlines])
        lines = np.stack([cycles, energy], axis=1)[np.isfinite(energy)]
        lines = lines[staircase(lines)]
        points = side.needs.least(np.maximum(lines[:, 0], steps), lines[:, 1], words)
        each = np.zeros(points.busy.shape)
        each[meeting] = room
        found.append(replace(points, room=each).grouped(meeting))
    return Points.joined([_filled(points) for points in found])


def _outline(side: Side, part: Part) -> tuple[Array, Array]:
    """([n] cycles of the array, [shares, n] pJ) at least, for every choice inside."""
    table, stays = part.table, part.skeleton.stays
    steps, base = part.menu.outline
    if stays < 0:
        return steps, base + (part.energy[:, 0, :1] - table.energy)
    changes = changes_of(table.axes[stays], part.skeleton.staying())
    outside = table.least_along(stays, side.shares) - table.chains[stays].inside
    cost = (outside + changes * part.menu.rough.word).min(axis=1, initial=np.inf)
    return steps, base + cost[:, None]


def _rooms(side: Side, part: Part) -> Array:
    """[shares] words where the operators meet that are more than the next smaller share has."""
    if not side.needs.fused:
        return np.zeros(1)
    held = float(part.table.figures[side.needs.rows].held.min())
    shares = np.concatenate([[0.0], side.shares[:-1]])
    left = side.capacity[side.needs.meeting - 1] - held
    return shares * left + held * side.needs.scores


def _filled(points: Points) -> Points:
    """The same with every figure for every point."""
    size = len(points)
    names = Points.__dataclass_fields__
    return Points(
        *(np.broadcast_to(getattr(points, name), (*getattr(points, name).shape[:-1], size)) for name in names)
    )
