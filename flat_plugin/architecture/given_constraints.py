"""Constraints as an architecture's files state them, before an operator is mapped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flat_plugin.errors import FlatError

# Where a whole document may hold them, and whether timeloop-model checks a mapping against them.
_SECTIONS = {
    "architecture_constraints": "architecture",
    "arch_constraints": "architecture",
    "mapspace_constraints": "mapspace",
    "mapspace": "mapspace",
    "constraints": "mapspace",
}
_SAME = (("architecture_constraints", "arch_constraints"), ("mapspace", "mapspace_constraints"))
_BESIDE = {"version", "template"}


@dataclass(frozen=True)
class GivenConstraint:
    """``target``, ``type`` and what it fixes, with lists as tuples.

    ``source`` is ``architecture`` (which ``timeloop-model`` checks mappings against), ``node`` (in a
    node of timeloopfe's spelling, where it is also part of every mapping), ``mapspace``, or ``search``
    (which mappings that are given need not keep to). ``branch_of`` names the !Parallel node that a target
    is a branch of.
    """

    entries: tuple[tuple[str, Any], ...]
    source: str
    place: str = field(default="", compare=False)

    @property
    def directive(self) -> dict[str, Any]:
        return dict(self.entries)


def given(directive: Mapping[str, Any], source: str, place: str) -> GivenConstraint:
    """A directive as a value."""
    entries = tuple((str(key), _frozen(value)) for key, value in directive.items())
    return GivenConstraint(entries, source, place)


def given_beside(document: Mapping[str, Any]) -> tuple[GivenConstraint, ...]:
    """Constraints in the sections of a document: lists of directives, or ``{targets: [...]}``.

    Raises:
        FlatError: two names for one section, or a section that is no list.
    """
    for one, other in _SAME:
        if one in document and other in document:
            raise FlatError("two names for one section", path=other, expected=f"{one} alone")
    return tuple(
        given(directive, source, place)
        for section, source in _SECTIONS.items()
        if document.get(section)
        for directive, place in directives_in(document[section], section)
    )


def directives_in(content: Any, path: str) -> Iterator[tuple[dict[str, Any], str]]:
    """The directives of one section, each with its place."""
    if isinstance(content, Mapping):
        name = next((key for key in ("targets", "constraints") if key in content), None)
        unknown = sorted(set(map(str, content)) - _BESIDE - {str(name)})
        if unknown:
            raise FlatError("unknown key", path=f"{path}.{unknown[0]}", expected="targets")
        if content.get("template") not in (None, "uber"):
            raise FlatError(
                "not supported", path=f"{path}.template", value=content["template"], expected="uber"
            )
        content, path = (content[name] or [], f"{path}.{name}") if name else ([], path)
    if not isinstance(content, Sequence) or isinstance(content, str):
        raise FlatError("not a list of constraints", path=path, value=content)
    for i, entry in enumerate(content):
        here = f"{path}[{i}]"
        if not isinstance(entry, Mapping):
            raise FlatError("a constraint must be a mapping", path=here, value=entry)
        yield from _single(entry, here)


def _single(entry: Mapping[str, Any], path: str) -> Iterator[tuple[dict[str, Any], str]]:
    """An entry may hold a list of constraints on its target, and their content under ``attributes``."""
    if "constraints" in entry:
        outer = {key: value for key, value in entry.items() if key != "constraints"}
        nested = entry["constraints"]
        if not isinstance(nested, list) or not all(isinstance(each, Mapping) for each in nested):
            raise FlatError("not a list of constraints", path=f"{path}.constraints", value=nested)
        for i, each in enumerate(nested):
            here = f"{path}.constraints[{i}]"
            yield from _single(_together(outer, each, here), here)
        return
    inner = entry.get("attributes", {})
    if not isinstance(inner, Mapping):
        raise FlatError("not a mapping", path=f"{path}.attributes", value=inner)
    own = {key: value for key, value in entry.items() if key != "attributes"}
    yield _together(own, inner, f"{path}.attributes"), path


def _together(outer: Mapping[str, Any], inner: Mapping[str, Any], path: str) -> dict[str, Any]:
    """
    Raises:
        FlatError: both say something of one key, and not the same.
    """
    for key in inner:
        if key in outer and outer[key] != inner[key]:
            raise FlatError("given twice", path=f"{path}.{key}", value=inner[key], expected=repr(outer[key]))
    return {**outer, **inner}


def _frozen(value: Any) -> Any:
    if isinstance(value, Mapping):
        return tuple((str(key), _frozen(each)) for key, each in value.items())
    return tuple(map(_frozen, value)) if isinstance(value, list | tuple) else value
