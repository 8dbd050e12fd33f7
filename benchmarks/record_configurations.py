"""Record what the classes of ``transformers`` give the fields that a configuration leaves out.

    pip install -e ".[models]"
    python benchmarks/record_configurations.py

Writes ``flat_plugin/workload/configurations/defaults.json``: of every known type the defaults of the fields
that its reader asks for, and their other names.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from flat_plugin.errors import FlatError
from flat_plugin.workload.configurations import classes
from flat_plugin.workload.configurations.fields import Fields
from flat_plugin.workload.configurations.types import TYPES
from flat_plugin.workload.configurations.unused import UNUSED

TARGET = Path(classes.__file__).with_name("defaults.json")


def recorded(model_type: str) -> dict[str, Any] | None:
    """Defaults and aliases of one type; None where the installed classes do not have it."""
    try:
        defaults, aliases = classes.installed_fields(Path("config.json"), model_type)
    except FlatError as error:
        print(f"{model_type}: {error}")
        return None
    asked: set[str] = set()

    class Watched(dict):  # type: ignore[type-arg]
        def __contains__(self, name):
            asked.add(name)
            return super().__contains__(name)

    known = TYPES[model_type]
    fields = Fields(Path("config.json"), {}, Watched(defaults), {**aliases, **known.aliases})
    try:
        known.read(fields)
    except FlatError as error:
        # Defaults that mean nothing by themselves: then all are kept that may mean something.
        print(f"{model_type}: {error}")
        asked |= (set(defaults) | set(instance_fields(model_type))) - set(UNUSED)
        asked |= {"vocab_size"} if known.head else set()
    asked.discard("architectures")  # the class of a file, which has no default
    kept = {name: defaults[name] for name in defaults if name in asked and simple(defaults[name])}
    # What its instances derive has no default of its own.
    kept |= dict.fromkeys(sorted((asked & set(instance_fields(model_type))) - set(defaults)))
    own = {alias: name for alias, name in aliases.items() if name in asked or alias in asked}
    return {"defaults": kept, "aliases": own}


def instance_fields(model_type: str) -> dict[str, Any]:
    """The fields of a configuration as the class saves it."""
    from transformers import CONFIG_MAPPING

    return CONFIG_MAPPING[model_type]().to_dict()


def simple(value: Any) -> bool:
    return value is None or isinstance(value, bool | int | float | str | list)


def main() -> None:
    found = {name: recorded(name) for name in sorted(TYPES) if TYPES[name].defaults is None}
    kept = {name: value for name, value in found.items() if value is not None}
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in kept.items())
    TARGET.write_text("{\n" + lines + "\n}\n", encoding="utf-8")
    print(f"{len(kept)} of {len(TYPES)} types")


if __name__ == "__main__":
    main()
