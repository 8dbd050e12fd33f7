"""The plug-in as Accelergy loads it, with a stand-in for Accelergy."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest
import yaml

from flat_plugin.energy.plug_in import flat_softmax_energy

FOLDER = Path(flat_softmax_energy.__file__).parent
BESIDE = ("flat_arithmetic", "flat_softmax_energy")  # as Accelergy's path has them
LISTS = [FOLDER / "flat_softmax.lib.yaml", FOLDER / "flat_softmax_unit.yaml"]


class Estimation(NamedTuple):
    value: float
    unit: str


@pytest.fixture
def plug_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    estimator, interface = ModuleType("estimator"), ModuleType("interface")
    vars(estimator).update(Estimator=object, actionDynamicEnergy=lambda method: method)
    vars(interface).update(Estimation=Estimation)
    theirs = "accelergy.plug_in_interface"
    for name, module in (("estimator", estimator), ("interface", interface)):
        monkeypatch.setitem(sys.modules, f"{theirs}.{name}", module)
    for name in ("accelergy", theirs):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.syspath_prepend(str(FOLDER))
    spec = spec_from_file_location("plugged_in", FOLDER / "flat_softmax.py")
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module.FlatSoftmax
    for name in BESIDE:
        sys.modules.pop(name, None)


def test_it_answers_for_every_action_of_a_softmax(plug_in: Any) -> None:
    unit = plug_in(technology="45nm", datawidth=16, global_cycle_seconds=1e-9, lanes=8)
    ours = flat_softmax_energy.softmax_unit(16, 8, 1e-9, 45)
    for name, energy in ours.operations_pj.items():
        assert getattr(unit, name)() == (energy, "p")
    assert unit.compute() == (ours.compute_pj, "p")
    assert unit.leak(1e-9) == (ours.leak_pj, "p")
    assert unit.get_area() == (ours.area_um2, "u^2")


@pytest.mark.parametrize(("technology", "nanometres"), [(22, 22), (22e-9, 22), ("65nm", 65)])
def test_nodes_in_every_spelling_and_one_lane_unless_said(
    plug_in: Any, technology: object, nanometres: float
) -> None:
    unit = plug_in(technology=technology, datawidth="16", global_cycle_seconds="2e-9")
    ours = flat_softmax_energy.softmax_unit(16, 1, 2e-9, nanometres)
    assert (unit.compute()[0], unit.get_area()[0]) == pytest.approx((ours.compute_pj, ours.area_um2))


def test_it_stands_behind_tables_of_measured_parts(plug_in: Any) -> None:
    assert plug_in.name == ["softmax_unit", "softmax_lane"]
    assert plug_in.percent_accuracy_0_to_100 == 60


def test_accelergy_is_told_of_its_classes() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in LISTS)
    assert all(yaml.safe_load(path.read_text(encoding="utf-8")) for path in LISTS)
    for action in ("max", "exponent", "sum", "scale", "compute", "leak"):
        assert f"name: {action}" in text
