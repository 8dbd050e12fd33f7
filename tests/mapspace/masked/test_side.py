"""One operator under a mask: no bound is above what is counted, and its tilings are those of the mask."""

import numpy as np
import pytest
from every_mapping import ARCHITECTURES
from hypothesis import given, settings
from hypothesis import strategies as st
from masked_sides import sides, sides_of

from flat_plugin.errors import FlatError
from flat_plugin.mapspace.masked.side import MaskedSide
from flat_plugin.mapspace.operator_side import Points
from flat_plugin.workload import Attention
from flat_plugin.workload.mask import mask_of

FIGURES = ("cycles", "steps", "busy", "energy", "traffic")
CASES = [
    ("causal", "registers", "base-opt"),
    ("causal", "one-word", "flat-opt"),
    ("window=2", "linked", "flash"),
    ("causal,topk=2", "one-word", "base-opt"),
]


LAYERS = st.builds(
    Attention,
    batch=st.just(1),
    heads=st.just(2),
    queries=st.integers(2, 7),
    keys=st.integers(2, 9),
    head_dim=st.integers(1, 2),
    kv_heads=st.sampled_from((1, 2)),
    mask=st.sampled_from(
        ("causal", "window=2", "causal,window=3", "causal,sinks=1,window=2", "chunk=3", "causal,topk=2")
    ).map(mask_of),
)


def above(bound: Points, points: Points) -> list[str]:
    """Figures of which any bound is above what is counted."""
    return [name for name in FIGURES if (getattr(bound, name) > getattr(points, name) * (1 + 1e-9)).any()]


@pytest.mark.parametrize(("mask", "name", "family"), CASES)
def test_no_bound_is_above_what_is_counted(mask: str, name: str, family: str) -> None:
    check_bounds(sides(mask, name, family))


@settings(max_examples=60, deadline=None)
@given(LAYERS, st.sampled_from(sorted(ARCHITECTURES)), st.sampled_from(("base-opt", "flat-opt", "flash")))
def test_no_bound_of_any_small_layer_is_above_what_is_counted(
    layer: Attention, name: str, family: str
) -> None:
    try:
        found = sides_of(layer, name, family)
    except FlatError:  # all rows see the same keys, or nothing fits
        return
    check_bounds(found)


def check_bounds(found: tuple[MaskedSide, ...]) -> None:
    for side in found:
        least = side.expand(np.arange(len(side.rows)))
        counted = side.counted(least)
        valid = np.flatnonzero(np.isfinite(counted.energy))
        assert above(least.take(valid), counted.take(valid)) == []
        every = np.arange(len(side.rows))
        for bound in (side.outline(), side.tighter(every)):
            assert above(bound.take(least.row[valid]), counted.take(valid)) == []


def test_a_tile_of_all_keys_has_one_turn() -> None:
    (side, _) = sides("window=2", "registers", "base-opt")
    n = side.structure.core.index("N")
    rows = np.arange(len(side.rows))
    most = np.array([side.iterations[number].keys for number in side.rows.shared])
    whole = side.rows.extents[n] >= most
    turns = side.turns(rows)[n]
    assert (turns[whole] == 1).all() and (turns[~whole] > 1).all()
    assert (side.rows.trips[n][whole] > 1).any()  # as the full square has them


def test_tilings_that_are_left_out_are_gone() -> None:
    (side, _) = sides("causal", "registers", "base-opt")
    before, some = side.outline(), np.array([3, 5])
    side.only(some)
    assert len(side.rows) == 2
    assert side.outline().traffic.tolist() == before.traffic[some].tolist()
