"""Energies given in the architecture itself, as attributes of its components.

``energy_pj`` is pJ of an action of the full width, ``energy_pj_per_bit`` the same per bit of it: a number for
every access (or every operation), or a mapping by action. ``area_um2`` is of one instance. Timeloop and
Accelergy pass over them.
"""

from __future__ import annotations

from collections.abc import Mapping

from flat_plugin.architecture.component import as_number, positive
from flat_plugin.architecture.energy_table import ComponentEnergy
from flat_plugin.architecture.hardware import Compute, Memory
from flat_plugin.errors import FlatError
from flat_plugin.schema import MOST_AMOUNT

GIVEN = "given in the architecture"  # who answered
_LEAK = "leak"


def given_energy(part: Memory | Compute, path: str = "") -> ComponentEnergy | None:
    """What the architecture says of a component; None where it says no energy.

    Args:
        path: of its attributes, for messages.

    Raises:
        FlatError: an action that the component has not, one that is missing or given twice, a bad figure,
            leakage per bit, or an area without energies.
    """
    prefix = f"{path}." if path else ""
    whole = _actions(part, "energy_pj", 1.0, prefix)
    per_bit = _actions(part, "energy_pj_per_bit", _width_bits(part), prefix)
    for action in sorted(set(whole) & set(per_bit)):
        message = f"{part.name}: {action} is given twice"
        raise FlatError(message, path=f"{prefix}energy_pj_per_bit", value=action, expected="pJ or pJ/bit")
    actions = {**whole, **per_bit}
    area = part.attributes.get("area_um2")
    needed = ("read", "write") if isinstance(part, Memory) else ("compute",)
    missing = [action for action in needed if action not in actions]
    if missing and (actions or area is not None):
        message = f"{part.name}: the energy of {' and '.join(missing)} is missing"
        raise FlatError(
            message, path=f"{prefix}energy_pj", expected=f"{' and '.join(needed)} in pJ or pJ/bit"
        )
    if not actions:
        return None
    if isinstance(part, Memory):
        actions.setdefault("update", actions["write"])  # as Timeloop does
    square = None if area is None else _figure(part, area, f"{prefix}area_um2", "µm²")
    return ComponentEnergy(actions, square, GIVEN)


def _actions(part: Memory | Compute, key: str, times: float, prefix: str) -> dict[str, float]:
    """pJ by action; ``times`` is what an action counts."""
    given = part.attributes.get(key)
    if given is None:
        return {}
    every = ("read", "write", "update") if isinstance(part, Memory) else ("compute",)
    path = f"{prefix}{key}"
    if not isinstance(given, Mapping):
        return dict.fromkeys(every, _figure(part, given, path, "pJ") * times)
    allowed = every if key == "energy_pj_per_bit" else (*every, _LEAK)
    for action in given:
        if action not in allowed:
            raise FlatError(f"{part.name}: no such action", path=path, value=action, expected=allowed)
    return {
        str(name): _figure(part, energy, f"{path}.{name}", "pJ") * times for name, energy in given.items()
    }


def _width_bits(part: Memory | Compute) -> float:
    """Bits of the full width: a row of a memory, an operand of a compute unit."""
    if isinstance(part, Memory):
        return float(part.word_bits * part.block_size * part.cluster_size)
    return float(positive(part.attributes, "width") or part.word_bits)


def _figure(part: Memory | Compute, value: object, path: str, unit: str) -> float:
    number = as_number(value)
    if number is None or not 0 <= number <= MOST_AMOUNT:
        expected = f"{unit}, 0 to {MOST_AMOUNT:g}"
        raise FlatError(f"{part.name}: bad figure", path=path, value=value, expected=expected)
    return float(number)
