"""``search``, ``search_each`` and ``pareto``: the best mappings of a layer, and how one is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar, Unpack

from flat_plugin import defaults
from flat_plugin.api.certificates import save_certificate
from flat_plugin.api.inputs import hardware_of, platform_of
from flat_plugin.architecture import Architecture, Platform
from flat_plugin.arguments import checked
from flat_plugin.documents import Source
from flat_plugin.errors import FlatError, check_choice
from flat_plugin.mapping.dataflow import FACTORS, Dataflow
from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.mapspace.certified import check_certifiable
from flat_plugin.mapspace.layer import Layer, chained
from flat_plugin.mapspace.objective import FRONTS, check_objective, objective_for
from flat_plugin.mapspace.public_search import best_front, best_mapping, best_of_each, searched
from flat_plugin.mapspace.result import FrontResult, SearchResult, SearchResults
from flat_plugin.mapspace.usual_factors import Usual, usual_factors, why_perfect
from flat_plugin.model.layer import Setting
from flat_plugin.question.from_user import questions
from flat_plugin.question.latent_search import search_of
from flat_plugin.question.options import Searched, SizedOnMachine, sized
from flat_plugin.question.question import Question
from flat_plugin.timeloop.fused_file import fused_text as fused_file
from flat_plugin.timeloop.write import write_files
from flat_plugin.workload import FULL, Mask
from flat_plugin.workload.latent import FORMS
from flat_plugin.workload.resolve import resolve
from flat_plugin.workload.sized_workload import Sized, Workload
from flat_plugin.workload.widths import Widths

Found = TypeVar("Found", SearchResult, SearchResults)
_SEARCHED = Dataflow("a search", fused=False, searched=True)  # whichever families it looks at


@checked
def search(
    workload: Workload | str,
    architecture: Architecture | Platform | str | Path = defaults.ARCHITECTURE,
    *,
    dataflow: Dataflow | str | Iterable[Dataflow | str] = defaults.SEARCHED,
    softmax: str | None = None,
    certificate: str | Path | None = None,
    **asked: Unpack[Searched],
) -> SearchResult:
    """The best mapping of an attention layer over a declared map space, exactly.

    Args:
        queries: as for :func:`estimate`, and so are ``seq``, ``batch``, ``bits``, ``set``, ``ert`` and
            ``estimator``.
        mask: the keys that each query needs; the layers' own mask if not given.
        objective: ``edp`` [pJ × cycles], ``energy``, ``latency``, ``traffic`` (DRAM words) or
            ``footprint`` (buffer words); ties are broken by the others, in this order. If not given
            ``edp``, or ``latency`` where there is no energy table.
        dataflow: the families to search, comma separated or one by one: ``base-opt``, ``flat-opt``,
            or a part of it such as ``flat-h``, ``flat-r`` (any rows), ``flat-r64``; the unfused and the
            fused one if not given.
        factors: ``imperfect`` (any tiles, loops and tensors in every memory, heads and rows over cores), or
            ``perfect``: tiles that divide the lengths, one memory between the outermost one and the array.
            If not given, imperfect unless such a search would be slow (fronts, say); then perfect, and the
            result says why.
        space: only mappings of an array with this fixed dataflow: ``weight-stationary``,
            ``output-stationary``, ``input-stationary``, or a file of your own (``read_space``); any
            mapping if not given.
        softmax: ``free``, ``serial``, ``overlapped`` or ``array``; serial if not given and there is a unit.
        latent: the form of latent attention, ``absorbed`` or ``expanded``; the one with the better mapping if
            not given, and a note says what the other takes.
        certificate: a file for a proof that :func:`check` verifies; refused before the search if there can be
            none.

    Returns:
        The mapping, its estimate at attention level, and what was searched. Interrupted (Ctrl-C),
        the best so far, marked as not proven.

    Raises:
        InvalidMapping: no mapping of these families fits the buffer.
        FlatError: bad input.
    """
    return _certified(best_mapping, workload, architecture, dataflow, softmax, certificate, asked)


@checked
def search_each(
    workload: Workload | str,
    architecture: Architecture | Platform | str | Path = defaults.ARCHITECTURE,
    dataflows: Iterable[Dataflow | str] = defaults.SEARCHED,
    *,
    softmax: str | None = None,
    certificate: str | Path | None = None,
    **asked: Unpack[Searched],
) -> SearchResults:
    """The best mapping of each family, side by side; arguments and errors as :func:`search`. A certificate
    is of the best of them all."""
    return _certified(best_of_each, workload, architecture, dataflows, softmax, certificate, asked)


def _certified(
    search: Callable[[str, Layer, list[Dataflow], str, str], Found],
    workload: Workload | str,
    architecture: Architecture | Platform | str | Path,
    dataflows: Iterable[Dataflow | str] | Dataflow | str,
    softmax: str | None,
    certificate: str | Path | None,
    asked: Searched,
) -> Found:
    """What a search finds, and its certificate if there is to be one."""
    _check_choices(asked["factors"], asked["objective"])
    flows = _open(dataflows, asked["factors"])
    forms = _forms(workload, architecture, asked, asked["space"], softmax, asked["latent"])
    objective = objective_for(asked["objective"], forms[0].platform.energies)
    usual = _usual(forms, flows, objective)
    flows = [usual.settle(flow) for flow in flows]
    if certificate is not None:
        for form in forms:
            check_certifiable(_layer_of(form), flows, objective)
    found = search_of(
        forms, lambda form: search(form.workload.name, _layer_of(form), flows, objective, usual.reason)
    )
    save_certificate(found, certificate)
    return found


def _usual(forms: Sequence[Question], flows: Sequence[Dataflow], objective: str) -> Usual:
    """The factors of the families that say none."""
    online = any(flow.online for flow in flows)
    layers = ((form.attention, form.platform.architecture) for form in forms)
    return usual_factors(flows, (why_perfect(*layer, objective, online=online) for layer in layers))


def _check_choices(factors: str | None, objective: str | None) -> None:
    """What is chosen by name, before anything is read."""
    if factors is not None:
        check_choice("factors", factors, FACTORS)
    if objective is not None:
        check_objective(objective)


def _forms(
    workload: Workload | str,
    architecture: Architecture | Platform | str | Path,
    asked: SizedOnMachine,
    space: Source | None,
    softmax: str | None,
    latent: str | None,
) -> list[Question]:
    """A workload's attention: a question for each form of latent attention."""
    platform = platform_of(architecture, asked["set"], asked["ert"], asked["estimator"])
    setting = Setting(softmax or chained(platform.architecture))
    given = replace(sized(workload, asked), latent=latent)
    return [*questions(given, platform, _SEARCHED, setting, level="attention", space=space)]


