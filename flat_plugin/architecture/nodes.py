"""The spelling of timeloopfe: ``nodes`` of containers and components, with expressions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from flat_plugin.architecture.component import (
    MAX_WHOLE,
    Component,
    as_number,
    normalised,
    parse_name,
)
from flat_plugin.architecture.expressions import evaluate, is_expression
from flat_plugin.architecture.given_constraints import GivenConstraint, given
from flat_plugin.architecture.hardware import DUMMY_CLASS
from flat_plugin.architecture.subtree import as_mapping, component_class
from flat_plugin.architecture.vocabulary import COMPUTE_KEYS, STORAGE_KEYS
from flat_plugin.documents import TAG
from flat_plugin.errors import FlatError

_ARITHMETIC = (STORAGE_KEYS | COMPUTE_KEYS) | {"lanes", "passes", "energy_pj"}
_CONTAINER = {TAG, "name", "attributes", "spatial", "constraints"}
_KINDS = ("spatial", "temporal", "dataspace", "max_overbooked_proportion")
_COMPONENT = _CONTAINER | {"class", "subclass", "required_actions", "enabled"}


@dataclass
class _Walk:
    """What the nodes so far mean for those that follow."""

    names: dict[str, object]  # for expressions
    inherited: dict[str, object] = field(default_factory=dict)
    mesh_x: int = 1
    mesh_y: int = 1
    constraints: list[GivenConstraint] = field(default_factory=list)
    arrays: list[str] = field(default_factory=list)  # nodes that fan out to the next component
    branch: _Branch | None = None  # of a !Parallel node


def read_variables(variables: object) -> dict[str, object]:
    """The ``variables`` section, each value computed from those above it."""
    values: dict[str, object] = {}
    for key, value in as_mapping(variables or {}, "variables").items():
        values[key] = _resolve(value, values, f"variables.{key}", number=False)
    return values


def walk_nodes(
    document: Mapping[str, object], path: str, variables: Mapping[str, object]
) -> tuple[list[Component], tuple[GivenConstraint, ...]]:
    """The components outermost first, and the constraints in their nodes; instances and meshes follow from
    the fan-outs above."""
    _refuse_unknown(document, {"version", "nodes", TAG}, path)
    walk = _Walk(dict(variables), {k: v for k, v in variables.items() if k in _SYSTEM_WIDE})
    components = list(_nodes(document["nodes"], f"{path}.nodes", walk))
    return components, tuple(walk.constraints)


_SYSTEM_WIDE = ("technology", "global_cycle_seconds")


def _nodes(nodes: object, path: str, walk: _Walk) -> Iterator[Component]:
    if not isinstance(nodes, list):
        raise FlatError("not a list", path=path, value=nodes, expected="a list of nodes")
    for index, entry in enumerate(nodes):
        yield from _node(as_mapping(entry, f"{path}[{index}]"), f"{path}[{index}]", walk)


def _node(node: Mapping[str, object], path: str, walk: _Walk) -> Iterator[Component]:
    tag = node.get(TAG) or _guess(node)
    if tag == "Hierarchical":
        _refuse_unknown(node, {TAG, "nodes"}, path)
        yield from _nodes(node.get("nodes"), f"{path}.nodes", walk)
    elif tag == "Container":
        yield from _container(node, path, walk)
    elif tag == "Component":
        if node.get("enabled", True) not in (True, "True", "true"):
            raise FlatError("a disabled component is not supported", path=f"{path}.enabled")
        yield from _component(node, path, walk)
    elif tag == "Parallel":
        _refuse_unknown(node, {TAG, "nodes"}, path)
        yield from _parallel(node.get("nodes"), f"{path}.nodes", walk)
    elif tag != "Nothing":
        raise FlatError("not supported", path=path, value=f"!{tag}", expected="one chain")


def _guess(node: Mapping[str, object]) -> str:
    if "nodes" in node:
        return "Hierarchical"
    return "Component" if "class" in node else "Container"


def _container(node: Mapping[str, object], path: str, walk: _Walk) -> Iterator[Component]:
    _refuse_unknown(node, _CONTAINER, path)
    parse_name(node.get("name"), f"{path}.name")
    if walk.branch is not None:
        raise FlatError("a container in a !Parallel node is not supported", path=path, expected="a component")
    yield from _fan_out(node, path, walk)
    for key, value in _attributes(node, path, walk).items():
        walk.inherited[key] = walk.names[key] = value
    _constrain(node, path, walk, ("spatial",))


@dataclass(frozen=True)
class _Branch:
    """A component of a !Parallel node (at ``path``): what the file says that it keeps, and what the others
    do. Where several say nothing, only a mapping can tell which tensor goes where."""

    path: str
    own: tuple[str, ...]
    others: tuple[str, ...]
    several_silent: bool

    def constraints(self, target: str, place: str) -> Iterator[GivenConstraint]:
        directive = {"target": target, "type": "dataspace", "branch_of": self.path}
        fixed = {"keep_within": self.own} if self.own else {"bypass": self.others}
        yield given({**directive, **fixed}, "node", place)
        if not self.own and self.several_silent:
            yield given({**directive, "keep_within": ()}, "search", place)


def _parallel(nodes: object, path: str, walk: _Walk) -> Iterator[Component]:
    """Components side by side become levels one after another, as in timeloopfe; what one branch keeps
    passes all others by."""
    if not isinstance(nodes, list) or walk.branch is not None:
        raise FlatError("not a list of branches", path=path, value=nodes, expected="components")
    places = [f"{path}[{index}]" for index in range(len(nodes))]
    kept: dict[str, str] = {}
    owns = []
    for branch, here in zip(nodes, places, strict=True):
        owns.append(tuple(dict.fromkeys(_kept_in(as_mapping(branch, here), here))))
        for name in owns[-1]:
            if name in kept:
                raise FlatError("kept in two branches", path=here, value=name, expected=f"{kept[name]} alone")
            kept[name] = here
    several_silent = sum(not own for own in owns) > 1
    for branch, here, own in zip(nodes, places, owns, strict=True):
        others = tuple(name for name in kept if name not in own)
        walk.branch = _Branch(path, own, others, several_silent)
        yield from _node(as_mapping(branch, here), here, walk)
        walk.branch = None


def _kept_in(node: Mapping[str, object], path: str) -> Iterator[str]:
    inner = node.get("nodes")
    for index, each in enumerate(inner if isinstance(inner, list) else []):
        yield from _kept_in(as_mapping(each, f"{path}.nodes[{index}]"), path)
    constraints = as_mapping(node.get("constraints") or {}, f"{path}.constraints")
    fixed = as_mapping(constraints.get("dataspace") or {}, f"{path}.constraints.dataspace")
    for key in ("keep", "keep_only"):
        names = fixed.get(key) or []
        if not isinstance(names, list):
            raise FlatError("not a list", path=f"{path}.constraints.dataspace.{key}", value=names)
        yield from map(str, names)


def _component(node: Mapping[str, object], path: str, walk: _Walk) -> Iterator[Component]:
    _refuse_unknown(node, _COMPONENT, path)
    if walk.branch is not None and node.get("spatial"):
        raise FlatError("a fan-out in a !Parallel node is not supported", path=f"{path}.spatial")
    yield from _fan_out(node, path, walk)
    name, count = parse_name(node.get("name"), f"{path}.name")
    if count != 1:
        raise FlatError(
            "a node has no range in its name",
            path=f"{path}.name",
            value=node["name"],
            expected="spatial: {meshX: n}",
        )
    own = _attributes(node, path, walk)
    _constrain(node, path, walk, _KINDS)
    mesh = (walk.mesh_x, walk.mesh_y)
    kind = component_class(node, name, path)
    if walk.branch is not None:
        walk.constraints += walk.branch.constraints(name, path)
    for key in _ARITHMETIC & set(walk.inherited):
        own.setdefault(key, walk.inherited[key])
    arrays, walk.arrays = tuple(walk.arrays), []
    yield Component(name, kind, path, mesh[0] * mesh[1], mesh, own, dict(walk.inherited), arrays)


def _constrain(node: Mapping[str, object], path: str, walk: _Walk, kinds: tuple[str, ...]) -> None:
    """What a node says of mappings; in a container timeloopfe reads only what it unrolls."""
    content = as_mapping(node.get("constraints") or {}, f"{path}.constraints")
    for kind, fixed in content.items():
        here = f"{path}.constraints.{kind}"
        if kind not in _KINDS:
            raise FlatError("unknown key", path=here, value=fixed, expected=_KINDS)
        if not fixed:
            continue
        if kind not in kinds:
            raise FlatError("timeloopfe reads none of this in a container", path=here, value=fixed)
        directive = {**as_mapping(fixed, here), "target": node.get("name"), "type": kind}
        walk.constraints.append(given(directive, "node", here))


def _fan_out(node: Mapping[str, object], path: str, walk: _Walk) -> Iterator[Component]:
    """Unroll; a second fan-out before the next component needs a level that holds nothing between them,
    which timeloopfe calls ``inter_<node>_spatial``."""
    spatial = as_mapping(node.get("spatial") or {}, f"{path}.spatial")
    _refuse_unknown(spatial, {"meshX", "meshY"}, f"{path}.spatial")
    x = _mesh(spatial.get("meshX", 1), f"{path}.spatial.meshX", walk)
    y = _mesh(spatial.get("meshY", 1), f"{path}.spatial.meshY", walk)
    if x * y > 1:
        name = parse_name(node.get("name"), f"{path}.name")[0]
        if walk.arrays:
            mesh, arrays = (walk.mesh_x, walk.mesh_y), tuple(walk.arrays)
            own = {"entries": 0}
            between = f"inter_{name}_spatial"
            yield Component(between, DUMMY_CLASS, path, mesh[0] * mesh[1], mesh, own, {}, arrays)
        walk.arrays = [name]
    walk.mesh_x, walk.mesh_y = walk.mesh_x * x, walk.mesh_y * y


def _mesh(value: object, path: str, walk: _Walk) -> int:
    count = as_number(_resolve(value, walk.names, path, number=True))
    if count is None or not 1 <= count < MAX_WHOLE or count != int(count):
        raise FlatError("bad mesh", path=path, value=value, expected="a whole number of at least 1")
    return int(count)


def _attributes(node: Mapping[str, object], path: str, walk: _Walk) -> dict[str, object]:
    """Evaluated in order; an expression sees the variables and the attributes above it."""
    here, values, names = f"{path}.attributes", {}, dict(walk.names)
    for key, value in normalised(node.get("attributes"), here).items():
        names[key] = values[key] = _resolve(value, names, f"{here}.{key}", key in _ARITHMETIC)
    return values


def _resolve(value: object, names: Mapping[str, object], path: str, number: bool) -> object:
    if not isinstance(value, str):
        return value
    plain = as_number(value)
    if plain is not None:
        return plain
    if number or is_expression(value, names):
        return evaluate(value, names, path)
    return value


def _refuse_unknown(node: Mapping[str, object], known: set[str], path: str) -> None:
    for key, value in node.items():
        neutral = key in ("sparse_optimizations", "networks") and not value
        neutral = neutral or (key in ("area_scale", "energy_scale") and value in (None, 1))
        if key not in known and not neutral:
            raise FlatError(
                f"{key} is not supported",
                path=path,
                value=value,
                expected=sorted(known - {TAG}),
            )
