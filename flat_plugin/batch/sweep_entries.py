"""The entries of a sweep file, one function a kind, once they are of its form.

Each raises FlatError on what it cannot take.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

from flat_plugin.architecture import Architecture, Platform, find_architecture, list_architectures
from flat_plugin.architecture.overrides import override
from flat_plugin.batch.run import EngineChoice, staged
from flat_plugin.energy import energy_for
from flat_plugin.engines.choose import choose_engine
from flat_plugin.errors import FlatError
from flat_plugin.mapping.dataflow import Dataflow
from flat_plugin.mapping.named import dataflow_beside
from flat_plugin.mapspace.constraints.space_files import list_spaces
from flat_plugin.paths import is_file
from flat_plugin.programs.process import check_time_limit
from flat_plugin.question.from_user import flow_of
from flat_plugin.timeloop.settings import MapperSettings
from flat_plugin.workload import Attention, Mask, Model, find_model, parse_attention, read_config
from flat_plugin.workload.latent import FORMS
from flat_plugin.workload.mask import mask_beside
from flat_plugin.workload.serving import read_mix
from flat_plugin.workload.size_checks import check_size
from flat_plugin.workload.trace import Trace, read_trace
from flat_plugin.workload.widths import Widths, read_widths


@dataclass(frozen=True)
class Workload:
    """An entry of ``models``: what it is called, and what it is."""

    name: str
    source: Attention | Model | Trace


@dataclass(frozen=True)
class Base:
    """An entry of ``architectures``: what it is called, what it is, and its ERT if it has one."""

    name: str
    architecture: Architecture
    ert: Path | None


@dataclass(frozen=True)
class Space:
    """The ``space`` of a sweep: what it is called, and what :func:`read_space` reads."""

    name: str
    source: str | Path


@dataclass(frozen=True)
class Machine:
    """A platform of the sweep, and the set of overrides that it is under."""

    platform: Platform
    overrides: Mapping[str, object]


def workload(entry: Any, folder: Path) -> Workload:
    """A model's name or ``{name: …}``; ``{config: file}`` or ``{attention: sizes}``, which may have a
    ``name``, and a file of several parts a ``part``. A model's ``queries`` make it a step of decoding;
    ``{mix: file}`` is a step of serving, ``{trace: file}`` a table of what was fetched. ``experts`` say whose
    weights are fetched; latent attention needs its form, ``latent``."""
    given = {"name": entry} if isinstance(entry, str) else entry
    if "attention" in given:
        return Workload(_name(given, given["attention"]), parse_attention(given["attention"]))
    if "trace" in given:
        trace = read_trace(folder / given["trace"])
        return Workload(_name(given, trace.name), trace)
    if "config" in given:
        model = _step(read_config(folder / given["config"], given.get("part")), given)
        return Workload(_name(given, model.name), model)
    if "mix" in given:
        model = _step(read_mix(folder / given["mix"]), given)
        return Workload(_name(given, model.name), model)
    model = _step(find_model(given["name"]), given)
    return Workload(model.name, model)


def _step(model: Model, given: Mapping[str, Any]) -> Model:
    model = model.routed(given["experts"]) if "experts" in given else model
    model = _formed(model, given.get("latent"))
    return model.decoding(given["queries"]) if "queries" in given else model


def _formed(model: Model, latent: Any) -> Model:
    """Latent attention in its form, which nothing here chooses.

    Raises:
        FlatError: the form is missing or none, or there is no latent attention.
    """
    if not model.latent and latent is None:
        return model
    if not model.latent or latent not in FORMS:
        message = "latent attention needs a form" if model.latent else "no latent attention"
        expected = " or ".join(FORMS) if model.latent else "none"
        raise FlatError(message, path="latent", value=latent, expected=expected)
    return replace(model.formed(latent), name=f"{model.name}-{latent}")


def base(entry: Any, folder: Path, ert: Any) -> Base:
    """A preset's name, a file, or ``{file: …, name: …, ert: …}``; ``ert`` is the sweep's."""
    given = entry if isinstance(entry, Mapping) else {"file": entry}
    file, table = given["file"], given.get("ert", ert)
    architecture = find_architecture(file if file in list_architectures() else folder / file)
    return Base(_name(given, architecture.name), architecture, folder / table if table else None)


def machine(given: Base, changes: Mapping[str, object], estimator: str = "auto") -> Machine:
    """A preset keeps its own table only as it is, so the name is changed last."""
    changed = override(given.architecture, changes)
    energies = energy_for(changed, given.ert, estimator)
    return Machine(Platform(replace(changed, name=given.name), energies), changes)


def overrides(value: Any) -> list[Mapping[str, object]]:
    """A list of sets; or an axis per key, whose product is taken."""
    if isinstance(value, Mapping):
        axes = [[(key, entry) for entry in values] for key, values in value.items()]
        return [dict(chosen) for chosen in product(*axes)]
    return list(value)


def seq(value: Any) -> int | None:
    """Tokens; null is the model's own number."""
    if value is not None:
        check_size("seq", value)
    return value


