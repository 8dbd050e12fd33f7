"""What each component is to hwcomponents, and what its answers make together."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flat_plugin.architecture import Architecture, Compute, Memory, SoftmaxUnit, find_architecture
from flat_plugin.energy.hwcomponents_models import Answer, requests
from flat_plugin.errors import FlatError

EDGE = find_architecture("edge")
MAC = Compute("MAC", "intmac", 16)
NS = 1e-9


def registers(depth: int) -> Architecture:
    return Architecture("a", (Memory("R", "regfile", 16, 2, capacity=2 * depth),), MAC)


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
    actions = {name: [query.actions for query in each] for name, each in queries.items()}
    assert actions["DRAM"] == actions["GlobalBuffer"] == [("read", "write")]
    assert actions["PERegs"] == [("read", "write"), ("compare",)] and actions["MAC"] == [("compute",)]


def test_other_classes_are_asked_for_by_their_name() -> None:
    buffer = Memory("B", "SmartBuffer_SRAM", 16, 8, 1, 4096, attributes={"n_banks": 2, "depth": 512})
    (request, _) = requests(Architecture("a", (buffer,), MAC))
    (query,) = request.queries
    assert query.model == "smartbuffer_sram"
    assert query.attributes["width"] == 128 and query.attributes["n_banks"] == 2


def test_banks_and_ports_may_be_spelt_in_two_ways() -> None:
    attributes = {"num_banks": 4, "n_rdwr_ports": 2, "technology": "22nm"}
    (request, _) = requests(
        Architecture("a", (Memory("B", "SRAM", 16, 8, 1, 4096, attributes=attributes),), MAC)
    )
    asked = request.queries[0].attributes
    assert (asked["n_banks"], asked["n_rw_ports"], asked["tech_node"]) == (4, 2, pytest.approx(22e-9))


def test_other_arithmetic_is_asked_for_by_its_class() -> None:
    compute = Compute("MAC", "fpMAC", 32, attributes={"exponent": 8, "of": object(), "x": float("inf")})
    (_, request) = requests(Architecture("a", registers(1).memories, compute))
    (query,) = request.queries
    assert query.model == "fpmac" and query.actions == ("compute",)
    assert {"exponent", "datawidth"} <= set(query.attributes) and not {"of", "x"} & set(query.attributes)


@pytest.mark.parametrize(
    ("memory", "message"),
    [
        (Memory("B", "SRAM", 16, 8, 1, 4096, attributes={"n_rd_ports": 2}), "reads and writes together"),
        (Memory("B", "SRAM", 16, 8), "unbounded SRAM has no energy"),
        (Memory("B", "SRAM", 16, 8, 1, 4097), "whole rows only .got '4097 words'.; expected a multiple of 8"),
    ],
)
def test_what_cannot_be_asked(memory: Memory, message: str) -> None:
    with pytest.raises(FlatError, match=message):
        requests(Architecture("a", (memory,), MAC))


def test_updates_are_writes_and_leakage_is_over_a_cycle() -> None:
    (request, _) = requests(Architecture("a", (Memory("B", "SRAM", 16, 8, 1, 4096),), MAC))
    entry = request.put_together([Answer({"read": 7.0, "write": 8.0}, 3e-3, 50.0, "a model")], 2 * NS)
    assert entry.actions == {"read": 7.0, "write": 8.0, "update": 8.0, "leak": pytest.approx(6.0)}
    assert (entry.area_um2, entry.estimator) == (50.0, "a model")


def test_a_register_file_is_rows_each_with_a_comparator_of_its_address() -> None:
    request, _ = requests(registers(16))
    row, address = request.queries
    assert (row.model, row.attributes["width"], row.arguments) == ("register", 32, {"bits_per_action": 32})
    assert (address.model, address.attributes["width"]) == ("comparator", 4)
    answers = [
        Answer({"read": 5.0, "write": 6.0}, 1e-3, 10.0, "a register"),
        Answer({"compare": 0.5}, 2e-3, 1.0, ""),
    ]
    entry = request.put_together(answers, NS)
    assert entry.actions == {
        "read": 5 + 16 * 0.5,
        "write": 6 + 16 * 0.5,
        "update": 6 + 16 * 0.5,
        "leak": pytest.approx(16 * 1.0 + 16 * 2.0),
    }
    assert (entry.area_um2, entry.estimator) == (16 * 11.0, "a register and comparators")


@pytest.mark.parametrize(("depth", "bits"), [(1, 1), (2, 1), (3, 2), (16, 4), (17, 5)])
def test_an_address_tells_all_rows_apart(depth: int, bits: int) -> None:
    assert requests(registers(depth))[0].queries[1].attributes["width"] == bits


def test_a_softmax_unit_is_comparators_adders_and_multipliers() -> None:
    unit = SoftmaxUnit(2, "V", attributes={"datawidth": 32})
    *_, request = requests(replace(registers(1), softmax=unit))
    assert [(query.model, *query.actions) for query in request.queries] == [
        ("comparator", "compare"),
        ("adder", "add"),
        ("multiplier", "multiply"),
    ]
    assert all(query.attributes["width"] == 32 for query in request.queries)
    parts = {"compare": 1.0, "add": 2.0, "multiply": 4.0}
    entry = request.put_together([Answer({name: pj}, 1e-3, 10.0, "") for name, pj in parts.items()], NS)
    assert (entry.actions["max"], entry.actions["exponent"]) == (1.0, 7 * 2.0 + 6 * 4.0)
    assert entry.actions["leak"] == pytest.approx(2 * 14.0)
    assert entry.area_um2 == 2 * 14 * 10.0
    assert entry.estimator == "comparators, adders and multipliers of hwcomponents_library"
