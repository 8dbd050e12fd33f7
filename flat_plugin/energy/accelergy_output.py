"""Accelergy's output: its tables, which plug-in answered for what, and how it fails.

It can end well and yet be wrong: with no tables at all, or with placeholders of its ``dummy`` plug-in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from flat_plugin.architecture.energy_table import ComponentEnergy, EnergyTable
from flat_plugin.documents import load
from flat_plugin.energy.estimator import NoEstimate
from flat_plugin.energy.tables import bare_name, read_art, read_ert, with_areas
from flat_plugin.errors import FlatError
from flat_plugin.programs.errors import ProgramCrashed, ProgramError, UnreadableOutput
from flat_plugin.programs.failures import bad_ending, plain, saying, shortened
from flat_plugin.programs.process import Finished

_NO_ESTIMATOR = re.compile(r"Can not find an (energy|area) estimator for (.*)")
_RAISED = re.compile(r"^\|\| (\w+(?:Error|Exception)\b.*)$", re.MULTILINE)
_ANSWERED = re.compile(r"^\S+ \S+ [A-Z]+\s+(.+?) estimated \S+ with accuracy ([\d.]+)%", re.MULTILINE)
_PLACEHOLDER = "dummy"
_VERSION = "0.4"


def accelergy_failure(run: Finished, outputs: Mapping[str, Path]) -> ProgramError | None:
    """The error of a run; None if it ended well and wrote its tables."""
    if unknown := _NO_ESTIMATOR.search(run.log):
        quantity, component = unknown.groups()
        return NoEstimate(shortened(f"no plug-in of Accelergy knows the {quantity} of {plain(component)}"))
    if run.returncode and (raised := _RAISED.findall(run.log)):
        return ProgramCrashed(shortened(f"accelergy failed: {plain(raised[-1])}"))
    ending = bad_ending(run, "accelergy")
    if ending is None and not all(path.is_file() for path in outputs.values()):
        return UnreadableOutput(f"accelergy ended with exit code 0 but wrote no tables{saying(run)}")
    return ending


def accelergy_table(
    outputs: Mapping[str, Path], log: str, names: Sequence[str], source: str, tools: tuple[str, ...]
) -> EnergyTable:
    """The table of a run that ended well.

    Args:
        outputs: its files ERT, ERT_summary, ART and ART_summary.
        names: components that must be in it.

    Raises:
        UnreadableOutput: a file that cannot be read, of another version, or without a component.
        NoEstimate: a component was answered for by the ``dummy`` plug-in.
    """
    try:
        _check_version(outputs["ERT"])
        table = with_areas(read_ert(outputs["ERT"]), read_art(outputs["ART"]))
        estimators = _estimators(outputs)
    except (FlatError, OSError, LookupError, TypeError) as error:
        raise UnreadableOutput(f"accelergy wrote what cannot be read: {error}") from error
    missing = [name for name in names if not _complete(table.components.get(name))]
    if missing:
        raise UnreadableOutput(f"accelergy reported no error, but its tables lack {', '.join(missing)}")
    accuracies = _accuracies(log)
    components = {}
    for name in names:
        who = estimators.get(name, ())
        if _PLACEHOLDER in who:
            raise NoEstimate(f"{name}: no plug-in of Accelergy knows it; its dummy plug-in made numbers up")
        text = "; ".join(_with_accuracy(each, accuracies) for each in who)
        components[name] = replace(table.components[name], estimator=text)
    return EnergyTable(components, source, tools)


def _check_version(path: Path) -> None:
    """An older Accelergy passes over the clock, and its placeholders answer where others cannot."""
    content = load(path).get("ERT")
    version = content.get("version") if isinstance(content, Mapping) else None
    if str(version) != _VERSION:
        raise FlatError("written by another Accelergy", file=path, value=version, expected=_VERSION)


def _complete(component: ComponentEnergy | None) -> bool:
    return component is not None and bool(component.actions) and component.area_um2 is not None


def _estimators(outputs: Mapping[str, Path]) -> dict[str, tuple[str, ...]]:
    """Component -> who answered for its energy, and for its area."""
    found: dict[str, dict[str, None]] = {}
    for kind, key in (("ERT_summary", "primitive_estimation(s)"), ("ART_summary", "primitive_estimations")):
        content = load(outputs[kind])[kind]
        for entry in content["table_summary"]:
            given = entry[key]
            parts = given if isinstance(given, list) else [{"estimator": given}]
            names = dict.fromkeys(str(part["estimator"]) for part in parts)
            found.setdefault(bare_name(entry["name"]), {}).update(names)
    return {name: tuple(who) for name, who in found.items()}


def _accuracies(log: str) -> dict[str, tuple[str, ...]]:
    """Estimator -> the accuracies, in per cent, that it claimed."""
    found: dict[str, dict[str, None]] = {}
    for name, accuracy in _ANSWERED.findall(log):
        found.setdefault(name, {})[accuracy] = None
    return {name: tuple(sorted(claimed, key=float)) for name, claimed in found.items()}


def _with_accuracy(estimator: str, accuracies: Mapping[str, tuple[str, ...]]) -> str:
    claimed = accuracies.get(estimator)
    return f"{estimator}, accuracy {' or '.join(claimed)} %" if claimed else estimator
