"""A mapping for an architecture whose nodes hold constraints: they are part of it, as in timeloopfe."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from flat_plugin.architecture.hardware import Architecture
from flat_plugin.mapping.read import array_targets
from flat_plugin.mapspace.constraints.architecture import of_architecture
from flat_plugin.mapspace.constraints.written import directives_of
from flat_plugin.timeloop.directives import Bypass, Directive, Loops
from flat_plugin.workload.einsum import Einsum

_NAME = re.compile(r"[A-Za-z_]+")
_KEEPING = ("bypass", "datatype", "dataspace")


def completed(directives: Sequence[Any], einsum: Einsum, architecture: Architecture) -> list[Any]:
    """The directives, and what the nodes fix and they do not say; a contradiction stays one.

    Raises:
        FlatError: a constraint is wrong.
    """
    nodes = of_architecture(einsum, architecture, (), "node")
    found = list(directives)
    arrays = array_targets(architecture)
    for fixed in directives_of(nodes, einsum, architecture):
        place = next((i for i, each in enumerate(found) if _same(each, fixed, arrays)), None)
        own = found[place] if place is not None else {"target": fixed.target, "type": fixed.type}
        whole = _kept(own, fixed) if isinstance(fixed, Bypass) else _loops(own, fixed)
        if place is None:
            found.append(whole)
        else:
            found[place] = whole
    return found


def _same(directive: Any, fixed: Directive, arrays: Mapping[str, str]) -> bool:
    if not isinstance(directive, Mapping):
        return False
    kind, target = directive.get("type"), str(directive.get("target"))
    kind = "bypass" if kind in _KEEPING else kind
    return kind == fixed.type and fixed.target in (target, arrays.get(target) if kind == "spatial" else None)


def _loops(own: Mapping[str, Any], fixed: Loops) -> dict[str, Any]:
    given = own.get("factors")
    listed = [str(each) for each in given] if isinstance(given, list) else [str(given or "")]
    said = {match for text in listed for match in _NAME.findall(text.split("#")[0])}
    more = [f"{d}={n}" for d, n in fixed.factors if d not in said]
    whole = {**own, "factors": [text for text in (*listed, *more) if text]}
    if not own.get("permutation") and fixed.permutation:
        whole["permutation"] = [d for d in fixed.permutation if d != "_"]
    if fixed.type == "spatial" and own.get("split") is None and fixed.split is not None:
        whole["split"] = fixed.split
    return whole


def _kept(own: Mapping[str, Any], fixed: Bypass) -> dict[str, Any]:
    keep, bypass = (own.get(key) or [] for key in ("keep", "bypass"))
    if not all(isinstance(names, list) for names in (keep, bypass)):
        return dict(own)  # wrong, and refused where it is read
    said = {*map(str, (*keep, *bypass))}
    return {
        **own,
        "keep": [*keep, *(t for t in fixed.keep if t not in said)],
        "bypass": [*bypass, *(t for t in fixed.bypass if t not in said)],
    }
