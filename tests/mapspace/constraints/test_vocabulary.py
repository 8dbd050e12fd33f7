"""Names that constraints may use: those of an operator, and of others that are mapped with it."""

import pytest

import flat_plugin as flat
from flat_plugin.errors import FlatError
from flat_plugin.mapspace.constraints.vocabulary import Vocabulary

LOGIT, ATTEND = flat.parse_attention("B=1,H=2,M=8,N=8,D=4").einsums()
BOTH = Vocabulary.of(LOGIT, [ATTEND])


def test_a_dimension_is_its_own_or_another_operators():
    assert [BOTH.dimension(name, "here") for name in "MNDE"] == [True, True, True, False]
    with pytest.raises(FlatError, match="here: unknown dimension .*X.*one of B, D, E, H, M, N"):
        BOTH.dimension("X", "here")
    with pytest.raises(FlatError, match="unknown dimension"):
        Vocabulary.of(LOGIT).dimension("E", "here")


@pytest.mark.parametrize(
    ("given", "own"),
    [
        (["Q", "K"], "QK"),
        ("Q K", "QK"),
        ("Q", "Q"),
        (["V"], ""),
        ("*", "QKS"),
        (["*", "V"], "QKS"),
        ([], ""),
        (None, ""),
        ({"S"}, "S"),
    ],
)
def test_tensors_of_a_list(given, own):
    assert BOTH.names(given, "here") == frozenset(own)


def test_other_lists_and_names_are_refused():
    with pytest.raises(FlatError, match="here: unknown data space .*X.*one of"):
        BOTH.names(["Q", "X"], "here")
    for odd in (3, {"Q": True}, True):
        with pytest.raises(FlatError, match="here: not a list of data spaces"):
            BOTH.names(odd, "here")
