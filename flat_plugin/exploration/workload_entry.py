"""An entry of ``workloads`` in a design file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from math import isfinite
from pathlib import Path
from typing import Any

from flat_plugin import defaults
from flat_plugin.errors import FlatError
from flat_plugin.exploration.budgets import read_budgets
from flat_plugin.exploration.cases import Case
from flat_plugin.workload import Attention, Model, find_model, parse_attention, read_config
from flat_plugin.workload.gaps import LEVELS
from flat_plugin.workload.mask import Mask, mask_beside
from flat_plugin.workload.size_checks import check_size
from flat_plugin.workload.sized_workload import Sized
from flat_plugin.workload.widths import read_widths

_WHAT = ("model", "config", "attention")
_SIZES = tuple(field.name for field in fields(Sized) if field.name != "workload")
_KEYS = (*_WHAT, "part", *_SIZES, "name", "level", "weight", "budgets")


def read_case(entry: Any, number: int, folder: Path) -> Case:
    """A model's name, or ``{model: …}``, ``{config: file}`` or ``{attention: sizes}``, with sizes beside.

    Raises:
        FlatError: something is wrong with it; the path is the key.
    """
    given: Mapping[str, Any] = {"model": entry} if isinstance(entry, str) else entry
    if not isinstance(given, Mapping):
        raise FlatError("not a workload", value=entry, expected="such as {model: bert-base, seq: 512}")
    for key in given:
        if key not in _KEYS:
            raise FlatError("unknown key", path=str(key), value=key, expected=_KEYS)
    if sum(key in given for key in _WHAT) != 1:
        raise FlatError("not one workload", value=dict(given), expected=f"one of {', '.join(_WHAT)}")
    level = given.get("level", defaults.LEVEL)
    if level not in LEVELS:
        raise FlatError("unknown level", path="level", value=level, expected=LEVELS)
    sized = _sized(given, folder)
    case = Case(
        _name(given, sized),
        sized,
        level,
        _weight(given.get("weight", 1)),
        _budgets(given.get("budgets", {}), number),
    )
    return case


def _budgets(given: Any, number: int) -> Any:
    try:
        return read_budgets(given, number)
    except FlatError as error:
        path = f"budgets.{error.path}" if error.path else "budgets"
        raise FlatError(error.message, path=path, value=error.value, expected=error.expected) from None


def _sized(given: Mapping[str, Any], folder: Path) -> Sized:
    workload = _workload(given, folder)
    sizes = {key: given[key] for key in _SIZES if key in given}
    for key in ("seq", "queries", "batch"):
        if sizes.get(key) is not None:
            check_size(key, sizes[key])
    if isinstance(workload, Attention):
        for key in ("seq", "queries", "batch", "experts", "latent"):
            if key in sizes:
                raise FlatError("sizes by hand have their own", path=key, value=sizes[key], expected="none")
    if sizes.get("mask") is not None:
        sizes["mask"] = _mask(sizes["mask"], folder)
    if sizes.get("bits") is not None:
        sizes["bits"] = read_widths(sizes["bits"])
    return Sized(workload, **sizes)


def _workload(given: Mapping[str, Any], folder: Path) -> Attention | Model:
    key = next(key for key in _WHAT if key in given)
    value = given[key]
    if not isinstance(value, str):
        raise FlatError("not a text", path=key, value=value, expected="a name, a file or sizes")
    if "part" in given and key != "config":
        raise FlatError("only a configuration has parts", path="part", value=given["part"], expected="none")
    if key == "config":
        return read_config(folder / value, given.get("part"))
    return parse_attention(value) if key == "attention" else find_model(value)


def _mask(value: Any, folder: Path) -> Mask:
    if not isinstance(value, str):
        raise FlatError("not a mask", path="mask", value=value, expected="such as causal, or a file")
    return mask_beside(value, folder)


def _weight(value: Any) -> float:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not isfinite(value) or not value > 0:
        raise FlatError("bad weight", path="weight", value=value, expected="a number above 0")
    return float(value)


def _name(given: Mapping[str, Any], sized: Sized) -> str:
    name = given.get("name")
    if name is None:
        own = given.get("attention") or getattr(sized.workload, "name", "workload")
        said = [
            f"{sized.queries} new of" if sized.queries else "",
            f"{sized.seq} tokens" if sized.seq else "",
        ]
        name = " ".join(filter(None, (str(own), *said)))
    if not isinstance(name, str) or not name.strip():
        raise FlatError("bad name", path="name", value=name, expected="a text")
    return name
