"""The softmax unit's energies: of Aladdin's arithmetic, unless the architecture gives its own."""

from dataclasses import replace

import pytest

from flat_plugin.architecture import find_architecture
from flat_plugin.energy import energy_for
from flat_plugin.energy.softmax import SOFTMAX_ACTIONS, softmax_energy, with_given_softmax, word_bits
from flat_plugin.errors import FlatError


@pytest.fixture
def edge():
    return find_architecture("edge")


def test_an_operation_is_the_mean_of_its_four(edge):
    actions = softmax_energy(edge.softmax, edge).actions
    assert set(actions) == set(SOFTMAX_ACTIONS)
    four = [actions[name] for name in ("max", "exponent", "sum", "scale")]
    assert actions["compute"] == pytest.approx(sum(four) / 4)


def test_another_process_is_scaled_and_says_so(edge):
    found = softmax_energy(replace(edge.softmax, attributes={"technology": "22nm"}), edge)
    assert found.actions["compute"] < softmax_energy(edge.softmax, edge).actions["compute"]
    assert "scaled from 45 nm to 22 nm" in found.estimator


def test_what_the_architecture_gives_wins(edge):
    given = replace(edge, softmax=replace(edge.softmax, energy_pj=7.0))
    assert softmax_energy(given.softmax, given).actions == {"compute": 7.0}

    assert with_given_softmax(energy_for(edge), given).components[given.softmax.name].actions == {
        "compute": 7.0
    }


def test_words_are_those_of_the_units_unless_it_has_its_own(edge):
    assert word_bits(edge.softmax, edge) == 16
    assert word_bits(replace(edge.softmax, attributes={"datawidth": 32}), edge) == 32
    with pytest.raises(FlatError, match="SoftmaxUnit: bad datawidth .got 65.; .* at most 64"):
        word_bits(replace(edge.softmax, attributes={"datawidth": 65}), edge)
