"""hwcomponents as an estimator: its answers, and its failures."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from flat_plugin.architecture import find_architecture
from flat_plugin.energy.estimator import NoEstimate
from flat_plugin.energy.hwcomponents import HwcomponentsEstimator, hwcomponents_python
from flat_plugin.programs.errors import ProgramMissing, UnreadableOutput

RECORDED = Path(__file__).parents[1] / "reference" / "hwcomponents_edge.json"
WHY_NOT = HwcomponentsEstimator().troubles() if hwcomponents_python() else ("hwcomponents is not installed",)
needs_hwcomponents = pytest.mark.skipif(bool(WHY_NOT), reason="; ".join(WHY_NOT))
EDGE = find_architecture("edge")


def recorded() -> dict[str, object]:
    return json.loads(RECORDED.read_text())


def test_its_answer(hwcomponents) -> None:
    hwcomponents()
    table = HwcomponentsEstimator().estimate(EDGE)
    assert table.source == "hwcomponents 1.0.114"
    assert table.tools[0] == "hwcomponents-cacti 1.0.40"
    assert list(table.components) == ["DRAM", "GlobalBuffer", "PERegs", "MAC", "SoftmaxUnit"]
    buffer = table.components["GlobalBuffer"]
    assert buffer.actions == {
        "read": 385.762,
        "write": 444.2,
        "update": 444.2,
        "leak": pytest.approx(2.249952e-05 * EDGE.cycle_seconds * 1e12),
    }
    assert buffer.area_um2 == 2710240.0
    assert buffer.estimator == "hwcomponents_cacti SRAM"


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            "EstimatorError: Component dram_x is not supported by any models",
            "DRAM: hwcomponents has no estimate for dram_lpddr4: .*not supported",
        ),
        (
            "RuntimeError: Can not find a model\n| |  | Exception: CACTI failed with exit code 1. See",
            "CACTI failed with exit code 1.*needs a newer GLIBC, build it: pip install",
        ),
        ("ModuleNotFoundError: No module named 'hwcomponents_neurosim'", "No module named"),
    ],
)
def test_no_answer_for_a_component(hwcomponents, error: str, message: str) -> None:
    answers = recorded()
    answers["answers"][0] = {"error": error}  # type: ignore[index]
    hwcomponents(answers)
    with pytest.raises(NoEstimate, match=message):
        HwcomponentsEstimator().estimate(replace(EDGE, name=error))


def test_an_answer_that_cannot_be_read(hwcomponents) -> None:
    hwcomponents([1])
    with pytest.raises(UnreadableOutput, match="no answer that can be read"):
        HwcomponentsEstimator().estimate(EDGE)


def test_without_it(programs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLAT_HWCOMPONENTS_PYTHON", "/nowhere/python")
    with pytest.raises(ProgramMissing, match=r"get it: pip install 'hwcomponents.* \(Python 3.12"):
        HwcomponentsEstimator()


@needs_hwcomponents
def test_really_what_is_recorded() -> None:
    table = HwcomponentsEstimator().estimate(EDGE)
    assert table.components["DRAM"].actions["read"] == 512
    assert table.components["GlobalBuffer"].actions["read"] == pytest.approx(385.762)
    assert table.components["MAC"].actions["compute"] == pytest.approx(3.7688, rel=1e-4)


@needs_hwcomponents
def test_really_a_type_of_dram_that_it_does_not_have() -> None:
    dram = replace(EDGE.memories[0], attributes={**EDGE.memories[0].attributes, "type": "GDDR5"})
    with pytest.raises(NoEstimate, match="no estimate for dram_gddr5"):
        HwcomponentsEstimator().estimate(replace(EDGE, memories=(dram, *EDGE.memories[1:])))
