"""The Timeloop files of one operator."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flat_plugin.architecture.hardware import Architecture
from flat_plugin.documents import load
from flat_plugin.errors import FlatError
from flat_plugin.mapping.nest import OperatorMapping
from flat_plugin.model.widths import written_notes
from flat_plugin.timeloop.components import binary_components, timeloopfe_components
from flat_plugin.timeloop.constraints import constraint_directives, with_fixed
from flat_plugin.timeloop.directives import Directive, mapping_directives
from flat_plugin.timeloop.render import render
from flat_plugin.timeloop.settings import MapperSettings
from flat_plugin.workload.einsum import Einsum
from flat_plugin.workload.problem import read_problem

_PADS = "timeloop-mapper would pad a dimension that its fixed loops do not divide"
NOT_WRITTEN = {
    "mapping.timeloopfe.yaml": "timeloopfe cannot write a loop with a shorter last turn",
    "constraints.yaml": _PADS,
    "constraints.timeloopfe.yaml": _PADS,
    "mapper.yaml": _PADS,
}
_LETTER = re.compile(r"[A-Za-z]")


def emit_operator(
    einsum: Einsum,
    architecture: Architecture,
    mapping: OperatorMapping,
    *,
    shared: tuple[str, ...] = (),
    templates: Path | None = None,
    mapper: MapperSettings | None = None,
    title: str = "",
    fixed: Sequence[Directive] = (),
) -> dict[str, str]:
    """File name -> text.

    ``*.timeloopfe.yaml`` are for timeloopfe; the others for the Timeloop programs, and the
    problem and the mapper settings for both.

    Args:
        shared: the dimensions of the loops that a fused chain shares; none if it is not fused.
        templates: a folder of templates that replace the package's.
        title: what the files belong to, for the comment at their head.
        fixed: constraints of the user's, which the mapper keeps to besides the dataflow.
    """
    check_dimensions(einsum)
    lost = written_notes([einsum], architecture)
    title = ". ".join([title or f"{einsum.name} on {architecture.name}", *lost])
    directives = mapping_directives(einsum, architecture, mapping)
    constraints = with_fixed(constraint_directives(einsum, architecture, mapping, shared), fixed)
    words = max(einsum.words(tensor) for tensor in einsum.tensors) * len(einsum.tensors)
    values: dict[str, object] = {
        "einsum": einsum,
        "architecture": architecture,
        "mapping": mapping,
        "shared": shared,
        "shared_note": _shared_note(shared),
        "title": title,
        "name": safe_name(einsum.name),
        "mapper": mapper or MapperSettings(),
    }
    binary = binary_components(architecture)
    timeloopfe = timeloopfe_components(architecture, words)
    own: dict[str, tuple[str, dict[str, object]]] = {
        "problem.yaml": ("problem.yaml.j2", {}),
        "architecture.yaml": ("architecture.yaml.j2", {"components": binary}),
        "architecture.timeloopfe.yaml": ("architecture-timeloopfe.yaml.j2", {"components": timeloopfe}),
        "mapping.yaml": ("mapping.yaml.j2", {"directives": directives}),
        "mapping.timeloopfe.yaml": ("mapping-timeloopfe.yaml.j2", {"directives": directives}),
        "constraints.yaml": ("constraints.yaml.j2", {"directives": constraints}),
        "constraints.timeloopfe.yaml": ("constraints-timeloopfe.yaml.j2", {"directives": constraints}),
        "mapper.yaml": ("mapper.yaml.j2", {}),
    }
    for file in left_out(einsum, mapping, shared):
        del own[file]
    files = {file: render(template, templates, **values, **extra) for file, (template, extra) in own.items()}
    if not einsum.plain:
        _check_windows(files["problem.yaml"], einsum)
    return files


def left_out(einsum: Einsum, mapping: OperatorMapping, shared: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Files that cannot say what a mapping with shorter last turns needs; see ``NOT_WRITTEN``."""
    if mapping.perfect:
        return ()
    outer = dict(mapping.levels[0].temporal)
    divides = all(size % outer.get(d, 1) == 0 for d, size in einsum.bounds if shared)
    padded = () if divides else ("constraints.yaml", "constraints.timeloopfe.yaml", "mapper.yaml")
    return ("mapping.timeloopfe.yaml", *padded)


def _check_windows(text: str, einsum: Einsum) -> None:
    """A template of the user's may know plain ranks only."""
    if read_problem(load(text)).tensors != einsum.tensors:
        raise FlatError(
            "the template does not write windows", file="problem.yaml.j2", expected="tensor.ranks"
        )


def problem_document(einsum: Einsum) -> dict[str, Any]:
    """``{"problem": …}``, the same as ``problem.yaml``."""
    check_dimensions(einsum)
    name = safe_name(einsum.name)
    return load(render("problem.yaml.j2", einsum=einsum, name=name, title=einsum.name))


def mapping_document(einsum: Einsum, architecture: Architecture, mapping: OperatorMapping) -> dict[str, Any]:
    """``{"mapping": …}``, the same as ``mapping.yaml``."""
    check_dimensions(einsum)
    directives = mapping_directives(einsum, architecture, mapping)
    text = render(
        "mapping.yaml.j2",
        einsum=einsum,
        architecture=architecture,
        mapping=mapping,
        directives=directives,
        shared=(),
        shared_note="",
        title=einsum.name,
        name=safe_name(einsum.name),
    )
    return load(text)


def safe_name(name: str) -> str:
    """The name as an identifier: ``"BERT Q·K"`` is ``BERT_Q_K``."""
    text = re.sub(r"[^A-Za-z0-9_]+", "_", name).strip("_") or "operator"
    return text if not text[0].isdigit() else f"_{text}"


def check_dimensions(einsum: Einsum) -> None:
    """Timeloop knows dimensions of one letter only."""
    for dimension in einsum.dimensions:
        if not _LETTER.fullmatch(dimension):
            raise FlatError(
                "Timeloop needs dimension names of one letter",
                path=f"{einsum.name}.dimensions",
                value=dimension,
                expected="a letter from A to Z or a to z",
            )


def _shared_note(shared: tuple[str, ...]) -> str:
    return f", inside shared loops over {', '.join(shared)}" if shared else ""
