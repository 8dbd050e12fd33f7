"""What a model's class gives the fields that a file leaves out, and the other names that it takes.

Recorded for the types that are known; of a type that is not recorded the class itself is asked, which needs
the package ``transformers``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, fields
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from flat_plugin.errors import FlatError

RECORDED_OF = "transformers 5.24.0"


def class_fields(file: Path, model_type: str) -> tuple[Mapping[str, Any], Mapping[str, str]]:
    """Defaults by field, and the field of every alias.

    Raises:
        FlatError: the type is not recorded, and ``transformers`` is not there or does not have it.
    """
    recorded = _recorded().get(model_type)
    if recorded is not None:
        return recorded["defaults"], recorded["aliases"]
    return installed_fields(file, model_type)


def installed_fields(file: Path, model_type: str) -> tuple[Mapping[str, Any], Mapping[str, str]]:
    """The same, of the class that is installed.

    Raises:
        FlatError: ``transformers`` is not there or does not have the type.
    """
    try:
        from transformers import CONFIG_MAPPING

        config = CONFIG_MAPPING[model_type]
    except ImportError:
        raise FlatError(
            "the defaults of this type are those of its class, which is not here",
            file=file,
            path="model_type",
            value=model_type,
            expected='pip install "flat-plugin[models]"',
        ) from None
    except KeyError:
        raise FlatError(
            "a type that the installed transformers does not have",
            file=file,
            path="model_type",
            value=model_type,
            expected="a newer one",
        ) from None
    defaults = {item.name: _default(item) for item in fields(config)}
    return defaults, dict(config.attribute_map)


def _default(item: Any) -> Any:
    value = item.default
    if value is MISSING:
        value = item.default_factory() if item.default_factory is not MISSING else None
    return list(value) if isinstance(value, tuple) else value  # as a file would hold it


@cache
def _recorded() -> Mapping[str, Any]:
    return json.loads(files(__package__).joinpath("defaults.json").read_text("utf-8"))
