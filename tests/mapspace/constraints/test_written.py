"""Constraints that a user gives go into the files of the mapper, beside those of the dataflow."""

import pytest

import flat_plugin as flat
from flat_plugin.documents import load
from flat_plugin.errors import FlatError
from flat_plugin.mapspace.constraints.directives import read_constraints
from flat_plugin.mapspace.constraints.vocabulary import Vocabulary
from flat_plugin.mapspace.constraints.written import directives_of
from flat_plugin.timeloop.constraints import constraint_directives, with_fixed
from flat_plugin.timeloop.directives import directive_documents

EDGE = flat.find_architecture("edge")
LAYER = flat.parse_attention("B=1,H=2,M=64,N=64,D=64")
LOGIT = LAYER.einsums()[0]


def read(*directives):
    return read_constraints(directives, "mine", Vocabulary.of(LOGIT), EDGE)


@pytest.mark.parametrize(
    "directive",
    [
        {"target": "GlobalBuffer", "type": "temporal", "factors": "N<=8 M=2", "permutation": "NM"},
        {"target": "GlobalBuffer", "type": "temporal", "factors": "N>=2 N<=8", "permutation": "N_H"},
        {"target": "GlobalBuffer", "type": "spatial", "factors": "M=1", "permutation": "NDBHM", "split": 1},
        {"target": "PERegs", "type": "bypass", "keep": ["K"], "bypass": ["Q"]},
    ],
)
def test_what_is_written_is_read_again(directive):
    constraints = read(directive)
    documents = [
        document
        | ({"factors": " ".join([document["factors"], *each.bounds])} if each.type != "bypass" else {})
        for each in directives_of(constraints, LOGIT, EDGE)
        for document in directive_documents([each])
    ]
    again = read(*({k: v for k, v in d.items() if v is not None} for d in documents))
    for level in constraints.levels:
        assert again[level.level] == level or level.spatial.split is not None
        assert again[level.level].spatial.bounds == level.spatial.bounds
        assert [again[level.level].spatial.axes(d) for d in "MND"] == [level.spatial.axes(d) for d in "MND"]


def test_those_of_the_dataflow_are_narrower():
    """Timeloop takes each factor, order and tensor once."""
    mapping = flat.estimate(LAYER, EDGE, "flat-h").mapping["logit"]
    own = constraint_directives(LOGIT, EDGE, mapping, ("B", "H"))
    fixed = directives_of(
        read(
            {"target": "DRAM", "type": "temporal", "factors": "H<=2 N=1"},
            {"target": "GlobalBuffer", "type": "temporal", "factors": "H<=4 N<=64"},
            {"target": "DRAM", "type": "bypass", "keep": ["Q"]},
        ),
        LOGIT,
        EDGE,
    )
    merged = {(each.target, each.type): each for each in with_fixed(own, fixed)}
    assert merged["DRAM", "temporal"] == next(each for each in own if each.target == "DRAM")
    assert merged["GlobalBuffer", "temporal"].bounds == ("N<=64",)
    assert dict(merged["GlobalBuffer", "temporal"].factors) == {"B": 1, "H": 1}
    assert merged["DRAM", "bypass"].keep == ("Q", "K")


def test_generated_files_hold_them(tmp_path):
    architecture = tmp_path / "mine.yaml"
    architecture.write_text(
        """
architecture:
  version: 0.4
  nodes:
  - !Component {name: DRAM, class: DRAM, attributes: {width: 64, datawidth: 16}}
  - !Component {name: Buf, class: SRAM, attributes: {depth: 16384, width: 64, datawidth: 16}}
  - !Container
    name: PE
    spatial: {meshX: 16, meshY: 16}
    constraints: {spatial: {factors: [M=1, N<=8], permutation: [N, D, E], split: 1}}
  - !Component {name: Reg, class: regfile, attributes: {depth: 16, width: 16, datawidth: 16}}
  - !Component {name: mac, class: intmac, attributes: {width: 16, datawidth: 16}}
"""
    )
    actions = [{"name": name, "energy": 1} for name in ("read", "write", "compute")]
    tables = [{"name": name, "actions": actions} for name in ("DRAM", "Buf", "Reg", "mac")]
    flat.generate(LAYER, architecture, ["base"], tmp_path, ert={"ERT": {"version": 0.4, "tables": tables}})
    for name, target in (("constraints.yaml", "Buf"), ("constraints.timeloopfe.yaml", "PE")):
        document = load(tmp_path / "base" / "logit" / name)
        section = document.get("architecture_constraints") or document["constraints"]
        (found,) = [d for d in section["targets"] if d["target"] == target and d["type"] == "spatial"]
        factors = found["factors"] if isinstance(found["factors"], list) else found["factors"].split()
        assert {"M=1", "N<=8"} <= set(factors) and found["split"] == 1
        assert list(found["permutation"])[:2] == ["N", "D"]


def test_a_least_use_of_the_array_is_not_written():
    constraints = read({"target": "PERegs", "type": "utilization", "min": 0.5})
    assert constraints.least_parallelism == 0.5
    with pytest.raises(FlatError, match="cannot be written"):
        directives_of(constraints, LOGIT, EDGE)
