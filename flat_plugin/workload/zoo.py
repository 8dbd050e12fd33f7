"""Models known by name: the workloads of the FLAT paper, and models as they were published.

Most are read from their configurations (``published.json``: fields as published, source, published number of
parameters, embedding tables).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files
from math import prod
from pathlib import Path
from typing import Any

from flat_plugin.arguments import checked
from flat_plugin.errors import FlatError
from flat_plugin.wording import nearest
from flat_plugin.workload.configurations.reader import model_of
from flat_plugin.workload.elementwise import Steps
from flat_plugin.workload.model import Model
from flat_plugin.workload.model_section import Section
from flat_plugin.workload.products import Convolution, Linear

_FLAT = "FLAT workload (arXiv 2107.06419, sizes as in its published data)"


def _head(hidden: int, vocabulary: int) -> Section:
    product = Linear("output_head", hidden, vocabulary)
    return Section("output head", (product,), sort="head", last=True)


_LAYER, _RMS = Steps("layer_norm", "gelu", behind=1), Steps("rms_norm", "silu", behind=1)
_EMBEDDED = Steps("layer_norm", "gelu", before=1)  # norms behind the halves of a layer, and none at the end
_BY_HAND = (
    Model(
        "bert-base",
        kind="encoder",
        layers=12,
        heads=12,
        hidden=768,
        head_dim=64,
        feed_forward=3072,
        tokens=512,
        steps=_EMBEDDED,
        source=f"{_FLAT}; BERT, arXiv 1810.04805",
        tables=(30522 + 512 + 2) * 768,
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
        steps=Steps("layer_norm", "relu"),
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
        steps=_EMBEDDED,
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
        steps=Steps("rms_norm", "relu"),
        source=f"{_FLAT}; T5, arXiv 1910.10683",
        notes=(
            "t5-small is FLAT's workload: 6 encoder and 6 decoder layers as 12 equal self-attention blocks, "
            "without cross-attention",
        ),
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
        steps=_EMBEDDED,
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
        steps=_LAYER,
        source="GPT-2 (smallest, 124 M parameters), Radford et al. 2019",
        beside=(_head(768, 50257),),
        tables=(50257 + 1024) * 768,
        tied=True,
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
        steps=_LAYER,
        source="GPT-3 175B, arXiv 2005.14165, table 2.1",
        notes=("gpt-3 is counted dense, although every other layer of it is locally banded sparse",),
        beside=(_head(12288, 50257),),
        tables=(50257 + 2048) * 12288,
        tied=True,
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
        steps=_RMS,
        source="Llama 3, arXiv 2407.21783, table 3; 8192 tokens as first released",
        beside=(_head(4096, 128256),),
        tables=128256 * 4096,
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
        steps=_RMS,
        source="Llama 3, arXiv 2407.21783, table 3; 8192 tokens as first released",
        beside=(_head(8192, 128256),),
        tables=128256 * 8192,
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
        steps=_LAYER,
        source="ViT-B/16, arXiv 2010.11929; 224 x 224 pixels: 14 x 14 patches and a class token",
        tables=197 * 768,
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
        steps=_LAYER,
        source="Whisper base, arXiv 2212.04356; 30 s of audio are 1500 tokens",
        notes=("whisper-base is its 6 encoder layers only; whisper-small has its decoder as well",),
    ),
)

PARAMETERS: Mapping[str, int] = {
    "bert-base": 110_000_000,  # arXiv 1810.04805, section 3
    "gpt2": 124_439_808,  # of the published weights
    "gpt-3": 175_000_000_000,  # arXiv 2005.14165, table 2.1
    "llama-3-8b": 8_030_261_248,  # of the published weights
    "llama-3-70b": 70_553_706_496,
    "vit-b-16": 86_000_000,  # arXiv 2010.11929, table 1
}
"""Published numbers of parameters of models by hand; FLAT's workloads and parts of models have none."""

_FILE = Path(__file__).with_name("published.json")


@cache
def published() -> Mapping[str, Mapping[str, Any]]:
    """The published configurations by name, each with its source and number of parameters."""
    return json.loads(files(__package__).joinpath(_FILE.name).read_text("utf-8"))


class Zoo(Mapping[str, Model]):
    """Models by name; a published one is read when it is first asked for."""

    def __init__(self) -> None:
        self._found = {model.name: model for model in _BY_HAND}

    def __iter__(self) -> Iterator[str]:
        yield from dict.fromkeys((*(model.name for model in _BY_HAND), *published()))

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __getitem__(self, name: str) -> Model:
        if name not in self._found:
            self._found[name] = _read(name, published()[name])
        return self._found[name]


def _read(name: str, entry: Mapping[str, Any]) -> Model:
    """The model of a published configuration."""
    model = model_of(entry["config"], _FILE, entry.get("part"))
    tables = sum(map(prod, entry["tables"]))
    # What the file leaves to the class has been compared with the published number of parameters.
    notes = tuple(note for note in model.notes if note.endswith("not counted"))
    return replace(model, name=name, source=entry["source"], tables=tables, tied=entry["tied"], notes=notes)


MODELS = Zoo()


def parameters_of(name: str) -> int | None:
    """The published number of parameters; None where there is none to compare with."""
    return published()[name]["parameters"] if name in published() else PARAMETERS.get(name)


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
        expected=nearest(key, MODELS, "in `flat list models`"),
    )
