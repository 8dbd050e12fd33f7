"""Products with relative positions: as many as there are distances between the tokens, either way."""

import pytest

from flat_plugin import Model
from flat_plugin.errors import FlatError
from flat_plugin.workload.layer import Layer
from flat_plugin.workload.positions import PositionProjection, PositionScores
from flat_plugin.workload.widths import Widths

OF_EIGHT = PositionScores("position_scores", 8, 64)


def test_every_query_meets_every_distance():
    times, scores = OF_EIGHT.over(3, 10)
    assert times == 1
    assert scores.operations == 3 * 8 * 10 * 19 * 64
    assert {t.name: scores.words(t) for t in scores.tensors} == {
        "A": 3 * 8 * 10 * 64,
        "X": 8 * 19 * 64,  # once for all sequences
        "Z": 3 * 8 * 10 * 19,
    }


def test_the_distances_of_a_chunk_are_its_own():
    assert PositionScores("position_scores", 8, 64, (0, 16)).over(1, 100)[1].operations == 8 * 100 * 16 * 64


def test_distances_are_projected_once_for_all_sequences():
    _, projection = PositionProjection("position_projection", 512, 256).over(3, 10)
    assert projection.operations == 19 * 512 * 256
    assert PositionProjection("position_projection", 512, 256).weights == 512 * 256


def test_positions_are_activations():
    """They are no weights, so that weights of few bits leave them as they are."""
    narrow = Widths(W=4, A=8).product(OF_EIGHT.over(1, 10)[1])
    assert narrow.bits == {"A": 8, "X": 8, "Z": 8}


def test_a_step_of_decoding_has_other_distances():
    layer = Layer(8, 512, 64, 2048, kind="encoder", others=(OF_EIGHT,))
    with pytest.raises(FlatError, match="relative positions of a step of toy are not modelled"):
        Model("toy", stack=((2, layer),), tokens=100).decoding()
