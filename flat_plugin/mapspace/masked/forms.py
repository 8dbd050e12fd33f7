"""Mappings by form, as few forms as do: where a loop has a single turn its place in an order is any."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flat_plugin.mapping.nest import LevelMapping, OperatorMapping
from flat_plugin.model.mapping_batch import Form, form_of, spatial_loops
from flat_plugin.workload.einsum import Einsum

Places = tuple[
    set[int], set[tuple[str, int]]
]  # of a level: dimensions that turn, and that are unrolled by axis


def by_form(einsum: Einsum, nests: Sequence[OperatorMapping]) -> Mapping[Form, Sequence[int]]:
    """The numbers of the mappings that have a form, one of those of its mappings."""
    index = {d: i for i, d in enumerate(einsum.dimensions)}
    groups: dict[Form, list[int]] = {}
    for number, nest in enumerate(nests):
        own = form_of(einsum, nest)
        if own not in groups:
            places = [_turning(index, level) for level in nest.levels]
            own = next((form for form in groups if _is_of(own, form, places)), own)
        groups.setdefault(own, []).append(number)
    return groups


def _turning(index: Mapping[str, int], level: LevelMapping) -> Places:
    """Dimensions with loops of several turns, and those that are unrolled, by axis."""
    unrolled = {("x", index[d]) for d, n in level.spatial_x if n > 1}
    unrolled |= {("y", index[d]) for d, n in level.spatial_y if n > 1}
    return {index[d] for d, n in level.temporal if n > 1}, unrolled


def _is_of(own: Form, form: Form, places: Sequence[Places]) -> bool:
    """Whether a mapping of one form, whose loops are these, is of another form too."""
    if own.keep != form.keep:
        return False
    return _loops_of(own, places) == _loops_of(form, places)


def _loops_of(form: Form, places: Sequence[Places]) -> list[tuple[list[int], list[tuple[str, int]]]]:
    """By level these loops in the orders of a form."""
    return [
        (
            [d for d in form.order[level] if d in turning],
            [loop for loop in spatial_loops(form.spatial_order[level]) if loop in unrolled],
        )
        for level, (turning, unrolled) in enumerate(places)
    ]
