"""Recorded answers at the places of a grid, and between them."""

from __future__ import annotations

import csv
from math import sqrt
from pathlib import Path

import pytest

import flat_plugin.energy.grid
from flat_plugin.energy.grid import Record, describe, look_up, recorded_kinds, records

FILE = Path(flat_plugin.energy.grid.__file__).with_name("accelergy_components.csv")


def record(read: float, area: float = 1.0, **at: float) -> Record:
    return Record(at, {"read": read, "leak": 0.0}, area, "somebody")


SQUARE = [record(k * b, k, n_banks=b, kilobytes=k) for k in (1.0, 4.0) for b in (1.0, 4.0)]


def test_at_a_place_of_the_grid_it_is_what_is_recorded() -> None:
    found = look_up(SQUARE, {"n_banks": 4, "kilobytes": 1})
    assert found is not None
    assert (found.record, found.between) == (SQUARE[1], ())


def test_between_two_places_powers_are_exact() -> None:
    """read = KB × banks is straight in logarithms: 2 KB lie halfway between 1 and 4."""
    found = look_up(SQUARE, {"n_banks": 4, "kilobytes": 2})
    assert found is not None
    assert found.record.actions == {"read": pytest.approx(8.0), "leak": 0.0}
    assert found.record.area_um2 == pytest.approx(2.0)
    assert found.record.at == {"n_banks": 4.0, "kilobytes": 2}
    assert (found.record.estimator, found.between) == ("somebody", ("1 and 4 KB",))


def test_between_four_places() -> None:
    found = look_up(SQUARE, {"kilobytes": 2, "n_banks": 3})
    assert found is not None
    assert found.record.actions["read"] == pytest.approx(6.0)
    assert found.between == ("1 and 4 KB", "1 and 4 banks")


def test_where_one_is_0_the_line_is_straight() -> None:
    for first, second in ((0.0, 8.0), (8.0, 0.0)):
        found = look_up([record(first, depth=1.0), record(second, depth=4.0)], {"depth": 2})
        assert found is not None
        assert found.record.actions["read"] == pytest.approx(4.0)


def test_actions_of_both_neighbours_only() -> None:
    one = Record({"depth": 1.0}, {"read": 1.0, "write": 2.0}, 1.0, "")
    found = look_up([one, record(4.0, depth=4.0)], {"depth": 2})
    assert found is not None
    assert set(found.record.actions) == {"read"}


def test_the_nearest_neighbours_that_have_an_answer() -> None:
    """Two banks are not recorded for 4 KB: the neighbours are 1 and 4 banks."""
    grid = [*SQUARE, record(99.0, n_banks=2.0, kilobytes=1.0)]
    found = look_up(grid, {"n_banks": 3, "kilobytes": 4})
    assert found is not None
    assert found.record.actions["read"] == pytest.approx(12.0)
    at_one = look_up(grid, {"n_banks": 3, "kilobytes": 1})
    assert at_one is not None
    assert 4.0 < at_one.record.actions["read"] < 99.0


@pytest.mark.parametrize("wanted", [{"n_banks": 5, "kilobytes": 1}, {"n_banks": 1, "kilobytes": 0.5}])
def test_outside_of_the_grid_there_is_no_answer(wanted: dict[str, float]) -> None:
    assert look_up(SQUARE, wanted) is None
    assert look_up([], {}) is None


def test_the_extent_of_a_grid_in_words() -> None:
    assert describe(SQUARE) == "1 to 4 banks, 1 to 4 KB"
    assert describe([record(1.0, depth=8.0, width_bits=16.0)]) == "16 bits, 8 words deep"
    assert describe([record(1.0, kilobytes=2.0, depth=8.0)]) == "2 KB"
    assert describe([]) == ""


def test_what_is_recorded_is_what_the_file_has() -> None:
    with FILE.open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    kinds = dict.fromkeys((row["class"], row["technology"], row["type"]) for row in rows)
    assert recorded_kinds() == (*kinds,)
    total = sum(sum(each.actions.values()) for kind in kinds for each in records(*kind))
    assert total == pytest.approx(sum(float(row["energy_pj"]) for row in rows))
    row = next(row for row in rows if row["class"] == "SRAM" and row["action"] == "read")
    axes = ("n_banks", "width_bits", "kilobytes", "depth")
    at = {axis: float(row[axis]) for axis in axes if row[axis]}
    found = look_up(records("SRAM", row["technology"]), at)
    assert found is not None
    assert found.record.actions["read"] == float(row["energy_pj"])
    assert found.record.area_um2 == float(row["area_um2"])
    assert records("SRAM", "1nm") == ()


def test_halfway_is_the_geometric_mean() -> None:
    found = look_up([record(3.0, depth=2.0), record(5.0, depth=8.0)], {"depth": 4})
    assert found is not None
    assert found.record.actions["read"] == pytest.approx(sqrt(15))
