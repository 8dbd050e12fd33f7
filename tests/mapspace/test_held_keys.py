"""K held in the buffer where V is a part of it."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

import flat_plugin as flat
from flat_plugin.mapping.named import parse_dataflow
from flat_plugin.mapspace.family import family_of
from flat_plugin.mapspace.held_keys import einsums_of, keep_held

EDGE = flat.find_architecture("edge")
JOINT = replace(flat.parse_attention("B=1,H=2,M=8,N=8,D=16"), joint=True)
FAMILY = family_of(parse_dataflow("flat-opt"), JOINT)


@pytest.mark.parametrize(("held", "inside"), [(True, ("GlobalBuffer",)), (False, ()), (None, ())])
def test_the_buffer_has_the_words_of_v_where_k_is_held(held, inside):
    _, attend = einsums_of(replace(FAMILY, held=held), JOINT, EDGE)
    assert next(tensor for tensor in attend.tensors if tensor.name == "V").inside == inside


@pytest.mark.parametrize(("held", "left"), [(True, [1, 3]), (False, [0, 2]), (None, None)])
def test_tilings_of_logit_are_left_as_the_family_says(held, left):
    """Of four tilings the second and the last have the whole tile of K."""
    kept = []
    logit = SimpleNamespace(
        structure=SimpleNamespace(names=("Q", "K", "S")),
        rows=range(4),
        whole=lambda tensor, rows: np.array([False, True, False, True]) if tensor == 1 else None,
        only=lambda rows: kept.append(rows.tolist()),
    )
    keep_held(replace(FAMILY, held=held), logit)
    assert kept == ([] if left is None else [left])
