"""The softmax unit's energies: of Aladdin's arithmetic, unless the architecture gives its own."""

from dataclasses import replace

import pytest

from flat_plugin.architecture import Architecture, Compute, Memory, SoftmaxUnit, find_architecture
from flat_plugin.energy import energy_for, recorded_table
from flat_plugin.energy.plug_in.flat_softmax_energy import softmax_unit
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


def test_the_recorded_estimator_and_the_plug_in_are_one() -> None:
    unit = SoftmaxUnit(8, attributes={"datawidth": 16})
    memory = Memory("B", "SRAM", 16, 8, 1, 262144, attributes={"n_banks": 16})
    architecture = Architecture("a", (memory,), Compute("MAC", "intmac", 16), 2e-9, softmax=unit)
    entry = recorded_table(architecture).components["SoftmaxUnit"]
    derived = softmax_unit(16, 8, 2e-9, 45)
    assert entry.actions == {
        "compute": derived.compute_pj,
        **derived.operations_pj,
        "leak": derived.leak_pj,
    }
    assert entry.area_um2 == derived.area_um2
    smaller = SoftmaxUnit(8, attributes={"datawidth": 16, "technology": "22nm"})
    assert softmax_energy(smaller, architecture).actions["compute"] < entry.actions["compute"]


def test_a_softmax_unit_outside_of_what_is_known() -> None:
    memory = Memory("B", "SRAM", 16, 8, 1, 262144, attributes={"n_banks": 16})
    architecture = Architecture("a", (memory,), Compute("MAC", "intmac", 16))
    with pytest.raises(FlatError, match="nothing is recorded at 4 nm.*no scaling to 4 nm"):
        softmax_energy(SoftmaxUnit(8, attributes={"technology": "4nm"}), architecture)
    with pytest.raises(FlatError, match="bad datawidth"):
        softmax_energy(SoftmaxUnit(8, attributes={"datawidth": 128}), architecture)
