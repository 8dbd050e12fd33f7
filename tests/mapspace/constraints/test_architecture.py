"""Constraints in an architecture's files: read, obeyed by searches and dataflows, checked of mappings."""

import pytest
from small_documents import gemm

import flat_plugin as flat
from flat_plugin.errors import FlatError, InvalidMapping
from flat_plugin.mapspace.constraints.architecture import of_architecture
from flat_plugin.mapspace.constraints.space_files import layer_constraints

SMALL = flat.parse_attention("B=1,H=2,M=13,N=13,D=8")
LAYER = flat.parse_attention("B=1,H=1,M=64,N=64,D=64")
LOGIT, ATTEND = LAYER.einsums()
ENERGIES = {
    "ERT": {
        "version": 0.4,
        "tables": [
            {"name": name, "actions": [{"name": action, "energy": 1} for action in actions]}
            for name, actions in {
                "DRAM": ("read", "write", "update", "leak"),
                "Buf": ("read", "write", "update", "leak"),
                "Reg": ("read", "write", "update", "leak"),
                "mac": ("compute", "leak"),
            }.items()
        ],
    }
}


def nodes(buffer="{}", array="{}", registers="{}", beside=""):
    return f"""
architecture:
  version: 0.4
  nodes:
  - !Component {{name: DRAM, class: DRAM, attributes: {{width: 64, datawidth: 16}}}}
  - !Component {{name: Buf, class: SRAM, attributes: {{depth: 16384, width: 64, datawidth: 16}},
      constraints: {buffer}}}
  - !Container {{name: PE, spatial: {{meshX: 16, meshY: 16}}, constraints: {array}}}
  - !Component {{name: Reg, class: regfile, attributes: {{depth: 16, width: 16, datawidth: 16}},
      constraints: {registers}}}
  - !Component {{name: mac, class: intmac, attributes: {{width: 16, datawidth: 16}}}}
{beside}
"""


def read(**said):
    return flat.read_architecture(nodes(**said))


def test_nodes_sections_and_spaces_are_one():
    hardware = read(
        buffer="{dataspace: {keep: [Q, S, P, O], bypass: [K, V]}}",
        array="{spatial: {factors: [M=1], permutation: [N, D, E], split: 1}}",
        beside="mapspace_constraints: [{target: Reg, type: temporal, factors: 'M=1 N=1'}]",
    )
    found = layer_constraints(LAYER, hardware)
    logit, attend = found["logit"], found["attend"]
    assert (logit["Buf"].keep, logit["Buf"].bypass) == ({"Q", "S"}, {"K"})
    assert (attend["Buf"].keep, attend["Buf"].bypass) == ({"P", "O"}, {"V"})
    assert logit["Buf"].spatial.bound("M").most == 1 and logit["Buf"].spatial.axes("N") == "x"
    assert [attend["Buf"].spatial.axes(d) for d in "NE"] == ["x", "y"]
    assert logit["Reg"].temporal.bound("N").most == 1 and not attend["Reg"].free


@pytest.mark.parametrize(
    ("dataflow", "layer", "factors"),
    [
        *((name, LAYER, "imperfect") for name in ("base", "flat-h", "flat-r16")),
        *((name, LAYER, "perfect") for name in ("base-opt", "flat-opt")),
        *((name, SMALL, "imperfect") for name in ("base-opt", "flat-opt")),
    ],
)
def test_dataflows_and_searches_keep_to_them(dataflow, layer, factors):
    hardware = read(array="{spatial: {factors: [M=1], permutation: [N, D, E], split: 1}}")
    answer = flat.estimate(layer, hardware, dataflow, softmax="free", ert=ENERGIES, factors=factors)
    for einsum in layer.einsums():
        mapping = answer.mapping[einsum.name]
        assert of_architecture(einsum, hardware, layer.einsums()).obeyed_by(mapping, hardware)
        unrolled = dict(mapping["Buf"].spatial_x + mapping["Buf"].spatial_y)
        assert unrolled.get("M", 1) == 1 and set(unrolled) <= set("MNDE")


def test_a_dataflow_lets_tensors_pass_the_buffer_by():
    hardware = read(buffer="{dataspace: {bypass: [K, V]}}")
    mapping = flat.estimate(LAYER, hardware, "base", softmax="free", ert=ENERGIES).mapping
    assert mapping["logit"]["Buf"].bypass == {"K"} and mapping["attend"]["Buf"].bypass == {"V"}


