"""The sections of Timeloop's input: one file may hold several, and each must be read or be known to do
nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flat_plugin.errors import FlatError
from flat_plugin.wording import meant

READ = ("architecture", "problem", "mapping", "ERT", "variables") + (
    "architecture_constraints",
    "arch_constraints",
    "mapspace_constraints",
    "mapspace",
    "constraints",
)
# Section -> why it changes nothing that is counted here.
INERT = {
    "ART": "areas of components",
    "ERT_summary": "Accelergy's summary of the ERT beside it",
    "ART_summary": "the same for the ART",
    "compound_components": "classes for an estimator of energy",
    "components": "the same, in timeloopfe's files",
    "primitive_components": "the same",
    "mapper": "how timeloop-mapper searches",
    "globals": "settings of the programs' environment",
    "dumped_by_timeloop_front_end": "who wrote the file",
    "version": "the version of the file",
    "description": "a text",
    "name": "a name",
}
# Section -> the values of it that change nothing, where there are others.
_NEUTRAL: dict[str, tuple[Any, ...]] = {
    "sparse_optimizations": (None, [], {}, {"targets": []}),
    "layout": (None, [], {}),
    "model": (None, {}, {"auto_bypass_on_failure": False}),
}


def check_sections(document: Mapping[str, Any], *own: str) -> None:
    """Refuse what Timeloop would read, or pass over, and we know nothing of.

    Args:
        own: sections that only this file may have.

    Raises:
        FlatError: a section that is not supported, or not known.
    """
    known = (*READ, *INERT, *own)
    for key, value in document.items():
        name = str(key)
        if name in known or name.startswith(("_", ".")):  # anchors that other sections use
            continue
        if name in _NEUTRAL:
            verbose = (
                {k: v for k, v in value.items() if k not in ("verbose", "out_prefix")}
                if (name == "model" and isinstance(value, Mapping))
                else value
            )
            if verbose not in _NEUTRAL[name]:
                raise FlatError(f"{name} is not supported", path=name, value=value, expected="none")
            continue
        expected = meant(name, known) or ", ".join(READ)
        raise FlatError("unknown section", path=name, value=value, expected=expected)
