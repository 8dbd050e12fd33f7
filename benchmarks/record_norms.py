"""Record the norms and activations of the real modules of ``transformers``, on torch's meta device.

    pip install -e ".[models]" torch
    python benchmarks/record_norms.py

Writes ``tests/reference/huggingface/norms.jsonl.gz``: of every type whose steps are known, under its class's
defaults and under fields that change them, the weights of norms by module and the activations.
"""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import torch
from transformers import CONFIG_MAPPING, AutoModel
from transformers.activations import ACT2CLS

from flat_plugin.workload.configurations.element_steps import KNOWN

TARGET = Path(__file__).parents[1] / "tests/reference/huggingface/norms.jsonl.gz"
NEEDED = {  # of classes whose defaults leave something out
    "deepseek_v2": {"num_experts_per_tok": 6},
    "glm4_moe": {"head_dim": 128},
    "glm4v_moe_text": {"head_dim": 128},
}
LEFT_OUT = re.compile(r"head\.|pooler\.|.*\.norms\.[1-9]")  # of one token; heads of one layer but the first
EDITED: dict[str, list[dict[str, Any]]] = {
    "cohere": [{"use_qk_norm": True, "head_dim": 64}],
    "falcon": [{"new_decoder_architecture": True}, {"parallel_attn": False}],
    "glm4_moe": [{"use_qk_norm": True, "head_dim": 128}],
    "gpt_neox": [{"use_parallel_residual": False}],
    "llama": [{"hidden_act": "gelu_new"}],
    "opt": [{"do_layer_norm_before": False}],
    "persimmon": [{"qk_layernorm": False}],
    "phi": [{"qk_layernorm": True}],
    "stablelm": [{"qk_layernorm": True, "use_parallel_residual": True}],
    "t5": [{"feed_forward_proj": "gated-gelu"}],
}
ACTIVATIONS = {(c[0] if isinstance(c, tuple) else c).__name__: name for name, c in reversed(ACT2CLS.items())}


def recorded(model_type: str, edits: dict[str, Any]) -> dict[str, Any]:
    """Norms as [name, shape of the weight, times], without those of poolers; names of activations."""
    edits = {**NEEDED.get(model_type, {}), **edits}
    config = CONFIG_MAPPING[model_type](**edits)
    with torch.device("meta"):
        model = AutoModel.from_config(config)
    norms: Counter[tuple[str, tuple[int, ...]]] = Counter()
    activations: set[str] = set()
    for name, module in model.named_modules():
        kind = type(module).__name__
        if LEFT_OUT.match(name) or any(True for _ in module.children()):
            continue
        if "Norm" in kind:
            weight = getattr(module, "weight", None)
            shape = tuple(getattr(module, "normalized_shape", ()) if weight is None else weight.shape)
            norms[re.sub(r"\d+", "#", name), shape] += 1
        elif kind in ACTIVATIONS:
            activations.add(ACTIVATIONS[kind])
    listed = [[name, list(shape), times] for (name, shape), times in norms.items()]
    return {
        "config": {**config.to_dict(), **edits, "model_type": model_type},
        "norms": listed,
        "activations": sorted(activations),
    }


def main() -> None:
    cases = [(name, edits) for name in sorted(KNOWN) for edits in ({}, *EDITED.get(name, ()))]
    found = [recorded(name, edits) for name, edits in cases if name in CONFIG_MAPPING]
    lines = "".join(json.dumps(each, sort_keys=True) + "\n" for each in found)
    TARGET.write_bytes(gzip.compress(lines.encode(), mtime=0))
    print(f"{len(found)} of {len(cases)} recorded")


if __name__ == "__main__":
    main()
