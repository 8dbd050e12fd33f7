"""What is wrong with an exploration is said before anything is searched."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tiny_explorations import TINY, exploration

from flat_plugin.errors import FlatError
from flat_plugin.exploration.checks import check_areas, check_axes, check_settings, check_workloads
from flat_plugin.exploration.chips import Chips
from flat_plugin.exploration.design_file import Exploration


def of(**changes: Any) -> tuple[Chips, Exploration]:
    asked = exploration(**changes)
    return Chips(asked.base, asked.space, asked.estimator, asked.areas), asked


def test_a_good_one_passes() -> None:
    chips, asked = of(objective="area")
    check_areas(chips, asked)
    check_settings(chips, asked)
    check_axes(chips)
    check_workloads(chips, asked)


@pytest.mark.parametrize("changes", [{"objective": ["area", "edp"]}, {"budgets": {"area_mm2": 1}}])
def test_an_area_that_is_asked_for_and_not_known(changes: dict[str, Any]) -> None:
    chips, asked = of(**changes)
    dram, buffer, *rest = chips.parts
    variants = tuple(replace(each, area_um2=None) for each in buffer.variants)
    chips.parts = (dram, replace(buffer, variants=variants), *rest)
    with pytest.raises(
        FlatError, match="exploration.area_um2: no area is known for Buffer; expected µm² of one"
    ):
        check_areas(chips, asked)
    check_areas(chips, exploration())  # nobody asks


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"axes": {"Buffer.n_bank": [4, 8]}}, r"exploration.axes.Buffer.n_bank: .*meant n_banks\?"),
        ({"set": {"MAC.dept": 4}}, "exploration.set.MAC.dept: "),
    ],
)
def test_a_setting_that_nothing_reads(changes: dict[str, Any], said: str) -> None:
    changes["area_um2"] = {"Lanes": 400}
    with pytest.raises(FlatError, match=said):
        check_settings(*of(**changes))


def test_an_axis_that_changes_nothing() -> None:
    """The energies of the buffer are given: its banks change none."""
    chips, _ = of(axes={"Buffer.n_banks": [4, 8], "buffer_kb": [1, 2]})
    with pytest.raises(
        FlatError, match=r"exploration.axes.Buffer.n_banks: its values change nothing .got \[4, 8\]"
    ):
        check_axes(chips)


def test_an_axis_that_only_a_condition_lets_differ_is_let_pass() -> None:
    chips, _ = of(
        axes={"buffer_kb": [1, 2], "wide": [1, 2]},
        set={"dram_words_per_cycle": "wide"},
        where="wide == buffer_kb",
    )
    check_axes(chips)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"workloads": [{"model": "deepseek-v3", "seq": 16}]},
            r"exploration.workloads\[0\].latent: latent attention needs a form",
        ),
        (
            {"workloads": [TINY["workloads"][0], {"model": "deepseek-v3", "seq": 16}]},
            r"exploration.workloads\[1\].latent",
        ),
    ],
)
def test_a_workload_that_a_dataflow_does_not_know(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(FlatError, match=said):
        check_workloads(*of(**changes))
