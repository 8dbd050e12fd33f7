"""``names``: what can be named."""

from __future__ import annotations

from flat_plugin.architecture import find_architecture, list_architectures, preset_path
from flat_plugin.mapping.named import list_dataflows
from flat_plugin.mapspace.constraints.space_files import list_spaces
from flat_plugin.wording import counted
from flat_plugin.workload import MODELS, Model


def names() -> dict[str, dict[str, str]]:
    """Models, architectures, dataflows and spaces by name, with a line on each."""
    return {
        "models": {model.name: _describe(model) for model in MODELS.values()},
        "architectures": {name: _chip(name) for name in list_architectures()},
        "dataflows": {flow.name: flow.description for flow in list_dataflows()},
        "spaces": list_spaces(),
    }


def _chip(name: str) -> str:
    chip = find_architecture(name)
    levels = " > ".join(memory.name for memory in chip.memories)
    return f"{levels} > {chip.compute.instances:,} × {chip.compute.name}; {preset_path(name)}"


def _describe(model: Model) -> str:
    heads = counted(model.heads, "head") + (
        f" ({model.kv_heads} KV)" if model.kv_heads != model.heads else ""
    )
    return f"{counted(model.layers, 'layer')}, {heads} of {model.head_dim}, hidden {model.hidden}"
