"""An architecture with a few of its figures changed: what a sweep varies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from math import floor, inf
from typing import Annotated, TypedDict, TypeGuard, TypeVar

from flat_plugin.architecture.component import as_number
from flat_plugin.architecture.gigabytes import words_per_cycle
from flat_plugin.architecture.hardware import SOFTMAX_PASSES, Architecture, Compute, Memory, TopkUnit
from flat_plugin.architecture.vocabulary import BANDWIDTHS, DEPTH
from flat_plugin.errors import FlatError, one_of
from flat_plugin.form_markers import SOME, Says
from flat_plugin.schema import Range

_BITS_PER_KB = 1024 * 8
_MOST = 2**31
_SIZES = (*DEPTH, "entries", "sizeKB")
_SAME = tuple((f"{memory}_words_per_cycle", f"{memory}_gb_per_s") for memory in ("buffer", "dram"))
_Part = TypeVar("_Part", Memory, Compute)


def override(architecture: Architecture, changes: Mapping[str, object]) -> Architecture:
    """The architecture with these changes; everything else stays as it is.

    Args:
        changes: ``buffer_kb``, size of one instance of the memory below the outermost, in 1024
            bytes; ``buffer_words_per_cycle`` and ``dram_words_per_cycle``, bandwidth of that
            memory and of the outermost, reads and writes together, or in 10^9 bytes a second
            ``buffer_gb_per_s`` and ``dram_gb_per_s``; ``pes``, the [x, y] children
            of the outermost fan-out (what lies below a PE keeps its number per PE);
            ``softmax_lanes`` (of each unit) and ``softmax_passes`` (2 or 3), which no other change touches;
            ``topk_lanes``, of the top-k unit, which is added where there is none.

    Raises:
        FlatError: an unknown change, a value of the wrong kind, or one that the architecture
            cannot take, such as half a row of the buffer.
    """
    for names in _SAME:
        given = [name for name in changes if name in names]
        if len(given) > 1:
            first, again = given
            raise FlatError(
                "one bandwidth is given twice", path=again, value=changes[again], expected=f"{first} alone"
            )
    for name, value in changes.items():
        if name not in OVERRIDES:
            raise FlatError("unknown override", path=name, value=value, expected=one_of(OVERRIDES, name))
        architecture = OVERRIDES[name](architecture, value)
    return architecture


def overridden(architecture: Architecture, changes: Mapping[str, object]) -> Architecture:
    """:func:`override` under a name that says what was changed: ``edge, buffer_kb 1024``."""
    changed = override(architecture, changes)
    return replace(changed, name=architecture.name + changes_text(changes))


def changes_text(changes: Mapping[str, object]) -> str:
    """What follows the name of an architecture that was changed: ``, buffer_kb 1024``."""
    return "".join(f", {name} {value}" for name, value in changes.items())


def _buffer_kb(architecture: Architecture, value: object) -> Architecture:
    buffer = _buffer(architecture, "buffer_kb")
    row_bits = buffer.word_bits * buffer.block_size * buffer.cluster_size
    rows = _positive("buffer_kb", value) * _BITS_PER_KB / row_bits
    if rows != floor(rows) or rows >= _MOST:
        step = f"a multiple of {row_bits / _BITS_PER_KB:g} (a row of {buffer.name} has {row_bits} bits)"
        raise FlatError("not a whole number of rows", path="buffer_kb", value=value, expected=step)
    changed = replace(
        buffer,
        capacity=floor(rows * buffer.block_size / buffer.multiple_buffering),
        attributes=_without(buffer.attributes, _SIZES) | {"depth": int(rows)},
    )
    return _with_memory(architecture, 1, changed)


def _buffer_bandwidth(architecture: Architecture, value: object) -> Architecture:
    buffer = _buffer(architecture, "buffer_words_per_cycle")
    return _with_memory(architecture, 1, _shared(buffer, _positive("buffer_words_per_cycle", value)))


def _dram_bandwidth(architecture: Architecture, value: object) -> Architecture:
    outermost = _shared(architecture.memories[0], _positive("dram_words_per_cycle", value))
    return _with_memory(architecture, 0, outermost)


def _buffer_gigabytes(architecture: Architecture, value: object) -> Architecture:
    buffer = _buffer(architecture, "buffer_gb_per_s")
    words = words_per_cycle(_positive("buffer_gb_per_s", value), buffer, architecture.cycle_seconds)
    return _with_memory(architecture, 1, _shared(buffer, words))


def _dram_gigabytes(architecture: Architecture, value: object) -> Architecture:
    outermost = architecture.memories[0]
    words = words_per_cycle(_positive("dram_gb_per_s", value), outermost, architecture.cycle_seconds)
    return _with_memory(architecture, 0, _shared(outermost, words))


def _pes(architecture: Architecture, value: object) -> Architecture:
    if not isinstance(value, list | tuple) or len(value) != 2 or not all(map(_is_count, value)):
        raise FlatError("bad number of PEs", path="pes", value=value, expected="[x, y], such as [32, 32]")
    levels = range(len(architecture.memories))
    above = next((level for level in levels if architecture.fanout(level) != (1, 1)), None)
    if above is None:
        raise FlatError("no array to resize", path="pes", value=value, expected="a level that fans out")
    before = architecture.fanout(above)
    memories = [
        _resized(memory, before, (value[0], value[1])) if level > above else memory
        for level, memory in enumerate(architecture.memories)
    ]
    compute = _resized(architecture.compute, before, (value[0], value[1]))
    return replace(architecture, memories=tuple(memories), compute=compute)


def _softmax_lanes(architecture: Architecture, value: object) -> Architecture:
    unit = architecture.softmax
    if unit is None:
        raise FlatError("no softmax unit", path="softmax_lanes", value=value, expected="one to change")
    if not _is_count(value):
        raise FlatError(
            "bad number of lanes", path="softmax_lanes", value=value, expected="a whole number, 1 or more"
        )
    changed = replace(unit, lanes=value, attributes={**unit.attributes, "lanes": value})
    return replace(architecture, softmax=changed)


def _topk_lanes(architecture: Architecture, value: object) -> Architecture:
    if not _is_count(value):
        raise FlatError(
            "bad number of lanes", path="topk_lanes", value=value, expected="a whole number, 1 or more"
        )
    unit = replace(architecture.topk, lanes=value) if architecture.topk else TopkUnit(value)
    return replace(architecture, topk=unit)


def _softmax_passes(architecture: Architecture, value: object) -> Architecture:
    unit = architecture.softmax
    if unit is None:
        raise FlatError("no softmax unit", path="softmax_passes", value=value, expected="one to change")
    if value not in SOFTMAX_PASSES or isinstance(value, bool):
        raise FlatError("not a number of passes", path="softmax_passes", value=value, expected="2 or 3")
    changed = replace(unit, passes=value, attributes={**unit.attributes, "passes": value})
    return replace(architecture, softmax=changed)


Amount = Annotated[float | str, Says("a number above 0")]  # YAML reads 1e3 as a text
Mesh = Annotated[list[Annotated[int, Range(1, _MOST - 1)]], Says("[x, y], such as [32, 32]")]
Lanes = Annotated[int, Range(1, _MOST - 1)]
Passes = Annotated[int, Range(min(SOFTMAX_PASSES), max(SOFTMAX_PASSES))]


class OverridesForm(TypedDict, total=False):
    """What is changed of an architecture; keys as of :func:`override`."""

    buffer_kb: Amount
    buffer_words_per_cycle: Amount
    dram_words_per_cycle: Amount
    buffer_gb_per_s: Amount
    dram_gb_per_s: Amount
    pes: Mesh
    softmax_lanes: Lanes
    softmax_passes: Passes
    topk_lanes: Lanes


class AxesForm(TypedDict, total=False):
    """Values of each change, all of which are combined."""

    buffer_kb: Annotated[list[Amount], SOME]
    buffer_words_per_cycle: Annotated[list[Amount], SOME]
    dram_words_per_cycle: Annotated[list[Amount], SOME]
    buffer_gb_per_s: Annotated[list[Amount], SOME]
    dram_gb_per_s: Annotated[list[Amount], SOME]
    pes: Annotated[list[Mesh], SOME]
    softmax_lanes: Annotated[list[Lanes], SOME]
    softmax_passes: Annotated[list[Passes], SOME]
    topk_lanes: Annotated[list[Lanes], SOME]


OVERRIDES: Mapping[str, Callable[[Architecture, object], Architecture]] = {
    "buffer_kb": _buffer_kb,
    "buffer_words_per_cycle": _buffer_bandwidth,
    "dram_words_per_cycle": _dram_bandwidth,
    "buffer_gb_per_s": _buffer_gigabytes,
    "dram_gb_per_s": _dram_gigabytes,
    "pes": _pes,
    "softmax_lanes": _softmax_lanes,
    "softmax_passes": _softmax_passes,
    "topk_lanes": _topk_lanes,
}


def _resized(part: _Part, before: tuple[int, int], after: tuple[int, int]) -> _Part:
    """A level below the fan-out, with as many of it per PE as before."""
    x, y = part.mesh_x // before[0] * after[0], part.mesh_y // before[1] * after[1]
    attributes = _without(part.attributes, ("instances",)) | {"meshX": x, "meshY": y}
    return replace(part, instances=x * y, mesh_x=x, mesh_y=y, attributes=attributes)


def _shared(memory: Memory, words_per_cycle: float) -> Memory:
    """One bandwidth for reads and writes together, in place of those the file gives."""
    attributes = _without(memory.attributes, BANDWIDTHS) | {"shared_bandwidth": words_per_cycle}
    return replace(
        memory,
        read_bandwidth=inf,
        write_bandwidth=inf,
        shared_bandwidth=words_per_cycle,
        attributes=attributes,
    )


def _buffer(architecture: Architecture, path: str) -> Memory:
    if len(architecture.memories) < 2:
        raise FlatError("no buffer below the outermost memory", path=path, value=architecture.name)
    return architecture.memories[1]


def _with_memory(architecture: Architecture, level: int, memory: Memory) -> Architecture:
    memories = list(architecture.memories)
    memories[level] = memory
    return replace(architecture, memories=tuple(memories))


def _without(attributes: Mapping[str, object], keys: tuple[str, ...]) -> dict[str, object]:
    return {key: value for key, value in attributes.items() if key not in keys}


def _positive(path: str, value: object) -> float:
    number = as_number(value)
    if number is None or not 0 < number < inf:
        raise FlatError("bad value", path=path, value=value, expected="a number above 0")
    return float(number)


def _is_count(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value < _MOST
