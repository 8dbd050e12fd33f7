"""Accelergy's energy and area reference tables (ERT and ART) as values, in and out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from flat_plugin.architecture.component import as_number
from flat_plugin.architecture.energy_table import ComponentEnergy, EnergyTable
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.architecture.sections import check_sections
from flat_plugin.documents import Source, file_of, load, located, missing
from flat_plugin.errors import FlatError
from flat_plugin.schema import MOST_AMOUNT

# What tables say besides: provenance, and arguments, of which the dearest counts.
_UNREAD = ("ignore", "arguments", "estimator", "estimators", "primitive_estimation", "primitive_estimations")
TO_FILL_IN = "TO FILL IN"  # what a template says of a figure that nobody knows
_VERSIONS = ("0.3", "0.4")


def bare_name(name: str) -> str:
    """``system.PE[1..4].PERegs[1..16]`` is ``PERegs``."""
    return re.sub(r"\[[^\]]*\]", "", name).rpartition(".")[2]


def read_ert(source: Source) -> EnergyTable:
    """An ERT: a file, YAML text or a dictionary, with or without its top key.

    Where an action comes with several arguments its greatest energy counts, as in Timeloop.
    """
    components: dict[str, ComponentEnergy] = {}
    file = file_of(source)
    with located(file):
        document = load(source)
        for path, table in _tables(document, "ERT"):
            name = _name(table, path, components)
            components[name] = ComponentEnergy(_actions(table, path), None, _estimator(table))
    return EnergyTable(components, *_provenance(document, file.name if file is not None else "ERT"))


def read_art(source: Source) -> dict[str, float]:
    """An ART: µm² of one instance by bare component name."""
    areas: dict[str, float] = {}
    with located(source):
        for path, table in _tables(load(source), "ART"):
            name = _name(table, path, areas)
            areas[name] = _figure(table.get("area"), f"{path}.area", "µm²", f"the area of {name}")
    return areas


def with_areas(table: EnergyTable, areas: Mapping[str, float]) -> EnergyTable:
    """An energy table with the areas of an ART put in."""
    components = {
        name: replace(component, area_um2=areas.get(name, component.area_um2))
        for name, component in table.components.items()
    }
    return replace(table, components=components)


def refuse_networks(table: EnergyTable, file: Path | None = None) -> None:
    """Timeloop gives every network the energy of a component that is called ``wire``.

    Raises:
        FlatError: there is one, and it costs something.
    """
    for name in ("wire", "Wire"):
        entry = table.components.get(name)
        if entry and entry.actions.get("transfer_random"):
            raise FlatError(
                "energies of networks are not modelled",
                file=file,
                path=f"ERT.tables.{name}.transfer_random",
                value=entry.actions["transfer_random"],
                expected="0, or no such component",
            )


def write_ert(table: EnergyTable, architecture: Architecture) -> dict[str, Any]:
    """An ERT document that Timeloop reads. Who answered stands under ``ignore``: timeloopfe refuses
    other keys, and the Timeloop programs pass over it."""
    tables = []
    for name, full_name in _full_names(table, architecture):
        component = table.components[name]
        actions = [
            {
                "name": action,
                "arguments": {
                    "global_cycle_seconds": architecture.cycle_seconds,
                    "action_latency_cycles": 1,
                },
                "energy": energy,
            }
            for action, energy in component.actions.items()
        ]
        entry: dict[str, Any] = {"name": full_name, "actions": actions}
        tables.append(entry | _ignored({"estimator": component.estimator}))
    return {"ERT": _document(table, tables)}


def write_art(table: EnergyTable, architecture: Architecture) -> dict[str, Any]:
    """An ART document that Timeloop reads; components without a known area are left out."""
    tables = []
    for name, full_name in _full_names(table, architecture):
        component = table.components[name]
        if component.area_um2 is not None:
            entry: dict[str, Any] = {"name": full_name, "area": component.area_um2}
            tables.append(entry | _ignored({"estimator": component.estimator}))
    return {"ART": _document(table, tables)}


def _document(table: EnergyTable, tables: list[dict[str, Any]]) -> dict[str, Any]:
    provenance = _ignored({"source": table.source, "tools": list(table.tools)})
    return {"version": "0.4", **provenance, "tables": tables}


def _ignored(entries: Mapping[str, object]) -> dict[str, Any]:
    known = {key: value for key, value in entries.items() if value}
    return {"ignore": known} if known else {}


def _provenance(document: Mapping[str, Any], otherwise: str) -> tuple[str, tuple[str, ...]]:
    content = document.get("ERT", document)
    source, tools = _ignoring(content, "source"), _ignoring(content, "tools")
    return (
        source if isinstance(source, str) and source else otherwise,
        tuple(str(tool) for tool in tools) if isinstance(tools, list) else (),
    )


def _ignoring(content: Mapping[str, Any], key: str) -> object:
    ignored = content.get("ignore")
    return ignored.get(key) if isinstance(ignored, Mapping) else None


def component_names(architecture: Architecture) -> tuple[str, ...]:
    """Everything that a table should have: memories, compute, softmax unit."""
    unit = architecture.softmax
    parts = (*architecture.parts, *((unit,) if unit else ()))
    return tuple(part.name for part in parts)


def _full_names(table: EnergyTable, architecture: Architecture) -> list[tuple[str, str]]:
    """(bare name, name in tables) of the architecture's components, outermost first."""
    names = [(part.name, f"{architecture.system}.{part.full_name}") for part in architecture.parts]
    if architecture.softmax is not None and architecture.softmax.name in table.components:
        unit = architecture.softmax
        names.append((unit.name, f"{architecture.system}.{unit.full_name}"))
    passed = {memory.name for memory in architecture.memories if memory.holds_nothing}
    names = [entry for entry in names if entry[0] not in passed or entry[0] in table.components]
    for name, _ in names:
        if name not in table.components:
            known = ", ".join(table.components) or "none"
            raise FlatError(f"no energy for {name}", value=table.source, expected=known)
    return names


