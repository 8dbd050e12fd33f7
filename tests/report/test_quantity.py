"""Figures for people."""

import pytest

from flat_plugin.report.quantity import apart, quantity


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0, "s", "0"),
        (0.0535, "s", "53.5 ms"),
        (1 / 1e-9, "Hz", "1 GHz"),
        (846e6, "words", "846M words"),
        (999, "", "999"),
        (1234, "", "1.23k"),
        (28.3e6, "B", "28.3 MB"),
        (1.2e-15, "J", "1.2e-15 J"),
        (-2500, "J", "-2.5 kJ"),
        (0.00123, "J·s", "0.00123 J·s"),
    ],
)
def test_a_few_digits_and_a_prefix(value: float, unit: str, text: str) -> None:
    assert quantity(value, unit) == text


def test_figures_of_a_column_are_told_apart() -> None:
    assert apart([2.791e-6, 2.794e-6, 3.1e-6], "J") == ["2.791 µJ", "2.794 µJ", "3.1 µJ"]
    assert apart([5.0, 5.0]) == ["5", "5"]
