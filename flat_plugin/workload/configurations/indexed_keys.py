"""Layers whose keys are chosen by an index: DeepSeek-V3.2's sparse attention."""

from __future__ import annotations

from dataclasses import replace

from flat_plugin.workload.configurations.fields import Fields
from flat_plugin.workload.layer import Layer
from flat_plugin.workload.mask import Mask
from flat_plugin.workload.products import Linear
from flat_plugin.workload.selection import Index, Select

FIELDS = ("index_topk", "index_n_heads", "index_head_dim")


def indexed(f: Fields, layer: Layer) -> Layer:
    """The layer whose queries choose their keys, where the file has the fields of an index.

    Index queries come from the latent of the queries, index keys and the weights of the index's heads from
    the stream; there is one choice for all heads (DeepSeek-V3.2, section 2.1, and its published modules
    ``wq_b``, ``wk`` and ``weights_proj``). The file says no width of the index's words.

    Raises:
        FlatError: the fields are not all there, or there is no latent of the queries.
    """
    if not any(f.has(name) for name in FIELDS):
        return layer
    keys, heads, dim = map(f.size, FIELDS)
    if layer.latent is None or layer.latent.query_rank is None:
        raise f.error("q_lora_rank", "index queries come from the latent of the queries", "its width")
    f.remark("index_topk", "words of the index are as wide as the memories'; index_bits in a mask changes it")
    products = (
        Linear("index_project_q", layer.latent.query_rank, heads * dim),
        Linear("index_project_k", layer.hidden, dim),
        Linear("index_project_weights", layer.hidden, heads),
    )
    own = Mask(causal=True, select=Select(keys, index=Index(dim, heads)))
    return replace(layer, others=(*layer.others, *products), own=own)
