"""Weights, counted by hand."""

from flat_plugin.workload import Model
from flat_plugin.workload.layer import Layer
from flat_plugin.workload.model_section import Section
from flat_plugin.workload.model_weights import weights_of
from flat_plugin.workload.products import Linear

LAYER = Layer(2, 8, 4, 16)  # 4 projections of 8 x 8, and 2 products of 8 x 16
ONE = 4 * 8 * 8 + 2 * 8 * 16
HEAD = Section("head", (Linear("head", 8, 100),), sort="head")


def test_layers_and_what_is_beside_them() -> None:
    found = weights_of(((3, LAYER),), (HEAD,), None)
    assert {name: number for name, number in found.items() if number} == {"linear": 3 * ONE, "head": 800}


def test_layers_that_share_their_weights_count_once() -> None:
    assert weights_of(((12, LAYER),), (), 1)["linear"] == ONE


def test_a_tied_head_is_the_table_of_tokens() -> None:
    tied = Model("toy", stack=((3, LAYER),), beside=(HEAD,), tables=800, tied=True)
    assert tied.parameters == 3 * ONE + 800
