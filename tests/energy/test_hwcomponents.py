"""hwcomponents as an estimator: what each component is to it, its answers, and its failures."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from flat_plugin.architecture import Architecture, Compute, Memory, find_architecture
from flat_plugin.energy.estimator import NoEstimate
from flat_plugin.energy.hwcomponents import HwcomponentsEstimator, hwcomponents_python
from flat_plugin.energy.hwcomponents_models import requests
from flat_plugin.errors import FlatError
from flat_plugin.programs.errors import ProgramMissing, UnreadableOutput

RECORDED = Path(__file__).parents[1] / "reference" / "hwcomponents_edge.json"
WHY_NOT = HwcomponentsEstimator().troubles() if hwcomponents_python() else ("hwcomponents is not installed",)
needs_hwcomponents = pytest.mark.skipif(bool(WHY_NOT), reason="; ".join(WHY_NOT))
EDGE = find_architecture("edge")
MAC = Compute("MAC", "intmac", 16)


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


def test_a_register_file_is_put_together(hwcomponents) -> None:
    hwcomponents()
    entry = HwcomponentsEstimator().estimate(EDGE).components["PERegs"]
    register, comparator = recorded()["answers"][2:4]  # type: ignore[index]
    energy = register["energy_pj"]["read"] + 16 * comparator["energy_pj"]["compare"]
    assert entry.actions["read"] == entry.actions["update"] == pytest.approx(energy)
    assert entry.area_um2 == pytest.approx(16 * (register["area_um2"] + comparator["area_um2"]))


def test_a_softmax_unit_is_put_together(hwcomponents) -> None:
    hwcomponents()
    entry = HwcomponentsEstimator().estimate(EDGE).components["SoftmaxUnit"]
    comparator, adder, multiplier = (answer["energy_pj"] for answer in recorded()["answers"][-3:])  # type: ignore[index]
    assert entry.actions["max"] == comparator["compare"]
    assert entry.actions["exponent"] == pytest.approx(7 * adder["add"] + 6 * multiplier["multiply"])
    assert entry.actions["compute"] == pytest.approx(
        sum(entry.actions[name] for name in ("max", "exponent", "sum", "scale")) / 4
    )


def test_what_is_asked() -> None:
    queries = {request.name: request.queries for request in requests(EDGE)}
    assert queries["DRAM"][0].model == "dram_lpddr4"
    assert queries["DRAM"][0].arguments == {"bits_per_action": 64}
    assert queries["GlobalBuffer"][0].attributes == {
        "tech_node": pytest.approx(45e-9),
        "width": 512,
        "size": 512 * 8192,
        "n_banks": 16,
    }
    assert [query.attributes["width"] for query in queries["PERegs"]] == [16, 4]
    assert queries["MAC"][0].attributes["multiplier_width"] == 16


def test_other_classes_are_asked_for_by_their_name() -> None:
    buffer = Memory("B", "SmartBuffer_SRAM", 16, 8, 1, 4096, attributes={"n_banks": 2, "depth": 512})
    (request, _) = requests(Architecture("a", (buffer,), MAC))
    (query,) = request.queries
    assert query.model == "smartbuffer_sram"
    assert query.attributes["width"] == 128 and query.attributes["n_banks"] == 2


@pytest.mark.parametrize(
    ("memory", "message"),
    [
        (Memory("B", "SRAM", 16, 8, 1, 4096, attributes={"n_rd_ports": 2}), "reads and writes together"),
        (Memory("B", "SRAM", 16, 8), "unbounded SRAM has no energy"),
    ],
)
def test_what_cannot_be_asked(memory: Memory, message: str) -> None:
    with pytest.raises(FlatError, match=message):
        requests(Architecture("a", (memory,), MAC))


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
