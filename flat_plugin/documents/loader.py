"""YAML as Timeloop reads it, which is YAML 1.2.

``1e-9`` is a number, and ``NO``, ``yes`` and ``2024-01-01`` are strings (a permutation may well be
``NO``). A key given twice in one mapping is an error, not the last of the two.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

from flat_plugin.documents.sizes import check_size
from flat_plugin.errors import FlatError

MAX_CHARACTERS = 64 * 1024 * 1024
MAX_BITS = 256  # of a whole number
TAG = "!tag"  # key under which the tag of a node is kept

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MERGE = "tag:yaml.org,2002:merge"
_RESOLVERS = (
    ("tag:yaml.org,2002:null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("tag:yaml.org,2002:bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("tag:yaml.org,2002:int", r"[-+]?(0|[1-9][0-9]*)|0x[0-9a-fA-F]+", list("-+0123456789")),
    (
        "tag:yaml.org,2002:float",
        r"[-+]?(\.[0-9]+|[0-9]+\.[0-9]*)([eE][-+]?[0-9]+)?|[-+]?[0-9]+[eE][-+]?[0-9]+"
        r"|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        list("-+.0123456789"),
    ),
    (_MERGE, r"<<", ["<"]),
)


class Loader(_Base):  # type: ignore[misc]
    """Safe YAML with 1.2 scalars and without repeated keys."""

    yaml_implicit_resolvers: dict[str, list[Any]] = {}

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._merged: set[yaml.Node] = set()

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Carry out ``<<``, once: a mapping's own keys win, then those of the first that it merges.

        PyYAML's own takes another value where one key comes from several of them (6.0.4).
        """
        if node in self._merged:
            return
        self._merged.add(node)
        own = [pair for pair in node.value if pair[0].tag != _MERGE]
        _refuse_repeated(own)
        bases = [base for key, value in node.value if key.tag == _MERGE for base in _bases(value)]
        for base in bases:
            self.flatten_mapping(base)
        node.value = [*(pair for base in reversed(bases) for pair in base.value), *own]  # the last counts


def _bases(value: yaml.Node) -> list[yaml.MappingNode]:
    """The mappings that a merge key refers to."""
    found: list[Any] = value.value if isinstance(value, yaml.SequenceNode) else [value]
    for each in found:
        if not isinstance(each, yaml.MappingNode):
            line = each.start_mark.line + 1
            raise FlatError("only a mapping can be merged with <<", path=f"line {line}", value=each.id)
    return found


def _refuse_repeated(pairs: list[tuple[yaml.Node, yaml.Node]]) -> None:
    seen: set[str] = set()
    for key, _ in pairs:
        if isinstance(key, yaml.ScalarNode):
            if key.value in seen:
                raise FlatError("key given twice", path=f"line {key.start_mark.line + 1}", value=key.value)
            seen.add(key.value)


for _tag, _pattern, _first in _RESOLVERS:
    Loader.add_implicit_resolver(_tag, re.compile(f"^(?:{_pattern})$"), _first)


def _construct_int(loader: Any, node: yaml.ScalarNode) -> int:
    value: int = loader.construct_yaml_int(node)
    if value.bit_length() > MAX_BITS:
        raise FlatError("number too large", path=f"line {node.start_mark.line + 1}")
    return value


Loader.add_constructor("tag:yaml.org,2002:int", _construct_int)


class TimeloopfeLoader(Loader):
    """Also accepts the node tags of timeloopfe's architectures, and what a template has included."""

    included: Mapping[str, Any] = {}


def _construct_tagged(loader: Any, node: yaml.Node) -> dict[str, Any]:
    values: dict[str, Any] = {TAG: node.tag.removeprefix("!")}
    if isinstance(node, yaml.MappingNode):
        values.update(loader.construct_mapping(node, deep=True))
    elif isinstance(node, yaml.SequenceNode):
        values["nodes"] = loader.construct_sequence(node, deep=True)
    elif node.value not in ("", "null", "~"):
        line = node.start_mark.line + 1
        raise FlatError("a tagged node needs a mapping", path=f"line {line}", value=node.value)
    return values


def _construct_included(loader: Any, node: yaml.Node) -> Any:
    name = str(node.value)
    if name not in loader.included:
        raise FlatError("nothing was included", path=f"line {node.start_mark.line + 1}", value=name)
    return loader.included[name]


for _name in ("Component", "Container", "Parallel", "Hierarchical", "Nothing"):
    TimeloopfeLoader.add_constructor(f"!{_name}", _construct_tagged)
TimeloopfeLoader.add_constructor("!include_loaded", _construct_included)


def parse(text: str, included: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The document that a text holds.

    Args:
        included: what its template has included; None for YAML without timeloopfe's tags.
    """
    if len(text) > MAX_CHARACTERS:
        raise FlatError("document too large", expected=f"at most {MAX_CHARACTERS} characters")
    loader = Loader if included is None else type("_", (TimeloopfeLoader,), {"included": included})
    try:
        check_size(yaml.parse(text, Loader=_Base))
        document = yaml.load(text, Loader=loader)
    except yaml.MarkedYAMLError as error:
        raise FlatError(_explain(error)) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise FlatError(f"not valid YAML: {error}") from error
    if not isinstance(document, dict):
        raise FlatError("not a YAML mapping", value=document, expected="keys and values")
    return document


def _explain(error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    problem = error.problem or "not valid YAML"
    if "nesting depth" in problem:  # the parser's own limit, where it has one
        return f"{place}nested too deeply"
    if "could not determine a constructor" in problem:
        problem += " (only plain YAML is read; no objects)"
    return f"{place}{problem}"
