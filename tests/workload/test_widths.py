"""Widths of words: how they are written, and which tensors of a workload get which."""

from dataclasses import replace

import pytest

from flat_plugin.api import estimate
from flat_plugin.errors import FlatError
from flat_plugin.workload import Attention, Block, Model, find_model
from flat_plugin.workload.describe import describe
from flat_plugin.workload.experts import Experts
from flat_plugin.workload.widths import Widths, parse_widths, read_widths


def test_text():
    widths = parse_widths("k=8, V=8,S=32,w=4.25")
    assert widths == Widths(K=8, V=8, S=32, W=4.25)
    assert str(widths) == "K=8,V=8,S=32,W=4.25"
    assert parse_widths(str(widths)) == widths
    assert parse_widths("8") == Widths(Q=8, K=8, V=8, S=8, O=8, W=8, A=8)
    assert str(parse_widths("8")) == "8"
    assert str(replace(parse_widths("8"), WE=4)) == "Q=8,K=8,V=8,S=8,O=8,W=8,A=8,WE=4"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "K",
        "K=",
        "K=0",
        "K=-8",
        "K=8,K=4",
        "X=8",
        "P=8",
        "K=4.1",
        "K=129",
        "K=1e2",
        "K=8;V=8",
        "K=int8",
        "0",
    ],
)
def test_what_is_no_width_is_refused(text):
    with pytest.raises(FlatError) as error:
        parse_widths(text)
    assert error.value.path and error.value.path.startswith("bits")


@pytest.mark.parametrize(
    "value", [True, [8], {"K": "8"}, {"k": 8}, {"K": True}, {"K": float("nan")}, float("inf")]
)
def test_values_that_are_none_are_refused(value):
    with pytest.raises(FlatError):
        read_widths(value)


def test_a_whole_number_is_one_however_it_is_given():
    assert read_widths({"K": 8.0}) == read_widths("K=8") == Widths(K=8)
    assert isinstance(read_widths({"K": 8.0}).K, int)


def test_each_tensor_has_its_own():
    layer = Attention(1, 2, 4, 4, 8, widths="Q=1,K=2,S=3,V=4,O=5")
    logit, attend = layer.einsums()
    assert logit.bits == {"Q": 1, "K": 2, "S": 3}
    assert attend.bits == {"P": 3, "V": 4, "O": 5}, "what attend calls P is S"


def test_projections_write_what_the_attention_reads():
    """Activations in, weights, and of the result the width that it has in the attention."""
    attention = Attention(1, 2, 4, 4, 8, widths="Q=1,K=2,S=3,V=4,O=5,W=6,A=7")
    block = Block(attention, 16, 32)
    products = (attention.widths.product(einsum) for _, einsum in block.around())
    bits = {einsum.name: tuple(einsum.bits.values()) for einsum in products}
    assert bits["project_q"] == (7, 6, 1)
    assert bits["project_k"] == (7, 6, 2)
    assert bits["project_v"] == (7, 6, 4)
    assert bits["project_o"] == (5, 6, 7)
    assert bits["ff_up"] == bits["ff_down"] == (7, 6, 7)


def test_parts_of_the_weights():
    """Of projections, feed-forward layers and experts that have widths of their own; routers have W."""
    widths = read_widths("W=6,WA=8,WE=4")
    mixed = Block(Attention(1, 2, 4, 4, 8), 16, 32, gated=True, experts=Experts(4, 2, shared=8))
    for block in (Block(Attention(1, 2, 4, 4, 8), 16, 32), mixed):
        for _, einsum in block.around():
            bits = {"project": 8, "expert": 4, "fuller": 4}.get(einsum.name.partition("_")[0], 6)
            assert widths.product(einsum).bits == {"W": bits}, einsum.name
    assert read_widths("WF=4").product(mixed.expert_layers()[0][1]).bits == {}  # the router
    assert all(read_widths("WF=4").product(each).bits == {"W": 4} for each in block.feed_forward_layers())


def test_a_width_of_all_weights_goes_before_those_of_parts():
    own = Widths(W=8, WA=6, WE=4)
    assert Widths(W=16).over(own) == Widths(W=16)
    assert Widths(WE=2).over(own) == Widths(W=8, WA=6, WE=2)
    assert Widths(WE=2).over(Widths()).over(Widths(W=8, WF=4)) == Widths(W=8, WF=4, WE=2)
    assert "WA" not in read_widths("8").to_dict() and "WA" not in read_widths(8).to_dict()


def test_weights_of_a_part_as_wide_as_the_words_are_shown_beside_others():
    answer = estimate("gpt2", "edge", "base", seq=16, level="block", bits="W=8,WA=16")
    assert answer.workload["bits"] == {"W": 8, "WA": 16}
    assert answer.traffic["project_q.W"].bits == 16 and answer.traffic["ff_up.W"].bits == 8


def test_a_width_of_weights_that_no_block_has_is_noted():
    for level in ("attention", "block"):
        answer = estimate("gpt2", "edge", "base", seq=16, level=level, bits="WF=8,WE=4")
        assert answer.notes[-1] == "without effect: no product has weights of the width WE"
    assert not any("without effect" in note for note in estimate("gpt2", "edge", seq=16, bits="WF=8").notes)


def test_a_model_gives_them_to_all_its_layers():
    model = Model("toy", 2, 4, 32, 8, 64, tokens=16, widths={"K": 8})
    assert all(block.attention.widths == Widths(K=8) for _, block in model.blocks())
    assert model.decoding(1).block().attention.widths == Widths(K=8)


def test_the_line_of_a_workload_shows_them():
    assert describe(Attention(1, 2, 4, 4, 8, widths="K=8,V=8,S=32")).line.endswith("; 8-bit K V, 32-bit S")
    assert "bit" not in describe(find_model("bert-base")).line
