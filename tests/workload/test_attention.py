from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flat_plugin.errors import FlatError
from flat_plugin.workload.attention import Attention, parse_attention
from flat_plugin.workload.blocks import Blocks
from flat_plugin.workload.mask import Mask

SIZE = st.integers(1, 64)


def tensors(einsum):
    return {tensor.name: "".join(tensor.dimensions) for tensor in einsum.tensors}


def test_plain_attention_is_two_einsums():
    logit, attend = Attention(2, 12, 512, 256, 64).einsums()
    assert logit.name == "logit"
    assert logit.bounds == (("B", 2), ("H", 12), ("M", 512), ("N", 256), ("D", 64))
    assert tensors(logit) == {"Q": "BHMD", "K": "BHND", "S": "BHMN"}
    assert logit.output.name == "S"
    assert attend.name == "attend"
    assert attend.bounds == (("B", 2), ("H", 12), ("M", 512), ("N", 256), ("E", 64))
    assert tensors(attend) == {"P": "BHMN", "V": "BHNE", "O": "BHME"}
    assert attend.output.name == "O"


def test_grouped_queries_add_a_dimension_that_keys_and_values_lack():
    attention = Attention(1, 32, 128, 128, 64, kv_heads=8)
    logit, attend = attention.einsums()
    assert attention.group == 4
    assert logit.bounds == (("B", 1), ("H", 8), ("G", 4), ("M", 128), ("N", 128), ("D", 64))
    assert tensors(logit) == {"Q": "BHGMD", "K": "BHND", "S": "BHGMN"}
    assert tensors(attend) == {"P": "BHGMN", "V": "BHNE", "O": "BHGME"}


def test_defaults_are_resolved():
    attention = Attention(1, 12, 512, 512, 64)
    assert (attention.value_dim, attention.kv_heads, attention.group) == (64, 12, 1)
    assert attention == Attention(1, 12, 512, 512, 64, value_dim=64, kv_heads=12)
    assert pickle.loads(pickle.dumps(attention)) == attention


@given(b=SIZE, kv=SIZE, g=SIZE, m=SIZE, n=SIZE, d=SIZE, e=SIZE)
def test_grouping_changes_keys_and_values_only(b, kv, g, m, n, d, e):
    heads = kv * g
    attention = Attention(b, heads, m, n, d, e, kv)
    logit, attend = attention.einsums()
    assert logit.operations == b * heads * m * n * d
    assert attend.operations == b * heads * m * n * e
    assert logit.words("S") == attend.words("P") == attention.softmax_elements
    assert logit.words("Q") == b * heads * m * d
    assert attend.words("O") == b * heads * m * e
    assert logit.words("K") == b * kv * n * d
    assert attend.words("V") == b * kv * n * e


@pytest.mark.parametrize("bad", [0, -1, 1.0, True, "8"])
def test_sizes_are_positive_whole_numbers(bad):
    with pytest.raises(FlatError, match=r"attention\.keys: .*positive whole number"):
        Attention(1, 12, 512, bad, 64)


def test_heads_are_shared_evenly():
    with pytest.raises(FlatError, match=r"attention\.kv_heads: .*got 5.*a divisor of 12"):
        Attention(1, 12, 512, 512, 64, kv_heads=5)


def test_a_layer_is_immutable():
    with pytest.raises(AttributeError):
        Attention(1, 12, 512, 512, 64).heads = 3


def test_parse():
    assert parse_attention("B=1,H=12,M=512,N=256,D=64") == Attention(1, 12, 512, 256, 64)
    assert parse_attention(" b=2, h=8, m=1, n=9, d=4, e=6, kv=2 ") == Attention(2, 8, 1, 9, 4, 6, 2)


def test_parse_keys_default_to_queries():
    assert parse_attention("B=1,H=12,M=512,D=64").keys == 512


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("B=1,H=12,M=512,D=64,X=3", "unknown dimension .*X=3"),
        ("B=1,H=12,M=512,D=64,H=3", "H is given twice"),
        ("B=1,H=12,M=512", "D missing"),
        ("", "attention: no sizes; expected B, H, M and D, .*optional are N"),
        ("B=1,H=12,M=512,D=64,", "unknown dimension"),
        ("B=1,H=12,M=512,D=6.4", r"attention\.D: .*positive whole number"),
        ("B=1,H=12,M=-1,D=64", r"attention\.M: .*positive whole number"),
        ("B=1,H=0,M=1,D=64", r"attention\.H: .*positive whole number"),
        ("B=1,H=12,M=512,D=" + "9" * 5000, r"attention\.D"),
        ("B=1,H=12,M=512,D=64,KV=5", r"attention\.KV: .*a divisor of 12"),
        ("B=1,H=12,M=512,D=0", r"attention\.D: .*positive whole number"),
    ],
)
def test_parse_errors(text, message):
    with pytest.raises(FlatError, match=message):
        parse_attention(text)


@given(st.text(max_size=40))
def test_parse_never_fails_otherwise(text):
    try:
        parse_attention(text)
    except FlatError as error:
        assert str(error).startswith(("attention", "text: "))


def test_a_masked_layer_says_what_is_needed():
    causal = Attention(2, 3, 8, 8, 4, mask=Mask(causal=True))
    assert causal.needed_scores == 2 * 3 * 36
    assert causal.softmax_elements == 2 * 3 * 64
    assert Attention(2, 3, 8, 8, 4).needed_scores == 2 * 3 * 64


def test_a_mask_is_one_of_the_lengths():
    with pytest.raises(FlatError, match="1 blocks of 4 queries"):
        Attention(1, 1, 8, 8, 4, mask=Mask(blocks=Blocks(4, 4, ("11",))))
    with pytest.raises(FlatError, match="not a mask"):
        Attention(1, 1, 8, 8, 4, mask="causal")
