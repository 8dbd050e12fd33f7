"""Statistics files as timeloop-model wrote them: parsed, they are what the built-in engine answers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from flat_plugin.architecture import Architecture, read_architecture
from flat_plugin.energy.tables import read_ert
from flat_plugin.errors import FlatError
from flat_plugin.mapping.nest import LevelMapping, OperatorMapping
from flat_plugin.model.mixed_mappings import computes_of
from flat_plugin.model.operator import evaluate_operator
from flat_plugin.timeloop.fused_file import read_fused
from flat_plugin.timeloop.stats import read_stats
from flat_plugin.workload import find_model
from flat_plugin.workload.einsum import Einsum
from flat_plugin.workload.problem import read_problem

STATS = Path(__file__).parents[1] / "reference" / "stats"  # BERT-base at 512 tokens, on edge
EINSUMS = {einsum.name: einsum for einsum in find_model("bert-base").attention(512).einsums()}


@pytest.fixture(scope="module")
def edge() -> Architecture:
    return read_architecture(STATS / "architecture.yaml")


def text_of(dataflow: str, operator: str) -> str:
    return (STATS / dataflow / f"{operator}.stats.txt").read_text()


def case(dataflow: str, operator: str, edge: Architecture) -> tuple[Einsum, OperatorMapping]:
    return EINSUMS[operator], read_fused(STATS / dataflow / "fused_mapping.yaml", EINSUMS, edge)[operator]


@pytest.mark.parametrize("operator", ["logit", "attend"])
@pytest.mark.parametrize("dataflow", ["base", "flat-r64"])
def test_the_built_in_engine_prints_the_same(dataflow: str, operator: str, edge: Architecture) -> None:
    einsum, mapping = case(dataflow, operator, edge)
    printed = read_stats(text_of(dataflow, operator), einsum, edge)
    ours = evaluate_operator(einsum, edge, mapping, read_ert(STATS / "ERT.yaml"))
    assert (printed.cycles, printed.compute_cycles) == (ours.cycles, ours.compute_cycles)
    assert printed.utilization == ours.utilization
    assert printed.energy_pj == pytest.approx(ours.energy_pj, abs=0.1)  # a rounding of 0.005 pJ a line
    for level in ours.levels:
        theirs = printed[level.name]
        assert theirs.cycles == level.cycles and theirs.instances == level.instances
        assert theirs.leakage_pj == pytest.approx(level.leakage_pj, abs=0.0051)
        assert theirs.tensors.keys() == level.tensors.keys()
        for name, counts in level.tensors.items():
            energy = theirs.tensors[name].energy_pj
            assert energy == pytest.approx(counts.energy_pj, abs=0.016)
            assert {**vars(theirs.tensors[name]), "energy_pj": 0} == {**vars(counts), "energy_pj": 0}


SPOILT = [
    (lambda text: "", "no statistics"),
    (lambda text: "Segmentation fault", "no statistics"),
    (lambda text: text.partition("Summary Stats")[0], "no statistics"),
    (lambda text: text[: text.index("Cycles:")], "an incomplete summary"),
    (lambda text: text.replace("=== PERegs ===", "=== Elsewhere ==="), "no statistics of a level"),
    (lambda text: text.replace("Scalar fills (per-instance)", "Scalar spills"), "a missing line"),
    (lambda text: text.replace("Computes = 201326592", "Computes = 7"), "of another problem"),
    (lambda text: text.replace("Cycles: 196608", "Cycles: many"), "not a count"),
    (
        lambda text: text.replace("Energy (total)          : 6", "Energy (total)          : 9"),
        "do not add up",
    ),
    (
        lambda text: text.replace("Energy (total)          : 6", "Energy (total)          : nan"),
        "not a number",
    ),
]


@pytest.mark.parametrize(("spoil", "message"), SPOILT, ids=[message for _, message in SPOILT])
def test_what_cannot_be_read_says_so(spoil, message, edge: Architecture) -> None:  # type: ignore[no-untyped-def]
    text = spoil(text_of("flat-r64", "logit"))
    with pytest.raises(FlatError, match=message):
        read_stats(text, EINSUMS["logit"], edge)


CHIP = """
architecture:
  version: 0.4
  subtree:
    - name: s
      local:
        - {name: DRAM, class: DRAM, attributes: {width: 16, datawidth: 16}}
        - {name: Idle, class: SRAM, attributes: {depth: 8, width: 16, datawidth: 16}}
        - {name: "MAC[1..4]", class: intmac, attributes: {datawidth: 16, meshX: 4}}
"""
PROBLEM = read_problem(
    {
        "problem": {
            "shape": {
                "name": "v",
                "dimensions": ["M"],
                "data_spaces": [
                    {"name": "A", "projection": [[["M"]]]},
                    {"name": "Z", "projection": [[["M"]]], "read_write": True},
                ],
            },
            "instance": {"M": 7},
        }
    }
)
PRINTED = """
Level 0
-------
=== MAC ===

    Instances               : 4 (2*2)
    Cycles                  : 2
    Energy (total)          : 8.00 pJ
Level 1
-------
=== DRAM ===

    Instances               : 1
    Cycles                  : 2
    Bandwidth throttling    : 1.00
    Leakage energy (total)  : 0.00 pJ
Networks
Summary Stats
-------------
Cycles: 2
Energy: 0.00 uJ
Computes = 8
"""


def test_a_level_that_keeps_nothing_is_not_printed_and_uneven_units_count_more() -> None:
    chip = read_architecture(CHIP)
    idle = LevelMapping("Idle", spatial_x=(("M", 4),), bypass=frozenset("AZ"), last_spatial=(("M", 3),))
    mapping = OperatorMapping((LevelMapping("DRAM", (("M", 2),)), idle))
    counted = computes_of(PROBLEM, chip, mapping)
    text = PRINTED.replace("Computes = 8", f"Computes = {counted}")
    result = read_stats(text, PROBLEM, chip, mapping)
    assert result.computes == counted and result["Idle"].energy_pj == 0 and not result["Idle"].tensors
    with pytest.raises(FlatError, match="of another problem"):
        read_stats(text.replace(f"Computes = {counted}", "Computes = 9"), PROBLEM, chip, mapping)
    kept = OperatorMapping((mapping.levels[0], replace(idle, bypass=frozenset("A"))))
    with pytest.raises(FlatError, match="Idle: no statistics of a level"):
        read_stats(text, PROBLEM, chip, kept)
