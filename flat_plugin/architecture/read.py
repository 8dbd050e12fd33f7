"""Timeloop v0.4 architecture documents, in both spellings, to an :class:`Architecture`."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from flat_plugin.architecture.component import Component, as_number
from flat_plugin.architecture.gigabytes import in_words
from flat_plugin.architecture.given_constraints import GivenConstraint, given_beside
from flat_plugin.architecture.given_energy import given_energy
from flat_plugin.architecture.hardware import Architecture, Compute, Memory, SoftmaxUnit, TopkUnit
from flat_plugin.architecture.levels import read_compute, read_memory, read_softmax, read_topk
from flat_plugin.architecture.nodes import read_variables, walk_nodes
from flat_plugin.architecture.sections import check_sections
from flat_plugin.architecture.subtree import as_mapping, system_name, walk_subtree
from flat_plugin.architecture.unread_attributes import SOFTMAX_KEYS, TOPK_KEYS
from flat_plugin.architecture.unused_variables import unused_variables
from flat_plugin.architecture.vocabulary import (
    COMPUTE_CLASSES,
    COMPUTE_KEYS,
    STORAGE_CLASSES,
    STORAGE_KEYS,
    TENSOR_BITS,
    misspelt_of_all,
    reading_notes,
    role,
    wrong_attributes,
)
from flat_plugin.arguments import checked
from flat_plugin.documents import Source, file_of, load_timeloopfe, located, missing
from flat_plugin.errors import FlatError, raise_all
from flat_plugin.workload.widths import Widths, read_widths

DEFAULT_CYCLE_SECONDS = 1e-9
DEFAULT_TECHNOLOGY = "45nm"
TREE_VERSIONS = ("0.2", "0.3", "0.4")


@checked
def read_architecture(source: Source) -> Architecture:
    """Read an architecture.

    Args:
        source: a dictionary, YAML text, or a file; with or without the top key ``architecture``;
            in the spelling of the Timeloop programs (``subtree``) or of timeloopfe (``nodes``).
    """
    file = file_of(source)
    document = load_timeloopfe(source)
    with located(file):
        return _read(document, _name(file))


def _name(file: Path | None) -> str:
    if file is None:
        return "architecture"
    return file.resolve().parent.name if file.stem == "arch" else file.stem


def _read(document: Mapping[str, Any], name: str) -> Architecture:
    if "architecture" in document:
        check_sections(document)
    elif not {"version", "subtree", "nodes"} & set(document):
        raise missing("architecture", document)
    content = as_mapping(document.get("architecture", document), "architecture")
    _check_version(content)
    variables = read_variables(document.get("variables"))
    unused = unused_variables(document.get("variables"), content)
    if "subtree" in content and variables:
        content = as_mapping(_named(content, variables), "architecture")
    components, constraints = _components(content, variables)
    inherited = components[0].inherited if components else {}
    raise_all(list(misspelt_of_all(inherited, "architecture.attributes")))
    memories, compute, softmax, topk = _sort(components)
    _check_chain(memories, compute, components)
    paths = {component.name: component.path for component in components}
    parts: tuple[Memory | Compute, ...] = (*memories, compute)
    for part in parts:
        given_energy(part, f"{paths[part.name]}.attributes")
    shared: dict[str, object] = {**variables, **components[0].inherited}
    for component in components:
        for key in ("technology", "global_cycle_seconds"):
            if key in component.own:
                shared.setdefault(key, component.own[key])
    technology, technology_notes = _technology(shared, components)
    cycle_seconds, by_name = _cycle_seconds(shared), {component.name: component for component in components}
    memories = [in_words(memory, by_name[memory.name], cycle_seconds) for memory in memories]
    return Architecture(
        name=name,
        memories=tuple(memories),
        compute=compute,
        cycle_seconds=cycle_seconds,
        technology=technology,
        system=system_name(content),
        softmax=softmax,
        topk=topk,
        constraints=(*constraints, *given_beside(document)),
        widths=_widths(inherited),
        spelling="nodes" if "nodes" in content else "subtree",
        notes=(*technology_notes, *_notes(components), *unused),
    )


def _named(value: Any, variables: Mapping[str, object]) -> Any:
    """A document with its variables put in: in Timeloop's own spelling, a value that is just a name."""
    if isinstance(value, Mapping):
        return {key: _named(each, variables) for key, each in value.items()}
    if isinstance(value, list):
        return [_named(each, variables) for each in value]
    return variables.get(value, value) if isinstance(value, str) else value


def _components(
    content: Mapping[str, Any], variables: Mapping[str, object]
) -> tuple[list[Component], tuple[GivenConstraint, ...]]:
    if "nodes" in content and "subtree" in content:
        raise FlatError("two spellings mixed", path="architecture", expected="subtree or nodes")
    if "nodes" in content:
        components, constraints = walk_nodes(content, "architecture", variables)
    elif "subtree" in content:
        components, constraints = list(walk_subtree(content, "architecture")), ()
    else:
        raise FlatError(
            "no components", path="architecture", value=sorted(map(str, content)), expected="subtree or nodes"
        )
    seen: set[str] = set()
    for component in components:
        if component.name in seen:
            raise FlatError("name used twice", path=component.path, value=component.name)
        seen.add(component.name)
    return components, constraints


def _check_version(content: Mapping[str, Any]) -> None:
    """Timeloop reads its tree alike whichever of its versions a file states; timeloopfe has one version."""
    version = content.get("version")
    if str(version) not in (TREE_VERSIONS if "subtree" in content else TREE_VERSIONS[-1:]):
        raise FlatError(
            "unsupported version" if "version" in content else "version is missing",
            path="architecture.version",
            value=version,
            expected="version: 0.4",
        )


