"""What a model's class makes of a file: the fields that it leaves out, and those that go by another name.

Defaults and other names are recorded for the types that are known. Where the package ``transformers`` is
installed (the extra ``models``), a file with fields that are not understood is put through its class as well,
which knows the names of earlier versions.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from contextlib import redirect_stderr
from dataclasses import MISSING, fields
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from flat_plugin.errors import FlatError
from flat_plugin.extras import install_command

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


def installed() -> bool:
    """Whether ``transformers`` is there."""
    return find_spec("transformers") is not None


def class_values(model_type: str, values: Mapping[str, Any]) -> dict[str, Any] | None:
    """A configuration as its class saves it; None where the class does not take it.

    The class fills in what is missing and renames what it knows by another name.
    """
    try:
        config = _installed_class(model_type)(**values)
        return json.loads(json.dumps(config.to_dict(), default=str))
    except Exception:  # whatever another package raises of a file that it does not take
        return None


def installed_fields(file: Path, model_type: str) -> tuple[Mapping[str, Any], Mapping[str, str]]:
    """The same, of the class that is installed.

    Raises:
        FlatError: ``transformers`` is not there or does not have the type.
    """
    try:
        config = _installed_class(model_type)
    except ImportError:
        raise FlatError(
            "the defaults of this type are those of its class, which is not here",
            file=file,
            path="model_type",
            value=model_type,
            expected=install_command("models"),
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


def _installed_class(model_type: str) -> Any:
    # It greets with advice to install further packages.
    with redirect_stderr(io.StringIO()):
        from transformers import CONFIG_MAPPING

        return CONFIG_MAPPING[model_type]


@cache
def _recorded() -> Mapping[str, Any]:
    return json.loads(files(__package__).joinpath("defaults.json").read_text("utf-8"))
