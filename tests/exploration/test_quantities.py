"""Units in expressions."""

import pytest

from flat_plugin.exploration.quantities import Quantity, name_of, of, product, same, units, written

WATT, SECOND = of("J/s"), of("s")


@pytest.mark.parametrize(
    ("number", "unit", "value", "base"),
    [(20, "ms", 0.02, "s"), (3, "mW", 0.003, "J/s"), (2, "KiB", 2048, "B"), (5, "mm²", 5, "mm2")],
)
def test_a_number_with_its_unit(number: float, unit: str, value: float, base: str) -> None:
    assert written(number, unit) == Quantity(value, of(base))


def test_every_unit_can_be_written_and_no_other() -> None:
    assert all(written(1, unit) for unit in units()) and written(1, "furlong") is None


def test_a_plain_number_takes_the_unit_beside_it() -> None:
    assert (
        same(Quantity(1, SECOND), Quantity(2), "+") == SECOND == same(Quantity(2), Quantity(1, SECOND), "+")
    )


def test_seconds_and_watts_cannot_be_added() -> None:
    with pytest.raises(ValueError, match=r"s \+ J/s do not have the same unit"):
        same(Quantity(1, SECOND), Quantity(1, WATT), "+")


@pytest.mark.parametrize(
    ("one", "two", "sign", "name"),
    [
        ("J/s", "s", 1, "J"),
        ("J", "s", -1, "J/s"),
        ("J", "s", 1, "J s"),
        ("s", "s", 1, "s2"),
        ("s", "J", -1, "s/J"),
    ],
)
def test_products_have_units_of_their_own(one: str, two: str, sign: int, name: str) -> None:
    assert name_of(product(Quantity(1, of(one)), Quantity(1, of(two)), sign)) == name


def test_the_ratio_of_equal_units_is_a_plain_number() -> None:
    assert name_of(product(Quantity(1, SECOND), Quantity(2, SECOND), -1)) in ("", "1")
