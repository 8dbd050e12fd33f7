"""Valid files of every kind, as this version writes and reads them, in one folder."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import yaml

import flat_plugin as flat
from flat_plugin.resources import resource

LAYER = "B=1,H=2,M=32,N=32,D=16"
BERT = {
    **{"model_type": "bert", "hidden_size": 64, "num_attention_heads": 4, "num_hidden_layers": 2},
    **{"intermediate_size": 128, "max_position_embeddings": 64, "architectures": ["BertModel"]},
}
LLAMA = {
    **{"model_type": "llama", "hidden_size": 64, "num_attention_heads": 4, "num_key_value_heads": 2},
    **{"num_hidden_layers": 2, "intermediate_size": 128, "max_position_embeddings": 64, "vocab_size": 100},
    **{"hidden_act": "silu", "rope_theta": 10000.0, "tie_word_embeddings": False, "torch_dtype": "bfloat16"},
}
MIXTRAL = LLAMA | {"model_type": "mixtral", "num_local_experts": 4, "num_experts_per_tok": 2}
DEEPSEEK = {
    **{"model_type": "deepseek_v3", "hidden_size": 64, "num_attention_heads": 4, "num_hidden_layers": 2},
    **{"intermediate_size": 128, "moe_intermediate_size": 32, "kv_lora_rank": 16, "q_lora_rank": 24},
    **{"qk_nope_head_dim": 8, "qk_rope_head_dim": 4, "v_head_dim": 8, "n_routed_experts": 4, "n_group": 1},
    **{"num_experts_per_tok": 2, "n_shared_experts": 1, "first_k_dense_replace": 1, "vocab_size": 100},
    **{"num_key_value_heads": 4, "topk_group": 1, "max_position_embeddings": 64},
}
MASK = {"mask": {"rows": 16, "keys": 16, "blocks": ["10", "11"]}}
SWEEP = {
    "sweep": {
        "models": [{"attention": LAYER}, {"config": "bert.json"}],
        "seq": [16],
        "batch": [1, 2],
        "architectures": ["edge", {"file": "arch.yaml", "name": "mine", "ert": "ERT.yaml"}],
        "overrides": {"buffer_kb": [4, 512]},
        "dataflows": ["base", "flat-r8"],
        "softmax": "serial",
        "stage": ["K", "V"],
        "exclude": [{"batch": 2, "dataflow": "base"}],
    }
}
AUTHORS = {
    **{"platform": "edge", "models": "BERT", "seq_len": "1K", "B": 64, "D": 768, "E": 64, "F": 64, "H": 12},
    **{"M": 1024, "P": 1024, "S": 3072, "Q_loc": "onchip", "K_loc": "offchip", "QK_loc": "onchip"},
    **{"A_loc": "onchip", "V_loc": "offchip", "AV_loc": "offchip", "QK_stationarity": "weight"},
    **{"AV_stationarity": "weight", "fusion_granularity": "row", "P1": 128, "proportion_buffered": 1},
    **{
        "proportion_spilled": 0,
        "mem_traffic": 1e9,
        "ideal_latency": 0.1,
        "actual_latency": 0.1,
        "energy": 1e12,
    },
}
RTL = {
    **{"M": 256, "L": 256, "K": 80, "N": 80, "tile_M": 32, "tile_K": 16, "tile_L": 64, "rtl_cycles": 89054},
    **{"mem_to_buf_bits": 5570560, "buf_to_mem_bits": 327680, "buf_to_reg_bits": 23396352},
    **{"reg_to_buf_bits": 11534336},
}
FUSEMAX = {"model": "BERT", "seq_len": "1K", "traffic": 1e9, "latency": 0.1, "energy": 1e12}
NODES = """\
variables: {global_cycle_seconds: 1.0e-9, technology: "45nm", words: 64}
architecture:
  version: 0.4
  nodes:
  - !Container {name: system, attributes: {technology: technology}}
  - !Component {name: DRAM, class: DRAM, attributes: {type: LPDDR4, width: 64, datawidth: 16}}
  - !Component
    name: Buffer
    class: SRAM
    attributes: {depth: "words * {{ 2 ** 6 }}", width: 256, datawidth: 16, n_banks: 4}
  - !Container {name: PE, spatial: {meshX: 4, meshY: 4}}
  - !Component {name: Regs, class: regfile, attributes: {depth: 8, width: 16, datawidth: 16}}
  - !Component {name: MAC, class: intmac, attributes: {width: 16, datawidth: 16}}
"""


CONFIGURATIONS = {"bert.json": BERT, "llama.json": LLAMA, "moe.json": MIXTRAL, "latent.json": DEEPSEEK}


def plant(folder: Path) -> None:
    """Write them all; needs a second."""
    flat.generate(flat.parse_attention(LAYER), "edge", ["flat-r8"], folder / "made")
    logit = folder / "made" / "flat-r8" / "logit"
    for name, source in (
        ("arch.yaml", logit / "architecture.yaml"),
        ("problem.yaml", logit / "problem.yaml"),
        ("mapping.yaml", logit / "mapping.yaml"),
        ("ERT.yaml", resource("arch", "edge/ERT.yaml")),
        ("fused.yaml", folder / "made" / "flat-r8" / "fused_mapping.yaml"),
        ("space.yaml", resource("mappings", "spaces/weight-stationary.yaml")),
    ):
        (folder / name).write_bytes(source.read_bytes())
    (folder / "nodes.yaml").write_text(NODES)
    (folder / "templates").mkdir()
    for name in ("problem", "mapping", "mapper", "constraints"):
        text = resource("templates", f"{name}.yaml.j2").read_text()
        (folder / "templates" / f"{name}.yaml.j2").write_text(text)
    for name, content in CONFIGURATIONS.items():
        (folder / name).write_text(json.dumps(content))
    (folder / "mask.yaml").write_text(yaml.safe_dump(MASK))
    (folder / "sweep.yaml").write_text(yaml.safe_dump(SWEEP))
    runs = {"models": [{"attention": LAYER}], "architectures": ["edge"], "dataflows": ["base", "flat-r8"]}
    flat.run({"sweep": runs}, folder / "batch", jobs=1)
    flat.run(
        {"sweep": {**runs, "models": ["bert-base"], "seq": [64], "level": "model"}}, folder / "batch", jobs=1
    )
    for name, row in (
        ("flat_authors_model", {**AUTHORS, "platform": "cloud"}),
        ("fused_attention_rtl", RTL),
        ("fusemax_attn_flat", FUSEMAX),
        ("fusemax_attn_unfused", FUSEMAX),
    ):
        _table(
            folder / "tables" / f"{name}.csv",
            [row, {**row, **({"platform": "edge"} if "platform" in row else {})}],
        )


def _table(path: Path, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(exist_ok=True)
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
