"""Models known by name. The first five are the workloads of the FLAT paper."""

from __future__ import annotations

from flat_plugin.arguments import checked
from flat_plugin.errors import FlatError
from flat_plugin.wording import nearest
from flat_plugin.workload.model import Model
from flat_plugin.workload.products import Convolution, Linear
from flat_plugin.workload.section import Section

_FLAT = "FLAT workload (arXiv 2107.06419, sizes as in its published data)"

_ZOO = (
    Model(
        "bert-base",
        kind="encoder",
        layers=12,
        heads=12,
        hidden=768,
        head_dim=64,
        feed_forward=3072,
        tokens=512,
        source=f"{_FLAT}; BERT, arXiv 1810.04805",
    ),
    Model(
        "transformer-xl",
        kind="decoder",
        layers=18,
        heads=16,
        hidden=1024,
        head_dim=64,
        feed_forward=4096,
        tokens=512,
        # Positions are relative, so the model sets no length of its own.
        source=f"{_FLAT}; Transformer-XL wt103, arXiv 1901.02860; "
        "512 tokens is the shortest length FLAT uses",
    ),
    Model(
        "flaubert-large",
        kind="encoder",
        layers=24,
        heads=16,
        hidden=1024,
        head_dim=64,
        feed_forward=4096,
        tokens=512,
        source=f"{_FLAT}; FlauBERT, arXiv 1912.05372",
    ),
    Model(
        "t5-small",
        layers=12,
        heads=8,
        hidden=512,
        head_dim=64,
        feed_forward=2048,
        tokens=512,
        source=f"{_FLAT}; T5, arXiv 1910.10683; 6 encoder and 6 decoder layers as 12 equal "
        "self-attention blocks, cross-attention is not counted",
    ),
    Model(
        "xlm",
        kind="encoder",
        layers=12,
        heads=16,
        hidden=2048,
        head_dim=128,
        feed_forward=8192,
        tokens=512,
        source=f"{_FLAT}; XLM, arXiv 1901.07291",
    ),
    Model(
        "gpt2",
        kind="decoder",
        layers=12,
        heads=12,
        hidden=768,
        head_dim=64,
        feed_forward=3072,
        tokens=1024,
        source="GPT-2 (smallest, 124 M parameters), Radford et al. 2019",
    ),
    Model(
        "gpt-3",
        kind="decoder",
        layers=96,
        heads=96,
        hidden=12288,
        head_dim=128,
        feed_forward=49152,
        tokens=2048,
        source="GPT-3 175B, arXiv 2005.14165, table 2.1; counted dense, although every other "
        "layer is locally banded sparse",
    ),
    Model(
        "llama-3-8b",
        kind="decoder",
        layers=32,
        heads=32,
        hidden=4096,
        head_dim=128,
        feed_forward=14336,
        kv_heads=8,
        gated=True,
        tokens=8192,
        source="Llama 3, arXiv 2407.21783, table 3; 8192 tokens as first released",
    ),
    Model(
        "llama-3-70b",
        kind="decoder",
        layers=80,
        heads=64,
        hidden=8192,
        head_dim=128,
        feed_forward=28672,
        kv_heads=8,
        gated=True,
        tokens=8192,
        source="Llama 3, arXiv 2407.21783, table 3; 8192 tokens as first released",
    ),
    Model(
        "mistral-7b",
        kind="decoder",
        layers=32,
        heads=32,
        hidden=4096,
        head_dim=128,
        feed_forward=14336,
        kv_heads=8,
        gated=True,
        tokens=8192,
        source="Mistral 7B, arXiv 2310.06825, table 1; its sliding window of 4096 tokens is not "
        "modelled: longer sequences attend to every key",
    ),
    Model(
        "vit-b-16",
        kind="encoder",
        layers=12,
        heads=12,
        hidden=768,
        head_dim=64,
        feed_forward=3072,
        tokens=197,
        beside=(
            Section(
                "patch embedding", (Linear("patch_embedding", 3 * 16 * 16, 768),), sort="embedding", less=1
            ),
        ),
        source="ViT-B/16, arXiv 2010.11929; 224 x 224 pixels: 14 x 14 patches and a class token",
    ),
    Model(
        "whisper-base",
        kind="encoder",
        layers=6,
        heads=8,
        hidden=512,
        head_dim=64,
        feed_forward=2048,
        tokens=1500,
        beside=(
            Section(
                "convolutions",
                (
                    Convolution("conv1", 80, 512, (3,), outputs=(2, 0)),
                    Convolution("conv2", 512, 512, (3,), (2,)),
                ),
                sort="convolution",
            ),
        ),
        source="Whisper base, arXiv 2212.04356; the 6 encoder layers only (30 s of audio are "
        "1500 tokens): its 6 decoder layers run at other lengths and are not counted",
    ),
)

MODELS: dict[str, Model] = {model.name: model for model in _ZOO}


@checked
def find_model(name: str) -> Model:
    """The model of that name; upper and lower case are alike, and so are ``_`` and ``-``.

    Raises:
        FlatError: no such model; the message lists the closest names.
    """
    key = name.strip().lower().replace("_", "-")
    if key in MODELS:
        return MODELS[key]
    raise FlatError(
        "unknown model",
        path="model",
        value=name,
        expected=nearest(key, MODELS, f"`flat list` has all {len(MODELS)} names"),
    )
