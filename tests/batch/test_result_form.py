"""``result.json`` is read as it is declared: parts add up, and what is missing or strange is said."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

import flat_plugin as flat
from flat_plugin.batch.result_form import Estimate, MappingFile, NoResult, _estimate, _operator
from flat_plugin.errors import FlatError
from flat_plugin.schema import check

Document = dict[str, Any]
MADE = flat.estimate(flat.parse_attention("B=1,H=1,M=16,N=16,D=8"), "edge", "flat-h").to_dict()


def test_an_estimate_is_of_its_form() -> None:
    check(Estimate, MADE)
    assert not list(_estimate(MADE))  # type: ignore[arg-type]
    assert not [said for work in MADE["operators"].values() for said in _operator(work)]


def moved(name: str, factor: float) -> Callable[[Document], None]:
    """A total that is no longer the sum of its parts."""

    def change(document: Document) -> None:
        *path, last = name.split(".")
        for key in path:
            document = document[key]
        document[last] *= factor

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (moved("energy_pj", 1.001), ("energy_pj", "not the sum of the operators'")),
        (moved("operators.logit.energy_pj", 1.001), ("energy_pj", "not the sum of the operators'")),
        (moved("tensors.Q.dram_reads", 2), ("tensors", "dram_reads are not the sum of the operators'")),
        (lambda e: e.update(bound="Cache"), ("bound", "'Cache' is none of the components")),
        (lambda e: e.update(energy_pj=None), ("energy_pj", "not the sum of the operators'")),
    ],
)
def test_totals_are_the_sums_of_the_operators(
    change: Callable[[Document], None], said: tuple[str, str]
) -> None:
    changed = copy.deepcopy(MADE)
    change(changed)
    assert said in list(_estimate(changed))  # type: ignore[arg-type]


def test_rounding_is_no_difference() -> None:
    changed = copy.deepcopy(MADE)
    moved("energy_pj", 1 + 1e-8)(changed)
    assert not list(_estimate(changed))  # type: ignore[arg-type]


OPERATOR: Any = {
    "energy_pj": 5.0,
    "energy_by_tensor_pj": {"DRAM.Q": 2.0, "MAC.compute": 3.0},
    "components": {"DRAM": {"energy_pj": 2.0}, "MAC": {"energy_pj": 3.0}},
}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, []),
        ({"energy_pj": 6.0}, ["not the sum of energy_by_tensor_pj", "not the sum of components"]),
        ({"components": {"DRAM": {"energy_pj": 5.0}}}, ["of none of the operator's components"]),
        ({"energy_pj": None}, ["not the sum of energy_by_tensor_pj", "not the sum of components"]),
        (
            {
                "energy_pj": None,
                "energy_by_tensor_pj": {"DRAM.Q": None},
                "components": {"DRAM": {"energy_pj": None}},
            },
            [],  # without a table nothing is known
        ),
    ],
)
def test_an_operator_is_the_sum_of_its_parts(changes: Document, said: list[str]) -> None:
    assert [message for _, message in _operator({**OPERATOR, **changes})] == said


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda e: e.pop("cycles"), "cycles: missing"),
        (lambda e: e.update(cycles=0), "cycles: out of range"),
        (lambda e: e.update(utilization=1.1), "utilization: out of range"),
        (lambda e: e.update(utilization=float("inf")), "utilization: not of the right kind"),
        (lambda e: e.update(level="layer"), "level: not of the right kind .*expected attention or block"),
        (lambda e: e["limits"].update(cycles=-1), "limits.cycles: out of range"),
        (lambda e: e.update(operators={}), "operators: empty"),
        (lambda e: e["operators"]["logit"].update(components={}), "operators.logit.components: empty"),
        (lambda e: e["operators"]["logit"].update(energy_pj=9e9), "operators.logit.energy_pj: not the sum"),
    ],
)
def test_what_is_not_of_the_form_is_said_with_its_place(
    change: Callable[[Document], None], said: str
) -> None:
    changed = copy.deepcopy(MADE)
    change(changed)
    with pytest.raises(FlatError, match=said):
        check(Estimate, changed)


def test_a_run_without_a_result_has_a_reason() -> None:
    with pytest.raises(FlatError, match="error: not of the right kind|error: missing"):
        check(NoResult, {"status": "failed", "estimate": None, "error": None})


@pytest.mark.parametrize("shared", [{"H": 2}, {"DRAM": {"temporal": {"H": 2}}}])
def test_shared_loops_are_by_dimension_or_by_memory(shared: Document) -> None:
    mapping = {"dataflow": "flat-h", "shared": shared, "stage": ["S"], "operators": {"logit": []}}
    check(MappingFile, {"fused_mapping": mapping})
    with pytest.raises(FlatError, match="fused_mapping.shared"):
        check(MappingFile, {"fused_mapping": {**mapping, "shared": {"H": 0}}})
