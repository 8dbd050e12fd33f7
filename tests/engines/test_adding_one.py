"""Engines and estimators of one's own: a class, and a line in the registry."""

from __future__ import annotations

from dataclasses import replace

import pytest

import flat_plugin as flat
from flat_plugin.architecture import Architecture, ComponentEnergy, EnergyTable
from flat_plugin.energy import choose as estimators
from flat_plugin.engines import choose as engines
from flat_plugin.engines.protocol import EngineRun, Task
from flat_plugin.errors import FlatError
from flat_plugin.model.operator import evaluate_operator

LAYER = flat.parse_attention("B=1,H=2,M=64,N=64,D=16")


class Cautious:
    """What the model says, and twice the cycles."""

    name, tool = "cautious", "cautious 1.0"

    def identity(self) -> str:
        return "1.0"

    def run(self, task: Task) -> EngineRun:
        platform = task.platform
        found = evaluate_operator(task.einsum, platform.architecture, task.mapping, platform.energies)
        return EngineRun(replace(found, cycles=2 * found.cycles), task.mapping, self.tool)


class Flat:
    """A picojoule for everything."""

    name = "flat-rate"

    def estimate(self, architecture: Architecture) -> EnergyTable:
        names = [part.name for part in (*architecture.parts, architecture.softmax) if part]
        actions = ("read", "write", "update", "compute", "max", "exponent", "sum", "scale")
        every = ComponentEnergy(dict.fromkeys(actions, 1.0))
        return EnergyTable(dict.fromkeys(names, every), "a flat rate")


@pytest.fixture(autouse=True)
def added(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(engines.REGISTRY, "cautious", lambda setup: Cautious())
    monkeypatch.setitem(estimators.REGISTRY, "flat-rate", lambda folder, seconds: Flat())


def test_an_engine_is_asked_by_its_name_or_handed_over() -> None:
    ours = flat.estimate(LAYER, "edge", "base", softmax="free")
    theirs = flat.estimate(LAYER, "edge", "base", softmax="free", engine="cautious")
    assert theirs.cycles == 2 * ours.cycles and theirs.energy_pj == ours.energy_pj
    assert theirs.engine == "cautious" and "operators evaluated by cautious 1.0" in theirs.notes
    handed = flat.estimate(LAYER, "edge", "base", softmax="free", engine=Cautious())
    assert handed.to_dict() == theirs.to_dict()


def test_an_engine_evaluates_dense_problems() -> None:
    masked = replace(LAYER, mask=flat.workload.parse_mask("causal"))
    with pytest.raises(FlatError, match="the cautious engine"):
        flat.estimate(masked, "edge", "flat-r16", engine="cautious")


def test_what_is_no_engine_is_refused() -> None:
    with pytest.raises(FlatError, match="engine: not of the right kind"):
        flat.estimate(LAYER, engine=object())  # type: ignore[arg-type]
    with pytest.raises(FlatError, match="expected auto, native, timeloop, pytimeloop or cautious"):
        flat.estimate(LAYER, engine="careful")


def test_an_estimator_is_asked_by_its_name() -> None:
    table = estimators.find_estimator("flat-rate").estimate(flat.find_architecture("edge"))
    answer = flat.estimate(LAYER, "edge", "flat-r16", ert=table)
    assert answer.energy_source == "a flat rate"
    found = estimators.energy_for(flat.find_architecture("edge"), estimator="flat-rate")
    assert found == table
