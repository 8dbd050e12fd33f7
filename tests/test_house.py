"""How long a function, a class and a file may be."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import flat_plugin

ROOT = Path(flat_plugin.__file__).parent
FUNCTION, CLASS, FILE = 60, 200, 400  # lines
Function = ast.FunctionDef | ast.AsyncFunctionDef


def lines(node: Function | ast.ClassDef) -> int:
    """With its documentation."""
    assert node.end_lineno is not None
    return node.end_lineno - node.lineno + 1


def too_long(source: str) -> Iterator[str]:
    if (length := source.count("\n")) > FILE:
        yield f"{length} lines"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, Function | ast.ClassDef):
            most = CLASS if isinstance(node, ast.ClassDef) else FUNCTION
            if lines(node) > most:
                yield f"{node.name}: {lines(node)} lines"


def test_nothing_is_long() -> None:
    files = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in ROOT.rglob("*.py")}
    long = {path: [*too_long(source)] for path, source in files.items()}
    assert {path: found for path, found in long.items() if found} == {}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("def short():\n    pass\n", []),
        ("def long():\n" + "    pass\n" * 60, ["long: 61 lines"]),
        ("class Long:\n" + "    a = 1\n" * 200, ["Long: 201 lines"]),
        ("a = 1\n" * 401, ["401 lines"]),
    ],
)
def test_what_is_long_is_found(source: str, found: list[str]) -> None:
    assert [*too_long(source)] == found
