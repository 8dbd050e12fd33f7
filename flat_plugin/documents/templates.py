"""Jinja in a document: parameters, loops, and other files; nothing else, and bounded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any

from jinja2 import nodes

from flat_plugin.documents.sandbox import FAILURES, MAX_TEMPLATE, Sandbox
from flat_plugin.errors import FlatError

_FILTERS = ("abs", "default", "float", "int", "length", "max", "min", "round")
_REFUSED = (nodes.Concat, nodes.Macro, nodes.CallBlock, nodes.AssignBlock, nodes.FilterBlock) + (
    nodes.Include,
    nodes.Import,
    nodes.FromImport,
    nodes.Extends,
)


def render(text: str, functions: Mapping[str, Callable[..., Any]]) -> str:
    """The text with its Jinja carried out.

    Args:
        functions: what it may call besides ``range``.
    """
    if len(text) > MAX_TEMPLATE:
        raise FlatError("template too large", expected=f"at most {MAX_TEMPLATE} characters")
    try:
        sandbox = Sandbox(_FILTERS, functions=functions)
        _refuse_statements(sandbox.parse(text))
        return sandbox.from_string(text).render()
    except FAILURES as error:
        line = getattr(error, "lineno", None)
        raise FlatError(f"Jinja: {error}", path=f"line {line}" if line else None) from error


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