def _sort(
    components: list[Component],
) -> tuple[list[Memory], Compute, SoftmaxUnit | None, TopkUnit | None]:
    by_role: dict[str, list[Component]] = {"storage": [], "compute": [], "softmax": [], "topk": []}
    for component in components:
        kind = role(component.kind)
        if kind == "network":
            raise _class_error(component, "networks are not supported: Timeloop infers one")
        if kind is None:
            raise _class_error(component, "unknown class, which Timeloop would ignore")
        by_role[kind].append(component)
    for kind, least, most in (("storage", 1, 99), ("compute", 1, 1), ("softmax", 0, 1), ("topk", 0, 1)):
        found = by_role[kind]
        if not least <= len(found) <= most:
            names = ", ".join(component.name for component in found) or "none"
            wanted = "one" if most == 1 else "at least one"
            raise FlatError(f"{kind} components: {names}", path="architecture", expected=f"{wanted} {kind}")
    raise_all(
        [
            error
            for kind, keys in (("storage", STORAGE_KEYS), ("compute", COMPUTE_KEYS))
            for component in by_role[kind]
            for error in wrong_attributes(component, keys)
        ]
    )
    memories = [read_memory(component) for component in by_role["storage"]]
    compute = read_compute(by_role["compute"][0])
    topk = next(map(read_topk, by_role["topk"]), None)
    return memories, compute, _softmax(components, by_role["softmax"], memories), topk


def _softmax(
    components: list[Component], found: list[Component], memories: list[Memory]
) -> SoftmaxUnit | None:
    """The softmax units, which cores have one or several of, or several cores one."""
    if not found:
        return None
    (component,) = found
    names = {before.name for before in components[: components.index(component)]}
    unit = read_softmax(component, [memory for memory in memories if memory.name in names])
    for memory in memories:
        most, least = (memory, unit) if memory.instances >= unit.instances else (unit, memory)
        if most.mesh_x % least.mesh_x or most.mesh_y % least.mesh_y:
            raise FlatError(
                f"{unit.name}: {unit.mesh_x} × {unit.mesh_y} units do not divide among the "
                f"{memory.mesh_x} × {memory.mesh_y} {memory.name}",
                path=component.path,
                value=unit.instances,
                expected="as many of one as go to each of the other, along meshX and along meshY",
            )
    return unit


def _class_error(component: Component, message: str) -> FlatError:
    known = " ".join((*STORAGE_CLASSES, *COMPUTE_CLASSES))
    return FlatError(
        f"{component.name}: {message}",
        path=f"{component.path}.class",
        value=component.kind,
        expected=f"a class that contains one of {known}; or softmax_unit, topk_unit",
    )


def _check_chain(memories: list[Memory], compute: Compute, components: list[Component]) -> None:
    paths = {component.name: component.path for component in components}
    levels: list[Memory | Compute] = [*memories, compute]
    for outer, inner in pairwise(levels):
        for axis, above, below in (
            ("meshX", outer.mesh_x, inner.mesh_x),
            ("meshY", outer.mesh_y, inner.mesh_y),
        ):
            if below % above:
                raise FlatError(
                    f"{inner.name}: {axis} does not divide among the instances of {outer.name}",
                    path=f"{paths[inner.name]}.attributes.{axis}",
                    value=below,
                    expected=f"a multiple of {above}, the {axis} of {outer.name}",
                )


def _notes(components: list[Component]) -> tuple[str, ...]:
    """What the files say and nothing reads."""
    keys = {"storage": STORAGE_KEYS, "compute": COMPUTE_KEYS, "softmax": SOFTMAX_KEYS, "topk": TOPK_KEYS}
    return tuple(
        note
        for component in components
        for note in reading_notes(component, keys.get(str(role(component.kind)), frozenset()))
    )


def _technology(shared: Mapping[str, object], components: list[Component]) -> tuple[str, tuple[str, ...]]:
    """The system's process, with a note where what it gives is none (timeloopfe: ``SET ME``) and that of its
    parts is taken; Timeloop reads no process at all."""
    system = shared.get("technology", DEFAULT_TECHNOLOGY)
    if _process(system):
        return technology_name(system), ()
    of_parts = [component.own.get("technology") for component in components]
    found = technology_name(next(filter(_process, of_parts), DEFAULT_TECHNOLOGY))
    return found, (f"technology {system!r} is not a process; {found} is used",)


def _process(value: object) -> bool:
    number = as_number(str(value).strip().lower().removesuffix("nm"))
    return number is not None and number > 0


def _widths(inherited: Mapping[str, object]) -> Widths:
    """Of tensors whose workload says nothing of them."""
    try:
        return read_widths(inherited.get(TENSOR_BITS))  # type: ignore[arg-type]
    except FlatError as error:
        path = f"architecture.attributes.{TENSOR_BITS}{(error.path or '').removeprefix('bits')}"
        raise FlatError(error.message, path=path, value=error.value, expected=error.expected) from None


def _cycle_seconds(shared: Mapping[str, object]) -> float:
    given = shared.get("global_cycle_seconds", shared.get("cycle_seconds"))
    value = as_number(given) if given is not None else DEFAULT_CYCLE_SECONDS
    if value is None or not 0 < value < 1:
        raise FlatError("bad global_cycle_seconds", path="architecture", value=given, expected="seconds")
    return float(value)


def technology_name(value: object) -> str:
    """``45``, ``"45nm"`` and ``45e-9`` are all ``45nm``."""
    number = as_number(str(value).strip().lower().removesuffix("nm"))
    if number is None or not number > 0:
        raise FlatError("bad technology", path="architecture", value=value, expected='such as "45nm"')
    return f"{number * 1e9 if number < 1e-3 else number:.6g}nm"
