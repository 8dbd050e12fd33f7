"""The cache of a step of serving where keys are selected."""

import flat_plugin as flat
from flat_plugin.workload.requests import Requests

MODEL = flat.find_model("gpt2").serving(Requests(4, 512))
TOKENS = 12 * 4 * 512  # of all layers and requests


def cache(mask):
    return flat.estimate(MODEL, "edge", mask=mask, level="model", set={"topk_lanes": 4}).step.cache_bytes


def test_a_cache_has_all_keys_that_may_be_chosen_and_their_index():
    whole = cache("causal")
    assert whole == TOKENS * 2 * 768 * 2
    assert cache("causal,topk=16") == whole
    assert cache("causal,topk=16,index=8x32") == whole + TOKENS * 32 * 2
    assert cache("causal,topk=16,index=8x32,index_bits=8") == whole + TOKENS * 32
    assert cache("causal,topk=16,index=32") == whole + TOKENS * 12 * 32 * 2  # of every head
    assert cache("causal,topk=16,page=8,index=64") == whole + TOKENS // 8 * 12 * 64 * 2
