from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flat_plugin.errors import FlatError
from flat_plugin.workload.attention import Attention
from flat_plugin.workload.block import Block

SIZE = st.integers(1, 64)


def bert(batch=1, tokens=512):
    return Block(Attention(batch, 12, tokens, tokens, 64), 768, 3072)


def test_operators_in_the_order_they_run():
    names = " ".join(operator.name for operator in bert().operators())
    assert names == "project_q project_k project_v logit attend project_o ff_up ff_down"


def test_a_gated_block_has_a_third_feed_forward_product():
    block = Block(Attention(1, 32, 128, 128, 128, kv_heads=8), 4096, 14336, gated=True)
    up, gate, down = block.feed_forward_layers()
    assert (up.name, gate.name, down.name) == ("ff_up", "ff_gate", "ff_down")
    assert up.sizes == gate.sizes == {"M": 128, "N": 14336, "K": 4096}
    assert down.sizes == {"M": 128, "N": 4096, "K": 14336}


def test_projections_follow_their_tokens_heads_and_widths():
    block = Block(Attention(2, 8, 3, 5, 16, value_dim=32, kv_heads=2), 100, 400)
    q, k, v, o = block.projections()
    assert q.sizes == {"M": 2 * 3, "N": 8 * 16, "K": 100}
    assert k.sizes == {"M": 2 * 5, "N": 2 * 16, "K": 100}
    assert v.sizes == {"M": 2 * 5, "N": 2 * 32, "K": 100}
    assert o.sizes == {"M": 2 * 3, "N": 100, "K": 8 * 32}


def test_a_projection_is_a_matrix_product():
    q = bert().projections()[0]
    assert {t.name: "".join(t.dimensions) for t in q.tensors} == {"A": "MK", "W": "KN", "Z": "MN"}
    assert q.dimensions == ("M", "N", "K")
    assert q.output.name == "Z"


def test_bert_weights():
    """Twelve layers hold 84.9 M weights in matrices (110 M parameters less the embeddings)."""
    weights = sum(op.words("W") for op in bert().operators() if op.name[:2] in ("pr", "ff"))
    assert 12 * weights == 84_934_656


@given(tokens=SIZE, hidden=SIZE, feed_forward=SIZE, gated=st.booleans())
def test_feed_forward_operations(tokens, hidden, feed_forward, gated):
    layers = Block(Attention(3, 2, tokens, 7, 4), hidden, feed_forward, gated).feed_forward_layers()
    products = 3 if gated else 2
    assert sum(op.operations for op in layers) == products * 3 * tokens * hidden * feed_forward


@pytest.mark.parametrize(("sizes", "path"), [((0, 1), "block.hidden"), ((1, -2), "block.feed_forward")])
def test_bad_sizes(sizes, path):
    with pytest.raises(FlatError, match=path):
        Block(Attention(1, 1, 1, 1, 1), *sizes)


def test_gated_is_a_flag():
    with pytest.raises(FlatError, match="block.gated"):
        Block(Attention(1, 1, 1, 1, 1), 1, 1, gated="silu")


def test_only_new_tokens_are_projected_beside_a_cache():
    block = Block(Attention(2, 8, 3, 5, 16, kv_heads=2), 100, 400, cached=True)
    tokens = {op.name: op.sizes["M"] for op in block.operators() if op.name not in ("logit", "attend")}
    assert set(tokens.values()) == {2 * 3}
    assert {"project_k", "project_v", "ff_up"} < set(tokens)
    assert block.attention.logit().sizes["N"] == 5


def test_cached_is_a_flag():
    with pytest.raises(FlatError, match=r"block\.cached"):
        Block(Attention(1, 1, 1, 1, 1), 1, 1, cached=1)


def test_the_new_tokens_are_among_the_keys():
    with pytest.raises(FlatError, match="at most the 2 keys"):
        Block(Attention(1, 1, 3, 2, 1), 1, 1, cached=True)
