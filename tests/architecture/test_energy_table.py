"""pJ per action by component: whose name counts, what is missing, and what is not known."""

from __future__ import annotations

from math import isnan

import pytest

from flat_plugin.architecture.energy_table import ComponentEnergy, EnergyTable
from flat_plugin.errors import FlatError


def test_the_first_name_that_timeloop_looks_for_counts() -> None:
    every = ComponentEnergy({"write": 1.0, "fill": 2.0, "random_write": 3.0, "random_fill": 4.0})
    assert every.energy("write") == 4.0
    assert every.energy("update") == 3.0  # fills are none, and random_write comes before write
    assert ComponentEnergy({"write": 1.0, "fill": 2.0}).energy("write") == 2.0
    updates = {"write": 1.0, "update": 2.0, "random_write": 3.0, "random_update": 4.0}
    for expected in (4.0, 3.0, 2.0, 1.0):
        assert ComponentEnergy(updates).energy("update") == expected
        updates.popitem()
    assert ComponentEnergy({"mult": 5.0, "compute": 6.0}).energy("compute") == 5.0
    assert ComponentEnergy({"read": 7.0}).energy("write") is None


def test_nothing_costs_0_in_every_action() -> None:
    nothing = ComponentEnergy.of_nothing()
    assert [nothing.energy(action) for action in ("read", "write", "update", "compute", "leak")] == [0.0] * 5


def test_a_table_answers_by_component_and_action() -> None:
    table = EnergyTable({"Buffer": ComponentEnergy({"read": 7.0, "write": 8.0})})
    assert table.energy("Buffer", "read") == 7.0
    assert table.energy("Buffer", "update") == 8.0
    assert table.energy("Buffer", "leak") == 0.0  # which Timeloop counts where a table lists none


@pytest.mark.parametrize(
    ("component", "action", "said"),
    [
        ("MAC", "compute", "ERT.tables: the energy table has no component MAC; expected .* besides Buffer"),
        (
            "Buffer",
            "write",
            r"ERT.tables.Buffer.actions: .* no energy for Buffer write, .*expected random_fi",
        ),
    ],
)
def test_what_is_missing_is_not_0(component: str, action: str, said: str) -> None:
    table = EnergyTable({"Buffer": ComponentEnergy({"read": 7.0})})
    with pytest.raises(FlatError, match=said):
        table.energy(component, action)


def test_where_there_is_no_table_no_energy_is_a_number() -> None:
    unknown = EnergyTable(unknown="nobody was asked")
    assert isnan(unknown.energy("Buffer", "read")) and not unknown.known
    with pytest.raises(
        FlatError, match="area: a chart needs energies, which are not known: nobody was asked"
    ):
        unknown.need("a chart", "area")


def test_a_table_that_is_known_is_what_is_needed() -> None:
    table = EnergyTable()
    assert table.known and table.need("a chart") is table


def test_notes_say_what_is_unknown_and_what_is_not_used() -> None:
    assert EnergyTable().notes == ()
    (unknown,) = EnergyTable(unknown="nobody was asked").notes
    assert unknown.startswith("no energies: nobody was asked; what gives them: an ERT")
    assert EnergyTable(strangers=("L9", "NoC")).notes == (
        "energies of L9, NoC are not used: no component of the architecture has this name",
    )


def test_multiply_accumulates_of_other_widths() -> None:
    table = EnergyTable({"MAC": ComponentEnergy({"compute": 1.0, "compute_8x16": 0.5, "mac_4.5x8": 0.25})})
    assert table.multiply_accumulate("MAC", (8, 16)) == table.multiply_accumulate("MAC", (16, 8)) == 0.5
    assert table.multiply_accumulate("MAC", (8, 4.5)) == 0.25
    assert table.multiply_accumulate("MAC", (8, 8)) is None
    assert table.multiply_accumulate("Buffer", (8, 16)) is None
