"""Densities of a problem: 1 everywhere, or refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flat_plugin.errors import FlatError


def refuse_sparse(
    shape: Mapping[str, Any], instance: Mapping[str, Any], place: str, tensors: list[str]
) -> None:
    """Raise where a tensor is not dense.

    Args:
        place: where the instance is in the file.
        tensors: the names of all data spaces.
    """
    for section, path in ((shape, "problem.shape"), (instance, place)):
        if "commonDensity" in section:
            _check(section["commonDensity"], f"{path}.commonDensity")
        densities = section.get("densities") or {}
        if not isinstance(densities, Mapping):
            raise FlatError("not a mapping", path=f"{path}.densities", value=densities)
        for name, density in densities.items():
            if name not in tensors:
                known = "one of " + ", ".join(tensors)
                raise FlatError("unknown data space", path=f"{path}.densities", value=name, expected=known)
            _check(density, f"{path}.densities.{name}")


def _check(density: Any, path: str) -> None:
    """A density is 1, as a number or as Timeloop's distribution of fixed structure."""
    value = density
    if isinstance(density, Mapping):
        fixed = str(density.get("distribution")).replace("-", "_") == "fixed_structured"
        value = density.get("density") if fixed and len(density) == 2 else None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != 1:
        raise FlatError("sparse tensors are not modelled", path=path, value=density, expected="1, or none")
