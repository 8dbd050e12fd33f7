"""What the nodes of timeloopfe's architectures fix is part of every mapping that does not say it."""

import pytest
from small_documents import gemm

import flat_plugin as flat
from flat_plugin.errors import InvalidMapping

ARCHITECTURE = """
architecture:
  version: 0.4
  nodes:
  - !Component {name: DRAM, class: DRAM, attributes: {width: 64, datawidth: 16}}
  - !Component
    name: Buf
    class: SRAM
    attributes: {depth: 16384, width: 64, datawidth: 16}
    constraints: {temporal: {factors: [N=1], permutation: [K, M, N]}}
  - !Container
    name: PE
    spatial: {meshX: 4}
    constraints: {spatial: {factors: [M=1, K=1], permutation: [N, M, K], split: 3}}
  - !Component
    name: Reg
    class: regfile
    attributes: {depth: 16, width: 16, datawidth: 16}
    constraints: {dataspace: {keep: [Z], bypass: [A, W]}}
  - !Component {name: mac, class: intmac}
"""
PROBLEM = gemm(8, 8, 8)
ACTIONS = [{"name": name, "energy": 1} for name in ("read", "write", "compute")]
ERT = {
    "ERT": {
        "version": 0.4,
        "tables": [{"name": n, "actions": ACTIONS} for n in ("DRAM", "Buf", "Reg", "mac")],
    }
}
SHORT = [
    {"target": "DRAM", "type": "temporal", "factors": ["M=2", "N=2"], "permutation": ["M", "N", "K"]},
    {"target": "Buf", "type": "temporal", "factors": ["M=4", "K=8"]},
    {"target": "PE", "type": "spatial", "factors": ["N=4"]},
]
WHOLE = [
    SHORT[0],
    SHORT[1] | {"permutation": ["K", "M", "N"]},
    SHORT[2] | {"permutation": ["N", "M", "K"], "split": 3},
    {"target": "Reg", "type": "dataspace", "keep": ["Z"], "bypass": ["A", "W"]},
]


def test_what_is_not_said_comes_from_the_nodes():
    short, whole = (flat.evaluate_mapping(ARCHITECTURE, PROBLEM, m, ERT) for m in (SHORT, WHOLE))
    assert short == whole and set(whole["Reg"].tensors) == {"Z"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"target": "Reg", "type": "dataspace", "keep": ["A"]}, "A must be bypassed, and is kept"),
        ({"target": "Reg", "type": "temporal", "factors": ["M=1"]}, None),
    ],
)
def test_what_contradicts_them_is_refused(change, said):
    if said is None:
        assert flat.evaluate_mapping(ARCHITECTURE, PROBLEM, [*SHORT, change], ERT).computes == 512
        return
    with pytest.raises(InvalidMapping, match=said):
        flat.evaluate_mapping(ARCHITECTURE, PROBLEM, [*SHORT, change], ERT)


def test_loops_against_the_nodes_are_refused():
    other = [SHORT[0] | {"factors": ["M=2", "N=1"]}, SHORT[1] | {"factors": ["M=4", "K=8", "N=2"]}, SHORT[2]]
    with pytest.raises(InvalidMapping, match="N=1 is asked for, the mapping has N=2"):
        flat.evaluate_mapping(ARCHITECTURE, PROBLEM, other, ERT)