def test_what_a_search_cannot_keep_to_is_refused():
    for said in ({"buffer": "{dataspace: {bypass: [K, V]}}"}, {"buffer": "{temporal: {factors: [N=2]}}"}):
        with pytest.raises(FlatError, match=r"architecture\.nodes\[1\]\.constraints") as caught:
            flat.search(LAYER, read(**said), softmax="free", ert=ENERGIES)
        assert "search" in str(caught.value)


def test_staging_what_passes_by_does_not_fit():
    with pytest.raises(InvalidMapping, match="stages K in Buf, which K must bypass"):
        flat.estimate(LAYER, read(buffer="{dataspace: {bypass: [K]}}"), "flat-h", stage=["K"], ert=ENERGIES)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"array": "{spatial: {factors: [Z=1]}}"}, "unknown dimension (got 'Z')"),
        ({"array": "{temporal: {factors: [M=1]}}"}, "timeloopfe reads none of this in a container"),
        ({"buffer": "{dataspaces: {keep: [K]}}"}, "constraints.dataspaces: unknown key"),
        ({"buffer": "{dataspace: {keep: [W]}}"}, "unknown data space (got 'W')"),
        ({"buffer": "{dataspace: {keep: [Q], bypass: [Q]}}"}, "kept and bypassed"),
        ({"buffer": "{temporal: {no_reuse: [Q]}}"}, "no_reuse is not supported"),
        ({"buffer": "{temporal: {factor: [M=1]}}"}, "temporal.factor: unknown key"),
        ({"beside": "mapspace: []\nmapspace_constraints: []"}, "two names for one section"),
        ({"beside": "constraints: {goals: []}"}, "constraints.goals: unknown key"),
        ({"beside": "constraints: [{target: L9, type: temporal, factors: M=1}]"}, "not a memory of"),
        ({"beside": "constraints: [{target: Buf, type: skew}]"}, "not a constraint (got 'skew')"),
        (
            {
                "array": "{spatial: {factors: [M=2]}}",
                "beside": "constraints: [{target: PE, type: spatial, factors: M=4}]",
            },
            "contradict each other: M=2 and M=4",
        ),
    ],
)
def test_what_is_wrong_is_said(said, message):
    with pytest.raises(FlatError) as caught:
        flat.estimate(LAYER, read(**said), "base", softmax="free", ert=ENERGIES)
    assert message in str(caught.value)


PROBLEM = gemm(8, 8, 8)
MAPPING = [
    {"target": "DRAM", "type": "temporal", "factors": "M=2 N=2 K=1", "permutation": "MNK"},
    {"target": "Buf", "type": "temporal", "factors": "M=4 N=1 K=8", "permutation": "MNK"},
    {"target": "Buf", "type": "spatial", "factors": "N=4", "permutation": "N", "split": 1},
]


@pytest.mark.parametrize(
    ("directive", "refused"),
    [
        ("target: Buf, type: temporal, factors: M=4", None),
        ("target: Buf, type: temporal, factors: M=2", "M=2 is asked for, the mapping has M=4"),
        ("target: Buf, type: temporal, factors: M<=2", "M<=2 is asked for"),
        ("target: Buf, type: temporal, factors: M>=8", None),  # lower bounds are for mappers
        ("target: Buf, type: temporal, factors: M=64", None),  # larger than the problem
        ("target: Buf, type: temporal, permutation: KMN", "the order KMN is asked for"),
        ("target: Buf, type: spatial, split: 0", "0 dimensions on x are asked for"),
        ("target: Buf, type: bypass, bypass: [A]", None),  # read, and looked at by mappers alone
    ],
)
def test_mappings_are_checked_as_timeloop_model_checks_them(directive, refused):
    beside = f"architecture_constraints: {{targets: [{{{directive}}}]}}"
    hardware = read(beside=beside)
    if refused is None:
        assert flat.evaluate_mapping(hardware, PROBLEM, MAPPING, ENERGIES).computes == 512
        return
    with pytest.raises(InvalidMapping, match="violates the architecture's constraints") as caught:
        flat.evaluate_mapping(hardware, PROBLEM, MAPPING, ENERGIES)
    assert refused in str(caught.value)


def test_constraints_of_mappers_are_not_checked():
    hardware = read(beside="mapspace_constraints: [{target: Buf, type: temporal, factors: M=2}]")
    assert flat.evaluate_mapping(hardware, PROBLEM, MAPPING, ENERGIES).computes == 512