def _layer_of(form: Question) -> Layer:
    return replace(form.layer(form.attention), attention=form.attention.without_idle_mask())


@checked
def save_mapping(
    mapping: FusedMapping,
    workload: Workload | str,
    architecture: Architecture | str | Path,
    file: str | Path,
    *,
    seq: int | None = None,
    queries: int | None = None,
    mask: Mask | str | Path | None = None,
    batch: int = defaults.BATCH,
    set: Mapping[str, object] | None = None,
) -> None:
    """Write a mapping of this workload as the YAML that ``flat estimate --mapping`` reads."""
    forms = Sized(workload, seq, queries, mask, batch).forms(Widths())
    layers = [resolve(form, seq, batch).attention for form in forms]
    width = mapping["logit"].covers("D")
    attention = next((each for each in layers if each.head_dim == width), layers[0])
    keys = mapping["logit"].covers("N")  # under a mask those of the tile of rows that touches most
    covered = replace(attention, keys=min(keys, attention.keys), mask=FULL)
    einsums = {einsum.name: einsum for einsum in covered.einsums()}
    text = fused_file(mapping, einsums, hardware_of(architecture, set))
    write_files({Path(file).name: text}, Path(file).parent)


@checked
def pareto(
    workload: Workload | str,
    architecture: Architecture | Platform | str | Path = defaults.ARCHITECTURE,
    front: str = defaults.FRONT,
    *,
    dataflow: Dataflow | str | Iterable[Dataflow | str] = defaults.SEARCHED,
    space: Source | None = None,
    softmax: str | None = None,
    latent: str | None = None,
    **asked: Unpack[SizedOnMachine],
) -> FrontResult:
    """All mappings that no other beats in both of two metrics; arguments and errors as :func:`search`.

    Args:
        front: ``footprint-traffic`` (buffer words against DRAM words) or ``energy-latency``.

    Raises:
        FlatError: latent attention, and no form of it is named.
    """
    check_choice("pareto", front, tuple(FRONTS))
    flows = _open(dataflow)
    form, *others = _forms(workload, architecture, asked, space, softmax, latent)
    if others:
        raise FlatError("a front is of one form of latent attention", path="latent", expected=FORMS)
    usual = _usual([form], flows, front)
    flows = [usual.settle(flow) for flow in flows]
    return best_front(form.workload.name, _layer_of(form), flows, front, usual.reason)


def _open(dataflows: Dataflow | str | Iterable[Dataflow | str], factors: str | None = None) -> list[Dataflow]:
    """The dataflows that are meant, which leave open what to stage.

    Raises:
        FlatError: one has fixed it.
    """
    flows = searched(dataflows, factors)
    for flow in flows:
        if flow.stage is not None:
            raise FlatError(
                f"{flow.name} fixes what is staged, which a search chooses",
                path="dataflow",
                value=",".join(sorted(flow.stage)),
                expected="a dataflow without stage",
            )
    return flows
