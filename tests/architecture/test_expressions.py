"""Arithmetic in attribute values."""

import pytest

from flat_plugin.architecture.expressions import evaluate, is_expression
from flat_plugin.errors import FlatError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("glb_kb * 1024 * 8 // width", 32768),
        ("2**28", 2**28),
        ("-width + 1", -127),
        ("ceil(glb_kb / 100)", 6),
        ("max(1, min(width, 4))", 4),
        ("name", "LPDDR4"),
    ],
)
def test_values(text: str, value: object) -> None:
    assert evaluate(text, {"glb_kb": 512, "width": 128, "name": "LPDDR4"}, "x") == value


@pytest.mark.parametrize(
    "text",
    [
        "missing + 1",
        "1 +",
        "1 / 0",
        "9 ** 9 ** 9",
        "10 ** 1000",
        "(-8) ** 0.5",
        "__import__('os')",
        "(1).__class__",
        "[1][0]",
        "a if b else c",
        "lambda: 1",
        "name * 3",
        "(" * 500 + "1" + ")" * 500,
        "1+" * 5000 + "1",
    ],
)
def test_nothing_else_runs(text: str) -> None:
    with pytest.raises(FlatError):
        evaluate(text, {"name": "LPDDR4"}, "x")


def test_words_are_not_expressions() -> None:
    assert is_expression("width * 2", {"width": 1})
    assert not is_expression("LPDDR4", {"width": 1})
    assert not is_expression("45nm", {"width": 1})