def mask(value: Any, folder: Path) -> Mask | None:
    """A mask's text, or a file of blocks; null is the layers' own."""
    if value is None:
        return None
    return mask_beside(value, folder)


def batch(value: Any) -> int:
    check_size("batch", value)
    return int(value)


def bits(value: Any) -> Widths:
    """Widths of words; null is the workload's own."""
    return read_widths(value)


def match(value: Mapping[str, Any], folder: Path) -> Mapping[str, Any]:
    """Of an ``include`` or ``exclude``, each value as the inputs of a run have it, however it is written."""
    found = dict(value)
    for name, read in (("bits", bits), ("mask", partial(mask, folder=folder))):
        given = found.get(name)
        if isinstance(given, list):
            found[name] = [str(read(entry) or "") or None for entry in given]
        elif given is not None:
            found[name] = str(read(given) or "") or None
    return found


def dataflow(
    name: Any, stage: tuple[str, ...] | None, factors: str | None = None, folder: Path = Path()
) -> Dataflow:
    """A name, or a file beside the sweep."""
    return flow_of(dataflow_beside(name, folder), stage, factors)


def engine(name: Any, mapper: MapperSettings | None) -> EngineChoice:
    """What the name stands for on this machine; ``auto`` becomes what it takes."""
    found = choose_engine(name, mapper=mapper)
    return EngineChoice(found.name if name == "auto" else name, found.identity())


def stage(value: Any) -> tuple[str, ...] | None:
    """Tensors to hold on chip; null leaves it to what fits."""
    if value is None:
        return None
    names = value.split(",") if isinstance(value, str) else value
    Dataflow("", fused=False).staging(names)
    return staged(tuple(names))


def factors(value: Any, mapper: MapperSettings | None) -> str | None:
    """Of the dataflows; null is their own, or what Timeloop's mapper searches."""
    if mapper and value not in (None, "perfect"):
        raise FlatError("Timeloop's mapper searches perfect ones", value=value, expected="perfect")
    return "perfect" if mapper else value


def space(value: Any, folder: Path) -> Space | None:
    """A space's name or file; null leaves searches free."""
    if value is None:
        return None
    shipped = list_spaces()
    if value in shipped:
        return Space(value, value)
    if not is_file(folder / value):
        raise FlatError("unknown space", value=value, expected=[*shipped, "a file"])
    return Space(value, folder / value)


def mapper(value: Any) -> MapperSettings | None:
    return None if value is None else MapperSettings.of(value)


def time_limit(value: Any) -> float:
    check_time_limit(value)
    return float(value)


def _name(entry: Mapping[str, Any], default: str) -> str:
    name = entry.get("name", default)
    if not name.strip():
        raise FlatError("bad name", value=name, expected="a text")
    return str(name)
