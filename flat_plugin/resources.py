"""Files that ship with the package, found in a wheel and in a checkout."""

from __future__ import annotations

from pathlib import Path

from flat_plugin.errors import FlatError

KINDS = ("arch", "mappings", "templates", "reference", "examples")
_CHECKOUT = {"reference": "tests/reference"}  # where a checkout keeps it, if not under its own name


def resource_folder(kind: str) -> Path:
    """The folder of one kind of resource: one of ``KINDS``."""
    if kind not in KINDS:
        raise FlatError("unknown kind of resource", value=kind, expected=KINDS)
    package = Path(__file__).parent
    places = (package / "data" / kind, package.parent / _CHECKOUT.get(kind, kind))
    for place in places:
        if place.is_dir():
            return place
    raise FlatError(f"the {kind} folder of this installation is missing", file=places[0])


def resource(kind: str, name: str) -> Path:
    """The path of the resource ``name``, such as ``resource("arch", "edge/arch.yaml")``."""
    folder = resource_folder(kind)
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()) or not path.exists():
        known = sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith("."))
        raise FlatError(f"no such {kind} resource", value=name, expected=known)
    return path
