"""Libraries of the ``report`` extra, imported when they are first needed."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from flat_plugin.errors import FlatError
from flat_plugin.extras import install_command


def need(module: str, purpose: str) -> Any:
    """The module.

    Raises:
        FlatError: it is not installed; the message says how to get it.
    """
    try:
        return import_module(module)
    except ImportError:
        package = {"vl_convert": "vl-convert-python"}.get(module, module)
        raise FlatError(f"{purpose} needs {package}", expected=install_command("report")) from None


def vega_lite(purpose: str) -> str:
    """The version of Vega-Lite that Altair writes, as vl-convert calls it: ``v6_1``."""
    return "_".join(need("altair", purpose).SCHEMA_VERSION.split(".")[:2])
