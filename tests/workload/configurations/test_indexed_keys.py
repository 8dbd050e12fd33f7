"""Configurations whose keys an index chooses: DeepSeek-V3.2's, and the fields where nothing reads them."""

import pytest
from published_configurations import DEEPSEEK

import flat_plugin as flat
from flat_plugin.errors import FlatError
from flat_plugin.workload.describe import describe
from flat_plugin.workload.selection import Index, Select

SPARSE = DEEPSEEK | dict(
    model_type="deepseek_v32",
    architectures=["DeepseekV32ForCausalLM"],
    index_head_dim=128,
    index_n_heads=64,
    index_topk=2048,
)


@pytest.mark.parametrize("kind", ["deepseek_v32", "deepseek_v3"])
def test_every_layer_has_the_index(read, kind):
    model = read(SPARSE, model_type=kind)
    assert {layer.own.select for _, layer in model.stack} == {Select(2048, index=Index(128, 64))}
    assert "causal,topk=2048,index=64x128 mask" in describe(model, 4096).line
    plain = read(DEEPSEEK)
    index = 1536 * 64 * 128 + 7168 * 128 + 7168 * 64  # wq_b, wk, weights_proj
    assert model.weights["linear"] - plain.weights["linear"] == 61 * index
    names = [einsum.name for _, einsum in model.block(4096).around()]
    assert [name for name in names if name.startswith("index")] == [
        *("index_project_q", "index_project_k", "index_project_weights")
    ]


def test_a_step_of_decoding_attends_to_the_chosen_keys(read):
    model = read(SPARSE).decoding()
    answer = flat.estimate(model, "cloud", "flat-h", seq=65536, latent="absorbed", set={"topk_lanes": 64})
    work = answer.operators
    assert work["logit"].computes == 128 * 2048 * 576
    assert work["attend"].computes == 128 * 2048 * 512
    assert work["index"].computes == 65536 * 64 * 128
    assert work["choose"].traffic["choose.indices"].dram_writes == 2048
    dense = flat.estimate(model, "cloud", "flat-h", seq=65536, mask="causal", latent="absorbed")
    assert dense.operators["logit"].computes == 32 * work["logit"].computes
    assert answer.traffic["K"].dram_reads * 32 == dense.traffic["K"].dram_reads


def test_it_is_refused_without_a_top_k_unit(read):
    with pytest.raises(FlatError, match="no top-k unit"):
        flat.estimate(read(SPARSE), "cloud", seq=4096)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"index_topk": 0}, "index_topk"),
        ({"index_topk": "many"}, "index_topk"),
        ({"index_topk": None}, "index_topk"),
        ({"index_n_heads": 1.5}, "index_n_heads"),
        ({"index_head_dim": None}, "index_head_dim"),
        ({"q_lora_rank": None}, "q_lora_rank"),
    ],
)
def test_a_damaged_index_is_refused(read, changes, path):
    with pytest.raises(FlatError) as refused:
        read(SPARSE | changes)
    assert refused.value.path == path


@pytest.mark.parametrize("field", ["index_topk", "index_n_heads", "index_head_dim"])
def test_fields_of_an_index_are_refused_where_nothing_reads_them(read, field):
    llama = dict(model_type="llama", hidden_size=64, num_attention_heads=4, num_hidden_layers=2)
    llama |= dict(intermediate_size=128, vocab_size=100, max_position_embeddings=512)
    with pytest.raises(FlatError, match="an index chooses"):
        read(llama | {field: 16})