def _tables(document: Mapping[str, Any], key: str) -> list[tuple[str, Mapping[str, Any]]]:
    if key in document:
        check_sections(document, "ERT", "ART")
    elif "tables" not in document:
        raise missing(key, document)
    content = document.get(key, document)
    if not isinstance(content, Mapping) or not isinstance(content.get("tables"), list):
        raise FlatError(f"not an {key}", path=key, expected="version and a list of tables")
    if str(content.get("version")) not in _VERSIONS:
        raise FlatError(
            "unsupported version",
            path=f"{key}.version",
            value=content.get("version"),
            expected=_VERSIONS,
        )
    _only(content, ("version", "tables", "ignore", "source", "tools"), key)
    tables = []
    for index, table in enumerate(content["tables"]):
        path = f"{key}.tables[{index}]"
        if not isinstance(table, Mapping):
            raise FlatError("not a mapping", path=path, value=table)
        _only(table, ("name", "actions" if key == "ERT" else "area", *_UNREAD), path)
        tables.append((path, table))
    return tables


def _name(table: Mapping[str, Any], path: str, known: Mapping[str, object]) -> str:
    name = table.get("name")
    if not isinstance(name, str) or not bare_name(name):
        raise FlatError("a table needs a component's name", path=f"{path}.name", value=name)
    if bare_name(name) in known:
        raise FlatError("two components have the same name", path=f"{path}.name", value=name)
    return bare_name(name)


def _actions(table: Mapping[str, Any], path: str) -> dict[str, float]:
    entries = table.get("actions")
    if not isinstance(entries, list):
        raise FlatError("actions are missing", path=f"{path}.actions", value=entries)
    actions: dict[str, float] = {}
    component = bare_name(str(table.get("name")))
    for index, entry in enumerate(entries):
        here = f"{path}.actions[{index}]"
        if not isinstance(entry, Mapping) or not isinstance(entry.get("name"), str):
            raise FlatError("an action needs a name", path=here, value=entry)
        _only(entry, ("name", "energy", *_UNREAD), here)
        of = f"{component} {entry['name']}"
        energy = _figure(entry.get("energy"), f"{here}.energy", "pJ", of)
        actions[entry["name"]] = max(energy, actions.get(entry["name"], 0.0))
    return actions


def _only(content: Mapping[str, Any], keys: tuple[str, ...], path: str) -> None:
    for key in content:
        if key not in keys:
            raise FlatError("unknown key", path=f"{path}.{key}", expected=keys)


def _estimator(table: Mapping[str, Any]) -> str:
    estimator = _ignoring(table, "estimator")
    return estimator if isinstance(estimator, str) else ""


def _figure(value: object, path: str, unit: str, what: str) -> float:
    if value is None or value == TO_FILL_IN:
        raise FlatError(f"not filled in: {what}", path=path, expected=f"{unit}, at least 0")
    number = as_number(value)
    if number is None or not 0 <= number <= MOST_AMOUNT:
        raise FlatError("bad figure", path=path, value=value, expected=f"{unit}, 0 to {MOST_AMOUNT:g}")
    return float(number)
