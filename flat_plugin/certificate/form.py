"""The form of a certificate's file: a question in numbers, a mapping that answers it, the parts of a space.

Nothing is in it that the claim does not rest on: no name of a model or a chip, no figure of a bound.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, TypedDict

from flat_plugin.certificate.space import OBJECTIVES
from flat_plugin.form_markers import CLOSED, SOME, Among, Says
from flat_plugin.mapping.dataflow import FACTORS
from flat_plugin.mapping.named import DataflowForm
from flat_plugin.model.softmax import MODES
from flat_plugin.schema import Above0, Amount, Positive, Range, Whole
from flat_plugin.timeloop.fused_form import FusedForm

Rate = Annotated[Above0 | None, Says("words a cycle of one instance; null where nothing limits it")]


class SizesForm(TypedDict):
    """The attention layer, as the fields of ``Attention``."""

    batch: Positive
    heads: Positive
    queries: Positive
    keys: Positive
    head_dim: Positive
    value_dim: Positive
    kv_heads: Positive


class ActionsForm(TypedDict):
    """Energies of a memory's actions in pJ a row, leakage in pJ a cycle."""

    read: Amount
    write: Amount
    update: Amount
    leak: Amount


class MemoryForm(TypedDict):
    """A memory; capacity in words of one instance, null where it is not bounded; energies in pJ a row."""

    name: str
    capacity: Annotated[Amount | None, Says("words")]
    block_size: Positive
    cluster_size: Positive
    mesh_x: Positive
    mesh_y: Positive
    read_bandwidth: Rate
    write_bandwidth: Rate
    shared_bandwidth: Rate
    network_latency: Whole
    energy: Annotated[Annotated[ActionsForm, CLOSED] | None, Says("null: not known")]


class ComputeForm(TypedDict):
    """The multiply-accumulate units."""

    name: str
    mesh_x: Positive
    mesh_y: Positive
    energy: Annotated[Amount | None, Says("pJ of a multiply-accumulate; null: not known")]


class SoftmaxForm(TypedDict):
    """The softmax unit; ``memory`` is the one that it is beside."""

    lanes: Positive
    passes: Annotated[int, Range(2, 3)]
    mesh_x: Positive
    mesh_y: Positive
    memory: str
    energy: Annotated[Amount | None, Says("pJ of an operation of a lane; null: not known")]


class ChipForm(TypedDict):
    """The hardware, with what its actions cost."""

    memories: Annotated[list[Annotated[MemoryForm, CLOSED]], SOME]
    compute: Annotated[ComputeForm, CLOSED]
    softmax: Annotated[SoftmaxForm, CLOSED] | None


class RowsForm(TypedDict):
    """From one number of rows to another, both included."""

    least: Positive
    most: Positive


class PartForm(TypedDict):
    """Mappings of a family whose shared iterations have so many rows, by dimension."""

    dataflow: str
    rows: Mapping[str, Annotated[RowsForm, CLOSED]]


class CertificateForm(TypedDict):
    """A claim: no mapping of these families costs less than (1 − gap) of what this mapping costs."""

    version: Annotated[int, Range(1, 1)]
    attention: Annotated[SizesForm, CLOSED]
    chip: Annotated[ChipForm, CLOSED]
    softmax: Annotated[str, Among(MODES)]
    objective: Annotated[str, Among(OBJECTIVES)]
    factors: Annotated[str, Among(FACTORS)]
    families: Annotated[list[str | Annotated[DataflowForm, CLOSED]], SOME]
    mapping: Annotated[FusedForm, CLOSED]
    value: Annotated[
        float, Range(1e-24, 1e60), Says("pJ × cycles, pJ, cycles, or words of the outermost memory")
    ]
    gap: Annotated[float, Range(0, 1)]
    parts: Annotated[list[Annotated[PartForm, CLOSED]], SOME]
    digest: Annotated[str, Says("SHA-256 of all else, by which a change is seen even where it is harmless")]


class CertificateFile(TypedDict):
    """A file whose key ``certificate`` has the certificate."""

    certificate: Annotated[CertificateForm, CLOSED]
