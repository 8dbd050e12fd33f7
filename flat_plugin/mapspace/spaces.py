"""Spaces: the limits of an array's dataflow as Timeloop's constraints, from a file or by name."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from flat_plugin.architecture.hardware import Architecture
from flat_plugin.documents import Source, file_of, load, located
from flat_plugin.errors import FlatError
from flat_plugin.mapping.read import array_targets, read_names, read_permutation
from flat_plugin.mapspace.limits import FREE, Limits, Spread
from flat_plugin.mapspace.structure import Structure, structure_of
from flat_plugin.resources import resource_folder
from flat_plugin.workload.attention import Attention

_FACTOR = re.compile(r"([A-Za-z_]+)\s*(<=|=)?\s*(\d{1,18})\b")
_OPTIONAL = ("B", "H", "G")  # an operator may lack them; the search unrolls B and H nowhere
_KEYS = ("description", "operators")


def list_spaces() -> dict[str, str]:
    """The spaces that ship with the package, with a line on each."""
    return {name: load(file)["space"]["description"] for name, file in _shipped().items()}


def read_space(source: Source, attention: Attention, architecture: Architecture) -> dict[str, Limits]:
    """Limits by operator, of a shipped space's name, a file, YAML text or a dictionary.

    ``space: {operators: {logit: [constraints], attend: [constraints]}}``, where a constraint is
    Timeloop's: ``spatial`` with factors (``"M=1 N<=16"``) and, together, ``permutation`` and ``split`` (the
    dimensions before the split lie on x, all others on y); ``dataspace`` with ``keep`` and ``bypass``,
    for the innermost memory. What is not said is free.

    Raises:
        FlatError: no such space, or a constraint that is wrong or that the search does not take.
    """
    shipped = _shipped()
    called = source if isinstance(source, str) and source in shipped else file_of(source)
    if isinstance(source, str) and source in shipped:
        source = shipped[source]
    file = file_of(source)
    if isinstance(source, str) and file is None and "\n" not in source:
        known = ", ".join(shipped)
        raise FlatError("unknown space", path="space", value=source, expected=f"a file, or one of {known}")
    document = load(source)
    with located(file):
        limits = _read(document, attention, architecture)
    whose = f"{called}: " if called else ""
    return {name: replace(limit, place=f"{whose}space.operators.{name}") for name, limit in limits.items()}


def _shipped() -> dict[str, Path]:
    return {file.stem: file for file in sorted((resource_folder("mappings") / "spaces").glob("*.yaml"))}


def _read(document: Mapping[str, Any], attention: Attention, architecture: Architecture) -> dict[str, Limits]:
    content = document.get("space")
    if not isinstance(content, Mapping) or "operators" not in content:
        keys = ", ".join(map(str, content if isinstance(content, Mapping) else document))
        raise FlatError("not a space", path="space", value=keys, expected=_among(_KEYS))
    _no_other(content, _KEYS, "space")
    operators = content["operators"]
    structures = {einsum.name: structure_of(einsum) for einsum in attention.einsums()}
    if not isinstance(operators, Mapping):
        raise FlatError(
            "not limits by operator", path="space.operators", value=operators, expected=_among(structures)
        )
    _no_other(operators, structures, "space.operators")
    found = {}
    for name, constraints in operators.items():
        path = f"space.operators.{name}"
        if not isinstance(constraints, list):
            raise FlatError("not a list of constraints", path=path, value=constraints)
        limits = FREE
        for i, constraint in enumerate(constraints):
            limits = _applied(limits, constraint, f"{path}[{i}]", structures[name], architecture)
        found[name] = limits
    return found


def _no_other(content: Mapping[Any, Any], keys: Collection[str], path: str) -> None:
    for key in content:
        if key not in keys:
            raise FlatError("unknown key", path=f"{path}.{key}", expected=_among(keys))


def _among(keys: Collection[str]) -> str:
    return "the keys " + ", ".join(keys)


def _applied(
    limits: Limits, constraint: Any, path: str, structure: Structure, architecture: Architecture
) -> Limits:
    if not isinstance(constraint, Mapping):
        raise FlatError("a constraint is a mapping", path=path, value=constraint)
    level = _level(constraint, path, architecture)
    if constraint.get("type") == "spatial":
        _only(constraint, ("factors", "permutation", "split"), path)
        if architecture.fanout(level) == (1, 1) or level == 0:
            raise FlatError("nothing is unrolled below this memory", path=path, value=constraint["target"])
        spread = _axes(limits.spread(level, len(structure.core)), constraint, path, structure)
        spread = _factors(spread, constraint.get("factors"), f"{path}.factors", structure)
        return replace(limits, spreads=(*((n, s) for n, s in limits.spreads if n != level), (level, spread)))
    if constraint.get("type") in ("dataspace", "datatype", "bypass"):
        _only(constraint, ("keep", "bypass"), path)
        if level != len(architecture.memories) - 1 or level < 2 or architecture.fanout(level) != (1, 1):
            raise FlatError(
                "the search chooses what the registers of a compute unit keep, and nothing else",
                path=f"{path}.target",
                value=constraint["target"],
                expected="a spatial constraint, or the innermost memory",
            )
        return replace(limits, keep=_keep(limits, constraint, path, structure))
    raise FlatError(
        "not a constraint that the search takes",
        path=f"{path}.type",
        value=constraint.get("type"),
        expected="spatial or dataspace: loops in time are its own choice",
    )


def _level(constraint: Mapping[str, Any], path: str, architecture: Architecture) -> int:
    memories = [memory.name for memory in architecture.memories]
    target = str(constraint.get("target"))
    target = array_targets(architecture).get(target, target)
    if target not in memories:
        raise FlatError(
            f"not a memory of {architecture.name}",
            path=f"{path}.target",
            value=constraint.get("target"),
            expected="one of " + ", ".join(memories),
        )
    return memories.index(target)


def _only(constraint: Mapping[str, Any], keys: Sequence[str], path: str) -> None:
    for key in constraint:
        if key not in ("target", "type", *keys):
            raise FlatError(
                "unknown key", path=f"{path}.{key}", expected="target, type, " + " or ".join(keys)
            )


def _axes(spread: Spread, constraint: Mapping[str, Any], path: str, structure: Structure) -> Spread:
    if "permutation" not in constraint and "split" not in constraint:
        return spread
    order, split = _permutation(constraint, path, structure), constraint.get("split")
    if isinstance(split, bool) or not isinstance(split, int) or not 0 <= split <= len(order):
        raise FlatError(
            "a permutation and a split say together what lies on x",
            path=f"{path}.split",
            value=split,
            expected=f"a permutation, and 0 to {len(order)} of its dimensions on x",
        )
    return replace(spread, axes=tuple("x" if d in order[:split] else "y" for d in structure.core))


def _permutation(constraint: Mapping[str, Any], path: str, structure: Structure) -> list[str]:
    """The dimensions as they stand, for the split counts them; those an operator may lack included."""
    value = constraint.get("permutation", "")
    letters = [str(v) for v in (value if isinstance(value, list) else str(value)) if str(v).strip(" ,")]
    present = [d for d in letters if d in structure.einsum.sizes or d not in _OPTIONAL]
    read_permutation(present, f"{path}.permutation", structure.einsum)
    return letters


def _factors(spread: Spread, value: Any, path: str, structure: Structure) -> Spread:
    text = " ".join(map(str, value)) if isinstance(value, list) else str(value or "")
    least, most = list(spread.least), list(spread.most)
    seen: set[str] = set()
    for dimension, relation, digits in _FACTOR.findall(text):
        factor = int(digits)
        if dimension in seen:
            raise FlatError(
                "a dimension with two factors", path=path, value=value, expected=f"one {dimension}"
            )
        seen.add(dimension)
        if dimension in structure.core and factor > 0:
            i = structure.core.index(dimension)
            least[i], most[i] = (1 if relation == "<=" else factor), factor
        elif dimension not in _OPTIONAL or factor != 1:
            raise FlatError(
                "not a factor that the search unrolls",
                path=path,
                value=f"{dimension}{relation}{digits}",
                expected="1 or more of " + ", ".join(structure.core),
            )
    if left := _FACTOR.sub(" ", text).replace(",", " ").split():
        raise FlatError("a factor that cannot be read", path=path, value=left[0], expected='"M=1 N<=16"')
    return replace(spread, least=tuple(least), most=tuple(most))


def _keep(
    limits: Limits, constraint: Mapping[str, Any], path: str, structure: Structure
) -> tuple[bool | None, ...]:
    names = set(structure.names)
    kept = read_names(constraint.get("keep"), f"{path}.keep", names)
    passed = read_names(constraint.get("bypass"), f"{path}.bypass", names)
    if both := kept & passed:
        raise FlatError("kept and passed by", path=path, value=sorted(both)[0])
    before = limits.keep or (None,) * len(structure.names)
    return tuple(
        True if name in kept else False if name in passed else said
        for name, said in zip(structure.names, before, strict=True)
    )
