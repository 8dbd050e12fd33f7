"""Where Accelergy looks for plug-ins, and which it would find."""

from __future__ import annotations

import os
from pathlib import Path

import yaml

CONFIG = Path("~/.config/accelergy/accelergy_config.yaml")
_MOST_PLUG_INS = 200


def plug_ins(program: str) -> tuple[str, ...]:
    """A line for every plug-in, and for every folder of its configuration that does not exist.

    Before its first run there is no configuration; it will then look in its own environment.
    """
    places = _places(program)
    missing = [f"no such folder of plug-ins: {place} (in {CONFIG})" for place in places if not place.is_dir()]
    return (*(f"plug-in {name}" for name in _names(places)), *missing)


def _places(program: str) -> list[Path]:
    config = CONFIG.expanduser()
    if not config.is_file():
        return [Path(program).resolve().parents[1] / "share" / "accelergy" / "estimation_plug_ins"]
    content = yaml.safe_load(config.read_text(encoding="utf-8")) or {}
    return [Path(place) for place in content.get("estimator_plug_ins") or []]


def _names(places: list[Path]) -> list[str]:
    """Folders with a ``*.estimator.yaml``."""
    names: set[str] = set()
    for place in places:
        for folder, _, files in os.walk(place):
            names |= {Path(folder).name for file in files if file.endswith(".estimator.yaml")}
            if len(names) > _MOST_PLUG_INS:
                return sorted(names)
    return sorted(names)
