"""``input_schema``: the form of an input file, for editors and for programs that write such files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from flat_plugin.architecture.attributes_schema import architecture_schema
from flat_plugin.arguments import checked
from flat_plugin.batch.sweep_form import SweepFile, SweepForm
from flat_plugin.certificate.form import CertificateFile
from flat_plugin.errors import check_choice
from flat_plugin.exploration.design_form import DesignFile, DesignForm
from flat_plugin.form_markers import CLOSED
from flat_plugin.json_schema import json_schema
from flat_plugin.mapping.named import DataflowFile
from flat_plugin.mapspace.constraints.space_form import SpaceFile
from flat_plugin.timeloop.fused_form import FusedFile
from flat_plugin.workload.blocks import MaskFile
from flat_plugin.workload.requests import MixFile

# name -> (which option takes such a file, its form)
FORMS: dict[str, tuple[str, Any]] = {
    "certificate": ("a certificate: flat check FILE", Annotated[CertificateFile, CLOSED]),
    "dataflow": ("a dataflow: --dataflow FILE", Annotated[DataflowFile, CLOSED]),
    "design": (
        "a design space: flat explore FILE",
        Annotated[DesignFile, CLOSED] | Annotated[DesignForm, CLOSED],
    ),
    "mapping": ("a fused mapping: --mapping FILE", Annotated[FusedFile, CLOSED]),
    "mask": ("a mask of blocks: --mask FILE", Annotated[MaskFile, CLOSED]),
    "mix": ("a step of serving: --mix FILE", Annotated[MixFile, CLOSED]),
    "space": ("what a search keeps to: --space FILE", Annotated[SpaceFile, CLOSED]),
    "sweep": ("a sweep: flat run FILE", Annotated[SweepFile, CLOSED] | Annotated[SweepForm, CLOSED]),
}
_WRITTEN: dict[str, tuple[str, Callable[[], dict[str, Any]]]] = {
    "architecture": ("an architecture: --arch FILE", architecture_schema),
}


def schema_names() -> dict[str, str]:
    """What has a schema, with where such a file goes."""
    return dict(sorted({name: said for name, (said, _) in (FORMS | _WRITTEN).items()}.items()))


@checked
def input_schema(name: str) -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of an input file, by which editors complete and check it.

    Args:
        name: ``architecture``, ``certificate``, ``dataflow``, ``design``, ``mapping``, ``mask``, ``mix``,
            ``space`` or ``sweep``.

    Raises:
        FlatError: there is no such kind of file.
    """
    check_choice("name", name, tuple(schema_names()))
    if name in _WRITTEN:
        return _WRITTEN[name][1]()
    said, form = FORMS[name]
    return json_schema(form, f"flat-plugin: {said}")
