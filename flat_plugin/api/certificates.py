"""``check``: whether a certificate of a search holds, and for what was asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from flat_plugin import defaults
from flat_plugin.api.inputs import platform_of
from flat_plugin.architecture import Architecture, EnergyTable, Platform
from flat_plugin.arguments import checked
from flat_plugin.certificate.check import Verdict, check_certificate
from flat_plugin.documents import Source
from flat_plugin.errors import FlatError
from flat_plugin.mapspace.result import SearchResult, SearchResults
from flat_plugin.timeloop.write import write_files
from flat_plugin.workload.mask import Mask
from flat_plugin.workload.resolve import resolve
from flat_plugin.workload.sized_workload import Sized, Workload
from flat_plugin.workload.widths import Widths


@checked
def check(
    certificate: Source,
    workload: Workload | str | None = None,
    architecture: Architecture | Platform | str | Path | None = None,
    *,
    seq: int | None = None,
    queries: int | None = None,
    mask: Mask | str | Path | None = None,
    batch: int = defaults.BATCH,
    set: Mapping[str, object] | None = None,
    ert: Source | EnergyTable | None = None,
    estimator: str = defaults.ESTIMATOR,
    tolerance: float = 1.0,
) -> Verdict:
    """Whether a certificate of a search holds. Nothing in it is taken on trust, and nothing is searched.

    The mapping is evaluated by the model. The parts that it lists must cover the map spaces, and each must
    cost no less than what is claimed, by a bound that is worked out anew.

    Args:
        certificate: what ``SearchResult.certificate()`` gives, or the file that ``search`` has written.
        workload: the workload that it must cover (``seq``, ``queries``, ``mask`` and ``batch`` as for
            :func:`estimate`); its own if not given. Certificates cover full masks only: pass ``mask="full"``
            for a model that has others.
        architecture: the architecture that it must cover (``set``, ``ert`` and ``estimator`` likewise).
        tolerance: the largest gap to accept: 0.01 where the optimum may be 1 % below the mapping.

    Returns:
        What is claimed, whether it holds, and if not, why.

    Raises:
        FlatError: it is not a certificate, or the question cannot be asked.
    """
    if not 0 <= tolerance <= 1:
        raise FlatError("not a part of the whole", path="tolerance", value=tolerance, expected="0 to 1")
    attention = platform = None
    if workload is None:
        said = {"seq": seq, "queries": queries, "mask": mask, "batch": _given(batch, defaults.BATCH)}
        _refuse_alone("workload", said)
    else:
        form = Sized(workload, seq, queries, mask, batch).forms(Widths())[0]
        attention = resolve(form, seq, batch).attention
    if architecture is None:
        said = {"set": set or None, "ert": ert, "estimator": _given(estimator, defaults.ESTIMATOR)}
        _refuse_alone("architecture", said)
    else:
        platform = platform_of(architecture, set, ert, estimator)
    return check_certificate(certificate, tolerance, attention=attention, platform=platform)


def _given(value: object, otherwise: object) -> object:
    return None if value == otherwise else value


def _refuse_alone(name: str, given: Mapping[str, object]) -> None:
    """
    Raises:
        FlatError: something is said of what is not given.
    """
    for path, value in given.items():
        if value is not None:
            raise FlatError(f"says nothing without {name}", path=path, value=value, expected=f"with {name}")


def save_certificate(found: SearchResult | SearchResults, file: str | Path | None) -> None:
    """Write the certificate of what a search found; nothing without a file.

    Raises:
        FlatError: it cannot be written, or there is none.
    """
    if file is not None:
        text = json.dumps(found.certificate(), indent=1) + "\n"
        write_files({Path(file).name: text}, Path(file).parent)
