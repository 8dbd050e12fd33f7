"""The key under which a document's content may stand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flat_plugin.errors import FlatError
from flat_plugin.wording import meant


def missing(name: str, document: Mapping[str, Any], path: str = "") -> FlatError:
    """The error of a document that lacks a key: with the key that may be its misspelling."""
    keys = sorted(map(str, document))
    near = [key for key in keys if meant(key, [name]) or (len(key) > 2 and name.startswith(key.lower()))]
    found = near[0] if near else keys[:10]
    instead = f"{name}, instead of {near[0]}" if near else f"the key {name}"
    return FlatError(f"there is no {name}", path=path or None, value=found, expected=instead)
