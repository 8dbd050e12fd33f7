"""Fields of a small configuration, for tests that hand them to the reader of one family."""

from pathlib import Path
from typing import Any

from flat_plugin.workload.configurations.fields import Fields
from flat_plugin.workload.configurations.shared_rules import Reading

SIZES = dict(
    hidden_size=64,
    num_attention_heads=4,
    num_hidden_layers=4,
    intermediate_size=96,
    max_position_embeddings=512,
)


def toy(**values: Any) -> Fields:
    """The sizes above with changes; no class fills in what they leave out."""
    return Fields(Path("config.json"), SIZES | values)


def masks(reading: Reading) -> list[tuple[int, str, str]]:
    """Of every kind of layer how often it is there, its kind and its mask."""
    return [(times, layer.kind, str(layer.own)) for times, layer in reading.stack]
