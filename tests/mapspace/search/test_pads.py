"""What one compute unit keeps in its own memories."""

from dataclasses import replace

import numpy as np

from flat_plugin.architecture import Memory
from flat_plugin.mapspace.search.pads import NOWHERE, few_loops, pads_of
from flat_plugin.mapspace.search.trips import Factors
from flat_plugin.mapspace.structure import structure_of
from flat_plugin.workload import parse_attention

LOGIT = structure_of(parse_attention("B=1,H=1,M=7,N=5,D=4").logit())
PAD = Memory("Pad", "regfile", 16, capacity=4)
Q, K, S = (LOGIT.names.index(name) for name in "QKS")


def test_a_single_word_keeps_the_tensor_that_stays():
    found = pads_of(LOGIT, [replace(PAD, capacity=1)], LOGIT.sizes, K)
    assert found.where[:, 0].tolist() == [0 if t == K else NOWHERE for t in range(3)]
    assert (found.extents == 1).all()


def test_tiles_fit():
    found = pads_of(LOGIT, [PAD], LOGIT.sizes, S)
    for n in range(len(found)):
        kept = [t for t in range(3) if found.where[t, n] == 0]
        words = sum(np.prod(found.extents[list(LOGIT.indexing[t]), n]) for t in kept)
        assert words <= PAD.capacity and S in kept


def test_one_tensor_in_one_pad_at_most():
    found = pads_of(LOGIT, [PAD, PAD], LOGIT.sizes, S)
    assert found.still[S].all() and set(found.where[Q].tolist()) <= {NOWHERE, 0, 1}
    assert (found.extents == found.trips.prod(axis=0)).all()


def test_few_units_have_any_loops():
    """Also such as let only the tensor that stays be used again, or none: rounding takes another part."""
    one = [replace(PAD, capacity=1)]
    found = pads_of(LOGIT, one, LOGIT.sizes, K, every=True)
    rows = LOGIT.core.index("M")
    assert {1, 2, 3, 4, 7} == set(found.trips[0, rows].tolist())
    nothing = pads_of(LOGIT, one, LOGIT.sizes, NOWHERE, every=True)
    assert len(nothing) > 1 and (nothing.where == NOWHERE).all()
    assert few_loops(1, LOGIT.sizes, Factors.RAGGED, few_units=False)
    assert not few_loops(1, (512, 512, 64), Factors.RAGGED, few_units=True)
    assert not few_loops(1, LOGIT.sizes, Factors.PERFECT, few_units=True)
