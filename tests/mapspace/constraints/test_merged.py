"""Fan-outs that follow one another, with constraints of their own, where a search has them as one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import flat_plugin as flat
from flat_plugin import FlatError
from flat_plugin.mapspace.constraints.architecture import of_architecture

LAYER = flat.parse_attention("B=1,H=2,M=64,N=64,D=16")


def chip(tmp_path: Path, col: dict[str, Any], row: dict[str, Any], **mesh: int) -> Path:
    """4 × 4 registers: four columns below the buffer, and four rows below each of them."""
    said = [f"constraints: {{spatial: {json.dumps(each)}}}" for each in (col, row)]
    text = f"""
architecture:
  version: 0.4
  nodes:
  - !Container {{name: system, attributes: {{technology: "45nm", global_cycle_seconds: 1.0e-9}}}}
  - !Component {{name: DRAM, class: DRAM, attributes: {{type: "LPDDR4", width: 64, datawidth: 16}}}}
  - !Component {{name: Buffer, class: SRAM, attributes: {{width: 256, depth: 1024, datawidth: 16}}}}
  - !Container {{name: Col, spatial: {{meshX: 4}}, {said[0]}}}
  - !Container {{name: Row, spatial: {json.dumps(mesh or {"meshY": 4})}, {said[1]}}}
  - !Component {{name: Regs, class: regfile, attributes: {{depth: 8, width: 16, datawidth: 16}}}}
  - !Component {{name: MAC, class: intmac, attributes: {{width: 16, datawidth: 16}}}}
"""
    file = tmp_path / "chip.yaml"
    file.write_text(text)
    return file


def test_what_one_does_not_unroll_lies_on_the_other(tmp_path: Path) -> None:
    machine = flat.find_architecture(chip(tmp_path, {"factors": ["M=1"]}, {"factors": ["N=1", "D=1"]}))
    spatial = of_architecture(LAYER.logit(), machine)["Buffer"].spatial
    assert (spatial.axes("M"), spatial.axes("N"), spatial.axes("D"), spatial.axes("B")) == (
        "y",
        "x",
        "x",
        "xy",
    )
    assert not spatial.bounds
    best = flat.search(LAYER, machine, dataflow="flat-opt", softmax="free", objective="latency")
    for _, operator in best.mapping.operators:
        level = operator.levels[1]
        assert {d for d, n in level.spatial_x if n > 1}.isdisjoint("M")
        assert {d for d, n in level.spatial_y if n > 1}.isdisjoint("ND")
    assert best.estimate.utilization == 1  # together, M=1 and N=1 would leave 12 of 16 idle


def test_a_split_says_where_a_dimension_lies(tmp_path: Path) -> None:
    col, row = {"permutation": ["N", "M"], "split": 1}, {"permutation": ["N", "M"], "split": 1}
    machine = flat.find_architecture(chip(tmp_path, col, row))
    spatial = of_architecture(LAYER.logit(), machine)["Buffer"].spatial
    assert (spatial.axes("N"), spatial.axes("M")) == ("x", "y")


def test_what_neither_unrolls_has_one_child(tmp_path: Path) -> None:
    machine = flat.find_architecture(chip(tmp_path, {"factors": ["D=1"]}, {"factors": ["D=1"]}))
    spatial = of_architecture(LAYER.logit(), machine)["Buffer"].spatial
    assert (spatial.bound("D").most, spatial.bound("M").most) == (1, float("inf"))


@pytest.mark.parametrize(
    ("col", "row", "mesh", "said"),
    [
        ({"factors": ["N<=2"]}, {}, {"meshY": 4}, "N<=2 is of one of them"),
        ({"factors": ["N=4"]}, {}, {"meshY": 4}, "N=4 is of one of them"),
        ({"permutation": ["N", "M"]}, {}, {"meshY": 4}, "an order of "),
        ({"factors": ["M=1"]}, {}, {"meshX": 4}, "it shares an axis with another"),
        ({}, {"factors": ["M=1"]}, {"meshX": 2, "meshY": 2}, "or has two"),
    ],
)
def test_what_cannot_be_told_apart_is_refused(
    tmp_path: Path, col: dict[str, Any], row: dict[str, Any], mesh: dict[str, int], said: str
) -> None:
    machine = flat.find_architecture(chip(tmp_path, col, row, **mesh))
    with pytest.raises(FlatError, match=f"Col and Row are one fan-out here, where .*{said}"):
        flat.search(LAYER, machine, softmax="free")


def test_one_fan_out_keeps_its_constraints(tmp_path: Path) -> None:
    machine = flat.find_architecture(chip(tmp_path, {"factors": ["N<=2"]}, {}, meshX=1))
    spatial = of_architecture(LAYER.logit(), machine)["Buffer"].spatial
    assert spatial.bound("N").most == 2
