"""Certificates: of which searches there is one."""

from dataclasses import replace

import pytest

import flat_plugin as flat
from flat_plugin.architecture.given_constraints import given
from flat_plugin.errors import FlatError
from flat_plugin.mapping.named import parse_dataflow
from flat_plugin.mapspace.certified import certificate_of, check_certifiable
from flat_plugin.mapspace.constraints.fixed import Constraints, LevelConstraints
from flat_plugin.mapspace.layer import Layer
from flat_plugin.workload.mask import mask_of

PLATFORM = flat.platform("edge")
ATTENTION = flat.parse_attention("B=1,H=1,M=16,N=16,D=8")
LAYER = Layer(ATTENTION, PLATFORM.architecture, PLATFORM.energies)
PERFECT = replace(parse_dataflow("base-opt"), factors="perfect")
FIXED = Constraints((LevelConstraints("PERegs", keep=frozenset("K")),))


def test_full_layers_of_words_as_wide_as_the_memories():
    check_certifiable(LAYER, [PERFECT, replace(parse_dataflow("flat-opt"), factors="perfect")], "edp")
    check_certifiable(replace(LAYER, constraints={"logit": Constraints()}), [PERFECT], "edp")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"constraints": {"logit": FIXED}}, "a certificate is of any mapping"),
        ({"attention": replace(ATTENTION, mask=mask_of("causal"))}, "a certificate"),
        (
            {"attention": replace(ATTENTION, widths={"K": 8})},
            "certificates are of words of the memories' width",
        ),
        ({"attention": replace(ATTENTION, joint=True)}, "a certificate"),
    ],
)
def test_others_have_none(changes, said):
    with pytest.raises(FlatError, match=said):
        check_certifiable(replace(LAYER, **changes), [PERFECT], "edp")


def test_chips_with_constraints_and_other_objectives():
    fixed = given({"target": "PERegs", "type": "bypass", "keep": ["K"]}, "node", "here")
    chip = replace(PLATFORM.architecture, constraints=(fixed,))
    with pytest.raises(FlatError, match="a certificate is of any mapping"):
        check_certifiable(replace(LAYER, architecture=chip), [PERFECT], "edp")
    with pytest.raises(FlatError, match="objective: unknown choice"):
        check_certifiable(LAYER, [PERFECT], "speed")


def test_families_have_the_same_factors():
    ragged = replace(parse_dataflow("flat-opt"), factors="imperfect")
    with pytest.raises(FlatError, match="families with the same factors"):
        check_certifiable(LAYER, [PERFECT, ragged], "edp")


def test_a_certificate_holds():
    found = flat.search(ATTENTION, PLATFORM, dataflow="base-opt", factors="perfect")
    document = certificate_of(LAYER, [PERFECT], found.mapping, "edp")
    assert document == found.certificate()
    assert flat.check(document).holds
