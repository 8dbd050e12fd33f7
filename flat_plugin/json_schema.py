"""Forms as JSON schemas (draft 2020-12), by which editors complete and check what they say.

A schema refuses nothing that :func:`flat_plugin.schema.check` takes. What only a program can tell, such as
whether a file is there or two keys contradict each other, is left to the reader.
"""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from typing import is_typeddict as is_typed_dict

from flat_plugin.form_markers import CLOSED, SINGLE, SOME, Among, Proposes, Says
from flat_plugin.schema import Range, keys_of

Schema = dict[str, Any]
DRAFT = "https://json-schema.org/draft/2020-12/schema"
_SIMPLE: dict[Any, Schema] = {
    int: {"type": "integer"},
    float: {"type": "number"},
    str: {"type": "string"},
    bool: {"type": "boolean"},
    None: {"type": "null"},
    type(None): {"type": "null"},
    Any: {},
    object: {},
}


def json_schema(form: Any, title: str) -> Schema:
    """The schema of documents of a form: an annotation, such as a TypedDict that is ``CLOSED``."""
    writing = _Writing()
    found = writing.of(form)
    return {"$schema": DRAFT, "title": title, **found, "$defs": dict(sorted(writing.shared.items()))}


class _Writing:
    """Schemas of forms; those of TypedDicts stand in ``shared`` under their names, once each."""

    def __init__(self) -> None:
        self.shared: dict[str, Schema] = {}

    def of(self, form: Any) -> Schema:
        origin, arguments = get_origin(form), get_args(form)
        if origin is Annotated:
            return self._annotated(arguments[0], arguments[1:])
        if origin in (Union, types.UnionType):
            return {"anyOf": [self.of(each) for each in arguments]}
        if origin is Literal:
            return {"enum": list(arguments)}
        if is_typed_dict(form):
            return self._reference(form, closed=False)
        if isinstance(origin, type) and issubclass(origin, Mapping):
            return {"type": "object", **self._entries(arguments)}
        if isinstance(origin, type) and issubclass(origin, Iterable):
            return {"type": "array", "items": self.of(arguments[0])}
        return dict(_SIMPLE[form])

    def _annotated(self, form: Any, said: tuple[Any, ...]) -> Schema:
        found = self._reference(form, closed=True) if CLOSED in said else self.of(form)
        if SOME in said:
            found |= {"minProperties" if found["type"] == "object" else "minItems": 1}
        if SINGLE in said:
            found = {"anyOf": [found["items"], found]}
        for each in said:
            if isinstance(each, Range):
                found = _within(found, each)
            elif isinstance(each, Among):
                found = {"enum": list(each.names)}
            elif isinstance(each, Proposes):
                found = {"anyOf": [{"enum": sorted(each.names())}, found]}
            elif isinstance(each, Says):
                found = {**found, "description": each.text}
        return found

    def _entries(self, arguments: tuple[Any, ...]) -> Schema:
        names, values = arguments
        if get_origin(names) is not Literal:
            return {"additionalProperties": self.of(values)}
        properties = {name: self.of(values) for name in get_args(names)}
        return {"properties": properties, "additionalProperties": False}

    def _reference(self, form: Any, *, closed: bool) -> Schema:
        name = form.__name__
        if name not in self.shared:
            self.shared[name] = {}  # a form may name itself
            self.shared[name] |= self._typed_dict(form, closed=closed)
        return {"$ref": f"#/$defs/{name}"}

    def _typed_dict(self, form: Any, *, closed: bool) -> Schema:
        keys = list(keys_of(form))
        required = [name for name, _, needed in keys if needed]
        return {
            "type": "object",
            **({"description": _shown(form.__doc__)} if form.__doc__ else {}),
            "properties": {name: self.of(kind) for name, kind, _ in keys},
            **({"required": required} if required else {}),
            **({"additionalProperties": False} if closed else {}),
        }


def _shown(text: str) -> str:
    """A docstring without the marks that editors do not show."""
    return re.sub(r":\w+:|`", "", inspect.cleandoc(text))


def _within(found: Schema, limits: Range) -> Schema:
    """Numbers that no document writes out are left to the reader."""
    ends = {"minimum": limits.least, "maximum": limits.most}
    bounded = {**found, **{name: end for name, end in ends.items() if isfinite(end)}}
    return {"anyOf": [{"const": 0}, bounded]} if limits.or_zero and limits.least > 0 else bounded
