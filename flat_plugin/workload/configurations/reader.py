"""A file's configuration, or one part of it, as a :class:`Model`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from flat_plugin.arguments import checked
from flat_plugin.errors import FlatError
from flat_plugin.wording import nearest
from flat_plugin.workload.configurations.classes import class_fields, class_values, installed
from flat_plugin.workload.configurations.composite_models import Part, part_of
from flat_plugin.workload.configurations.config_file import config_path, read_config_file
from flat_plugin.workload.configurations.element_steps import with_steps
from flat_plugin.workload.configurations.fields import Fields
from flat_plugin.workload.configurations.indexed_keys import FIELDS as INDEX
from flat_plugin.workload.configurations.quantized import FIELDS, Quantized, quantized
from flat_plugin.workload.configurations.shared_rules import Reading
from flat_plugin.workload.configurations.types import TYPES, WITHOUT_ATTENTION
from flat_plugin.workload.configurations.unused import UNUSED
from flat_plugin.workload.gaps import Gap
from flat_plugin.workload.model import Model
from flat_plugin.workload.model_section import Section
from flat_plugin.workload.widths import PARTS

_REFUSED = {
    "per_layer_config": "sizes of single layers are not modelled",
    "pruned_heads": "pruned heads are not modelled",
    **dict.fromkeys(INDEX, "keys that an index chooses are not modelled of this type"),
}


@checked
def read_config(path: str | Path, part: str | None = None) -> Model:
    """Read a model's ``config.json`` (or the folder that holds it).

    Every field is read, or named in the model's notes as not understood, or is known to change nothing that
    is printed. What the model does that is not counted is among its ``gaps``; levels that they
    touch are refused. The sequence length is the longest that the file allows.

    Args:
        part: ``text`` or ``vision`` of a model that has both; the text if not given.

    Raises:
        FlatError: the file is missing or not JSON, the type is not known, or a field is missing or wrong.
    """
    file = config_path(path)
    return model_of(read_config_file(file), file, part)


def model_of(values: Mapping[str, Any], file: Path, part: str | None = None) -> Model:
    """The model of a configuration that stands in a file; arguments and errors as of :func:`read_config`."""
    chosen = part_of(file, values, part)
    fields = _fields(file, chosen)
    try:
        reading = TYPES[chosen.model_type].read(fields)
        _refuse_unread(fields)
        reading = _by_class(fields, chosen, reading)
        _remark_caps(fields)
        return _model(fields, chosen, reading, _name(file, values))
    except FlatError as error:
        raise error.located(file) from None


def _by_class(f: Fields, part: Part, reading: Reading) -> Reading:
    """What the class makes of the file, where it has fields that are not understood.

    Raises:
        FlatError: as of any file.
    """
    odd = _odd(f)
    if not odd or not installed() or TYPES[part.model_type].defaults is not None:
        return reading
    values = class_values(part.model_type, part.values)
    if values is None:
        return reading
    filled = Fields(f.file, values, f.defaults, f.aliases, f.prefix)
    other = TYPES[part.model_type].read(filled)
    _refuse_unread(filled)
    if (other.stack, other.tokens, other.source_tokens) == (
        reading.stack,
        reading.tokens,
        reading.source_tokens,
    ):
        return reading
    f.remarks.append(f"read as its class in transformers does, because of {', '.join(odd)}")
    return other


def _fields(file: Path, part: Part) -> Fields:
    """The part's settings with what its class gives them.

    Raises:
        FlatError: the type is not known.
    """
    _check_known(file, part)
    known = TYPES[part.model_type]
    if known.defaults is None:
        defaults, aliases = class_fields(file, part.model_type)
    else:
        defaults, aliases = known.defaults, {}
    fields = Fields(file, part.values, defaults, {**aliases, **known.aliases}, part.prefix)
    return fields


def _refuse_unread(f: Fields) -> None:
    """Refuse what would change sizes and was not read."""
    for part in f.every():
        for name in part.unread():
            if name in _REFUSED and part.values[name]:
                raise part.error(name, _REFUSED[name], "nothing")


_CAPS = {"attn_logit_softcapping": "scores", "final_logit_softcapping": "the output's logits"}


def _remark_caps(f: Fields) -> None:
    """What bounds scores and logits is work on each of them."""
    for name, bounded in _CAPS.items():
        if f.has(name) and f.any(name):
            f.remark(name, f"the tanh that bounds {bounded} is not counted")


def _check_known(file: Path, part: Part) -> None:
    name, path = part.model_type, f"{part.prefix}model_type"
    if name in TYPES:
        return
    if not name:
        raise FlatError("missing field", file=file, path=path, expected="the type of the model, such as bert")
    if name in WITHOUT_ATTENTION:
        message = "a model without attention: there is nothing to fuse"
        raise FlatError(message, file=file, path=path, value=name, expected="a transformer")
    others = nearest(name, TYPES, "in the documentation")
    raise FlatError("not a type that is known", file=file, path=path, value=name, expected=others)


def _model(f: Fields, part: Part, reading: Reading, name: str) -> Model:
    found = _widths(f, part, reading)
    narrow = {"W", *PARTS.values()} & found.widths.to_dict().keys()
    return Model(
        name,
        stack=with_steps(f, part.model_type, reading.stack),
        tokens=reading.tokens,
        source_tokens=reading.source_tokens,
        distinct=reading.distinct,
        beside=tuple(_wide(section) if narrow else section for section in reading.beside),
        widths=found.widths,
        source=f"Hugging Face {f.file.name}, model_type {part.model_type}",
        gaps=_located(f, reading.gaps),
        notes=(*part.notes, *reading.notes, *_notes(f), *([found.note] if found.note else [])),
    )


def _widths(f: Fields, part: Part, reading: Reading) -> Quantized:
    """Those that the part states, or the file around it."""
    found = quantized(f.values, reading.stack, f.prefix)
    return found if found.note else quantized(part.around, reading.stack)


def _wide(section: Section) -> Section:
    """Embeddings and output heads keep their weights where those of layers are of fewer bits."""
    return replace(section, wide=section.sort in ("embedding", "head"))


def _located(f: Fields, gaps: tuple[Gap, ...]) -> tuple[Gap, ...]:
    """The gaps, with the file that their fields stand in."""
    return tuple(gap.located(f.file) for gap in gaps)


def _notes(f: Fields) -> tuple[str, ...]:
    """What the file leaves to the classes of its parts, and what of it was not understood."""
    notes = [note for part in f.every() for note in _own_notes(part)]
    odd = _odd(f)
    if odd:
        notes.append(f"not understood, and not used: {', '.join(odd)}")
    return tuple(notes)


def _own_notes(f: Fields) -> list[str]:
    notes = []
    left = {f.names(name): value for name, value in f.filled.items() if f.known(name)}
    if left:
        values = ", ".join(f"{name} {json.dumps(value)}" for name, value in left.items())
        notes.append(f"nothing in the file, so as the class has them: {values}")
    if f.renamed:
        pairs = (f"{alias} for {f.aliases[alias]}" for alias in f.renamed)
        notes.append(f"other names of fields: {', '.join(pairs)}")
    notes += f.remarks
    if f.idle:
        notes.append(f"without effect here: {', '.join(dict.fromkeys(f.idle))}")
    return notes


def _odd(f: Fields) -> list[str]:
    """Fields that are not understood."""
    return [
        part.prefix + name
        for part in f.every()
        for name in part.unread()
        if name not in UNUSED and name not in FIELDS
    ]


def _name(file: Path, values: Mapping[str, Any]) -> str:
    """The published name, or else that of the file's folder."""
    published = values.get("_name_or_path")
    if published is not None and not isinstance(published, str):
        raise FlatError("wrong type", file=file, path="_name_or_path", value=published, expected="a text")
    name = (published or "").rstrip("/").rpartition("/")[2]
    return name or file.resolve().parent.name or str(values.get("model_type") or "model")
