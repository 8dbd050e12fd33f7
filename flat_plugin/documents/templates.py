"""Jinja in a document: parameters, loops, and other files; nothing else, and bounded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from math import isfinite
from typing import Any

from jinja2 import StrictUndefined, TemplateError, Undefined, nodes
from jinja2.sandbox import SandboxedEnvironment

from flat_plugin.errors import FlatError

MAX_TEMPLATE = 1024 * 1024  # characters of a file with Jinja in it
MAX_RENDERED = 16 * 1024 * 1024  # and of what it renders to
MAX_ITERATIONS = 100_000  # of all its loops

_FILTERS = ("abs", "default", "float", "int", "length", "max", "min", "round")
_REFUSED = (nodes.Concat, nodes.Macro, nodes.CallBlock, nodes.AssignBlock, nodes.FilterBlock) + (
    nodes.Include,
    nodes.Import,
    nodes.FromImport,
    nodes.Extends,
)
_FAILURES = (
    TemplateError,
    ArithmeticError,
    TypeError,
    ValueError,
    RecursionError,
    MemoryError,
)


class _Sandbox(SandboxedEnvironment):
    """Jinja for parameters: no undefined names, no text processing, bounded work."""

    intercepted_binops = frozenset(["+", "*", "**", "%"])

    def __init__(self, functions: Mapping[str, Callable[..., Any]]) -> None:
        super().__init__(undefined=StrictUndefined, finalize=_printable, optimized=False)
        self.globals = {"range": _range(MAX_ITERATIONS), **functions}
        self.filters = {name: self.filters[name] for name in _FILTERS}

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        return not isinstance(obj, (str, bytes)) and super().is_safe_attribute(obj, attr, value)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        numbers = all(isinstance(side, (int, float)) for side in (left, right))
        moderate = numbers and max(abs(left), abs(right)) < 1e18
        if not moderate or (operator == "**" and abs(right) > 64):
            raise FlatError(f"Jinja: {operator} is only for numbers of moderate size")
        return super().call_binop(context, operator, left, right)


def _range(budget: int) -> Callable[..., Iterator[int]]:
    """The range of a template, which may go round so many times in all its loops."""
    left = budget

    def bounded(*bounds: int) -> Iterator[int]:
        nonlocal left
        for value in range(*bounds):
            left -= 1
            if left < 0:
                raise FlatError("Jinja: too many iterations", expected=f"at most {budget}")
            yield value

    return bounded


def _printable(value: Any) -> Any:
    if isinstance(value, Undefined):
        return value  # printing it says which name is not defined
    entries = value if isinstance(value, (list, tuple)) else [value]
    if all(entry is None or isinstance(entry, (str, int, float)) for entry in entries):
        return value
    raise FlatError("Jinja: only numbers, text and flat lists of them can be printed")


def is_template(text: str) -> bool:
    return any(mark in text for mark in ("{{", "{%", "{#"))


def render(text: str, functions: Mapping[str, Callable[..., Any]]) -> str:
    """The text with its Jinja carried out.

    Args:
        functions: what it may call besides ``range``.
    """
    if len(text) > MAX_TEMPLATE:
        raise FlatError("template too large", expected=f"at most {MAX_TEMPLATE} characters")
    rendered: list[str] = []
    length = 0
    try:
        sandbox = _Sandbox(functions)
        _refuse_statements(sandbox.parse(text))
        for piece in sandbox.from_string(text).generate():
            length += len(piece)
            if length > MAX_RENDERED:
                raise FlatError("document too large once Jinja has rendered it")
            rendered.append(piece)
    except _FAILURES as error:
        line = getattr(error, "lineno", None)
        raise FlatError(f"Jinja: {error}", path=f"line {line}" if line else None) from error
    return "".join(rendered)


def _refuse_statements(template: nodes.Template) -> None:
    for number in template.find_all(nodes.Const):
        if isinstance(number.value, float) and not isfinite(number.value):
            raise FlatError("Jinja: a number that is too large", path=f"line {number.lineno}")
    for node in template.find_all(_REFUSED):
        name = type(node).__name__
        raise FlatError(
            f"Jinja: {name} is not supported",
            path=f"line {node.lineno}",
            expected="set, for, if, include() and arithmetic",
        )
