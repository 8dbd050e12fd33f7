"""Values in the order that people expect."""

import random

from flat_plugin.report.read.order import place


def test_numbers_by_size_also_inside_names() -> None:
    ordered = [None, 2, 10.5, 512, {"a": 2}, {"a": 10}, [1, 2], [1, 10], "base", "flat-r64", "flat-r256"]
    mixed = random.Random(0).sample(ordered, len(ordered))
    assert sorted(mixed, key=place) == ordered


def test_nothing_is_nothing_whatever_its_form() -> None:
    assert place(None) == place("") == place({})
