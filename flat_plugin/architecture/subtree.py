"""The spelling of timeloop-model and Accelergy: ``subtree`` and ``local``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from flat_plugin.architecture.component import Component, normalised, parse_name
from flat_plugin.errors import FlatError

NODE_KEYS = {"name", "attributes", "local", "subtree"}
COMPONENT_KEYS = {"name", "class", "attributes", "required_actions", "subclass", "enabled"}


def walk_subtree(document: Mapping[str, object], path: str) -> Iterator[Component]:
    """The components outermost first; the tree is a chain, as Timeloop wants it."""
    if "local" in document:
        raise FlatError("Timeloop ignores components here", path=f"{path}.local", expected="a subtree")
    _refuse_unknown(document, {"version", "subtree", "name", "attributes"}, path)
    inherited: dict[str, object] = normalised(document.get("attributes"), f"{path}.attributes")
    multiplicity, node = 1, document
    while "subtree" in node:
        branches = node["subtree"]
        path = f"{path}.subtree"
        if not isinstance(branches, list) or len(branches) != 1:
            count = len(branches) if isinstance(branches, list) else branches
            raise FlatError("not one branch", path=path, value=count, expected="a list of one node")
        path, node = f"{path}[0]", as_mapping(branches[0], f"{path}[0]")
        _refuse_unknown(node, NODE_KEYS, path)
        multiplicity *= parse_name(node.get("name"), f"{path}.name")[1]
        inherited = {**inherited, **normalised(node.get("attributes"), f"{path}.attributes")}
        local = node.get("local")
        yield from _local([] if local is None else local, f"{path}.local", multiplicity, inherited)


def system_name(document: Mapping[str, object]) -> str:
    """The name of the outermost node: the prefix of component names in energy tables."""
    branches = document.get("subtree") or document.get("nodes")
    if isinstance(branches, list) and branches and isinstance(branches[0], Mapping):
        first = branches[0]
        if "class" not in first and isinstance(first.get("name"), str):
            return parse_name(first["name"], "name")[0]
    return "system"


def as_mapping(value: object, path: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise FlatError("not a mapping", path=path, value=value, expected="keys and values")
    return value


def _local(
    entries: object, path: str, multiplicity: int, inherited: Mapping[str, object]
) -> Iterator[Component]:
    if not isinstance(entries, list):
        raise FlatError("not a list", path=path, value=entries, expected="a list of components")
    for index, entry in enumerate(entries):
        here = f"{path}[{index}]"
        node = as_mapping(entry, here)
        name, count = parse_name(node.get("name"), f"{here}.name")
        own = component_attributes(node, here)
        kind = component_class(node, name, here)
        if node.get("enabled", True) not in (True, "True", "true"):
            raise FlatError(
                "Timeloop counts a disabled component, too",
                path=f"{here}.enabled",
                value=node["enabled"],
                expected="no such component",
            )
        yield Component(name, kind, here, multiplicity * count, None, own, inherited, typed=True)


def component_class(node: Mapping[str, object], name: str, path: str) -> str:
    kind = node.get("class")
    if not isinstance(kind, str):
        raise FlatError(f"{name}: class is missing", path=path, value=kind, expected="such as SRAM")
    return kind


def component_attributes(node: Mapping[str, object], path: str) -> dict[str, object]:
    """A component without ``attributes`` may have them beside its name, as in Timeloop."""
    if "attributes" in node:
        _refuse_unknown(node, COMPONENT_KEYS, path)
        return normalised(node["attributes"], f"{path}.attributes")
    beside = {key: value for key, value in node.items() if key not in COMPONENT_KEYS}
    return normalised(beside, path)


def _refuse_unknown(node: Mapping[str, object], known: set[str], path: str) -> None:
    for key in node:
        if key not in known:
            raise FlatError("unknown key", path=path, value=key, expected=sorted(known))
