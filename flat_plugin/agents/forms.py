"""A tool's arguments as a form: what is published of them, and how they are read."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Annotated, Any, NotRequired, TypedDict

from flat_plugin.errors import FlatError
from flat_plugin.form_markers import CLOSED
from flat_plugin.json_schema import Schema, json_schema
from flat_plugin.schema import check, keys_of


def arguments_of(tool: Callable[..., Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments, as the tool takes them.

    Raises:
        FlatError: one is unknown, missing or of another kind.
    """
    form = _form(tool)
    kinds = {name: kind for name, kind, _ in keys_of(form)}
    taken = {name: _parsed(value, kinds.get(name, str)) for name, value in given.items()}
    return dict(check(form, taken, closed=True))


def _parsed(value: Any, kind: Any) -> Any:
    """Some programs send keys and values as their JSON text. Where a text is taken it stays one, for JSON is
    YAML."""
    if not isinstance(value, str) or not value.startswith("{") or _takes(kind, value):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _takes(kind: Any, value: Any) -> bool:
    try:
        check(kind, value)
    except FlatError:
        return False
    return True


def parameters_of(tool: Callable[..., Any]) -> Schema:
    """The JSON schema of its arguments, with what is taken where one is not given."""
    form = _form(tool)
    schema = json_schema(Annotated[form, CLOSED], tool.__name__)
    own = schema["$defs"].pop(form.__name__)
    for name, each in inspect.signature(tool).parameters.items():
        if each.default is not each.empty and each.default is not None:
            own["properties"][name]["default"] = each.default
    return {**own, **({"$defs": schema["$defs"]} if schema["$defs"] else {})}


@cache
def _form(tool: Callable[..., Any]) -> Any:
    keys = {
        name: each.annotation if each.default is each.empty else NotRequired[each.annotation]
        for name, each in inspect.signature(tool, eval_str=True).parameters.items()
    }
    return TypedDict(tool.__name__, keys)  # type: ignore[operator]
