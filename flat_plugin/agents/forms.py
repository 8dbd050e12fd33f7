"""A tool's arguments as a form: what is published of them, and how they are read."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Annotated, Any, NotRequired, TypedDict

from flat_plugin.form_markers import CLOSED
from flat_plugin.json_schema import Schema, json_schema
from flat_plugin.schema import check


def arguments_of(tool: Callable[..., Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments, as the tool takes them.

    Raises:
        FlatError: one is unknown, missing or of another kind.
    """
    return dict(check(_form(tool), {name: _parsed(value) for name, value in given.items()}, closed=True))


def _parsed(value: Any) -> Any:
    """Some programs send keys and values as their JSON text."""
    if isinstance(value, str) and value.startswith("{"):
        try:
            return json.loads(value)
        except ValueError:
            pass
    return value


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
