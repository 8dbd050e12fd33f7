"""What a design sets: an override, a variable of the architecture's file, or an attribute of a component."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from flat_plugin.architecture import Architecture, list_architectures, read_architecture
from flat_plugin.architecture.component import parse_name
from flat_plugin.architecture.dummies import without_dummies
from flat_plugin.architecture.hardware import Compute, Memory, SoftmaxUnit, TopkUnit
from flat_plugin.architecture.overrides import OVERRIDES, override
from flat_plugin.architecture.presets import preset_path
from flat_plugin.documents import load_timeloopfe, located
from flat_plugin.errors import FlatError

Settings = Mapping[str, Any]  # target -> value
_OF_ALL = ("technology", "global_cycle_seconds", "cycle_seconds")
_FAN = ("meshX", "meshY")


@dataclass(frozen=True)
class Base:
    """The architecture that designs are variations of: its document, as it is read."""

    name: str
    document: Mapping[str, Any]
    file: Path | None
    preset: bool

    def build(self, settings: Settings) -> Architecture:
        """The architecture with these settings.

        Raises:
            FlatError: one of them cannot be made, or they do not go together.
        """
        document: dict[str, Any] = dict(self.document)
        own = {target: value for target, value in settings.items() if target not in OVERRIDES}
        if own:
            document = deepcopy(document)
            for target, value in own.items():
                _set(document, target, value)
        with located(self.file):
            read = read_architecture(document)
        named = replace(read if self.preset else without_dummies(read), name=self.name)
        return override(named, {name: value for name, value in settings.items() if name in OVERRIDES})

    def is_target(self, name: str) -> bool:
        """Whether a name is something to set."""
        if name in OVERRIDES or name in self.variables:
            return True
        component, dot, attribute = name.partition(".")
        return bool(dot and attribute) and component in self.names

    @property
    def variables(self) -> tuple[str, ...]:
        found = self.document.get("variables")
        return tuple(k for k in found if k != "version") if isinstance(found, Mapping) else ()

    @property
    def names(self) -> tuple[str, ...]:
        """Components and containers."""
        return tuple(dict.fromkeys(name for name, _ in _nodes(self.document)))

    def affected(self, target: str, architecture: Architecture) -> frozenset[str]:
        """The parts of the architecture that a target may change."""
        every = frozenset(part.name for part in parts_of(architecture))
        component, dot, attribute = target.partition(".")
        if dot:
            own = component in every and attribute not in _OF_ALL
            return _with_softmax({component}, architecture) if own else every
        if target in self.variables or target not in OVERRIDES:
            return every
        if target.startswith("softmax_"):
            return frozenset([architecture.softmax.name] if architecture.softmax else [])
        if target.startswith("topk_"):
            return frozenset([architecture.topk.name] if architecture.topk else [])
        if target == "pes":
            below = (p.name for p in architecture.parts[1:])
            return _with_softmax(set(below), architecture)
        return frozenset([architecture.memories[0 if target.startswith("dram_") else 1].name])


def _with_softmax(names: set[str], architecture: Architecture) -> frozenset[str]:
    """The words of a softmax unit are those of the array, unless it says others."""
    softmax = architecture.softmax
    return frozenset(names | ({softmax.name} if softmax and architecture.compute.name in names else set()))


def parts_of(architecture: Architecture) -> tuple[Any, ...]:
    """Memories outermost first, compute units, the softmax unit and the top-k unit if there are any."""
    units = (architecture.softmax, architecture.topk)
    return (*architecture.parts, *(unit for unit in units if unit is not None))


def with_parts(architecture: Architecture, parts: Sequence[Any]) -> Architecture:
    """An architecture of other parts, in any order."""

    def only(kind: type) -> Any:
        return next((part for part in parts if isinstance(part, kind)), None)

    memories = tuple(part for part in parts if isinstance(part, Memory))
    units = {"compute": only(Compute), "softmax": only(SoftmaxUnit), "topk": only(TopkUnit)}
    return replace(architecture, memories=memories, **units)


def read_base(given: object, folder: Path) -> Base:
    """A preset by its name, or a file from this folder.

    Raises:
        FlatError: there is no such architecture.
    """
    if not isinstance(given, str) or not given.strip():
        expected = f"{', '.join(list_architectures())}, or a file"
        raise FlatError("not an architecture", value=given, expected=expected)
    preset = given in list_architectures()
    file = preset_path(given) / "arch.yaml" if preset else folder / given
    if file.is_dir():
        file = file / "arch.yaml"
    if not file.is_file():
        raise FlatError("no such architecture", value=given, expected=(*list_architectures(), "a file"))
    name = file.resolve().parent.name if file.stem == "arch" else file.stem
    return Base(name, load_timeloopfe(file), file, preset)


def _nodes(value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """(name without its range, node) of every component and container of a document."""
    if isinstance(value, dict):
        if isinstance(value.get("name"), str):
            yield parse_name(value["name"], "name")[0], value
        for key, each in value.items():
            if key not in ("attributes", "variables"):
                yield from _nodes(each)
    elif isinstance(value, list):
        for each in value:
            yield from _nodes(each)


def _set(document: dict[str, Any], target: str, value: Any) -> None:
    component, dot, attribute = target.partition(".")
    if not dot:
        document["variables"][target] = value
        return
    for name, node in _nodes(document):
        if name == component:
            _set_attribute(node, attribute, value)


def _set_attribute(node: dict[str, Any], attribute: str, value: Any) -> None:
    if attribute == "instances" and "[" in node["name"]:
        node["name"] = f"{parse_name(node['name'], 'name')[0]}[1..{value}]"
    elif attribute in _FAN and isinstance(node.get("spatial"), dict):
        node["spatial"][attribute] = value
    elif "attributes" in node or "class" not in node:
        node["attributes"] = {**(node.get("attributes") or {}), attribute: value}
    else:
        node[attribute] = value
