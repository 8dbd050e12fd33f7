"""What is computed: einsums, attention layers, transformer blocks and models."""

from flat_plugin.workload.attention import Attention, parse_attention
from flat_plugin.workload.block import Block
from flat_plugin.workload.configurations import read_config
from flat_plugin.workload.describe import Description, describe, line_of
from flat_plugin.workload.einsum import Einsum, Tensor
from flat_plugin.workload.layer import Layer
from flat_plugin.workload.mask import FULL, Mask, parse_mask
from flat_plugin.workload.model import Model
from flat_plugin.workload.products import Linear
from flat_plugin.workload.requests import Requests
from flat_plugin.workload.zoo import MODELS, find_model

__all__ = [
    "FULL",
    "MODELS",
    "Attention",
    "Block",
    "Description",
    "Einsum",
    "Layer",
    "Linear",
    "Mask",
    "Model",
    "Requests",
    "Tensor",
    "describe",
    "line_of",
    "find_model",
    "parse_attention",
    "parse_mask",
    "read_config",
]
