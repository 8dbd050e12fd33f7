"""``estimate`` and ``explain``: what a dataflow, or a given mapping, costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Unpack

from flat_plugin import defaults
from flat_plugin.api.inputs import platform_of
from flat_plugin.architecture import Architecture, Platform
from flat_plugin.arguments import checked
from flat_plugin.engines.choose import choose_engine, needs_divisors
from flat_plugin.engines.native import NativeEngine
from flat_plugin.engines.protocol import Engine
from flat_plugin.errors import FlatError, check_choice
from flat_plugin.mapping.dataflow import Dataflow
from flat_plugin.model.estimate import Estimate
from flat_plugin.model.explain import Explanation, explanation_of
from flat_plugin.model.layer import Setting
from flat_plugin.question.answer import answered
from flat_plugin.question.from_user import check_mapping_alone, flow_of, questions
from flat_plugin.question.latent_forms import answer_of
from flat_plugin.question.options import Asked, sized
from flat_plugin.question.question import Question
from flat_plugin.question.settled import settled
from flat_plugin.workload import Model
from flat_plugin.workload.sized_workload import Workload


@checked
def estimate(
    workload: Workload | str,
    architecture: Architecture | Platform | str | Path = defaults.ARCHITECTURE,
    dataflow: Dataflow | str | None = None,
    *,
    level: str | None = None,
    experts: str = defaults.EXPERTS,
    elementwise: str = defaults.ELEMENTWISE,
    engine: Engine | str = defaults.ENGINE,
    time_limit: float | None = None,
    **asked: Unpack[Asked],
) -> Estimate:
    """Cycles, energy and traffic of a workload under a dataflow.

    Args:
        workload: an attention layer, a block, a model or a model's name; or a trace (``read_trace``).
        architecture: an architecture, a preset's name or a v0.4 file; or a platform, which has its energies.
        dataflow: ``base``, ``base-h``, ``flat-m``, ``flat-r64``, …; ``base`` if not given.
        seq: tokens; a model's own number if not given.
        queries: new tokens of a step of decoding, against a cache of ``seq`` keys; all tokens if not given.
        mask: the keys that a query needs: a :class:`Mask`, its text (``causal,window=4096``) or a file of
            blocks, for every layer but cross attention; the layers' own if not given.
        batch: sequences of a model.
        bits: widths of words, such as ``"K=8,V=8,S=32"``, ``{"K": 8}`` or 8 for all, of Q, K, V, S, O, W
            (weights) and A (other activations); if not given the workload's own, else those of the
            architecture, else of each memory's words.
        set: changes to the architecture, such as ``{"buffer_kb": 1024}``.
        level: ``attention`` (one layer's logit, softmax, attend), ``block`` or ``model``; if not given
            ``attention``, or ``model`` for a model that serves requests.
        experts: for a model with experts, which weights are fetched: ``expected``, as many as a batch hits
            under uniform routing, or ``all`` that it can hit.
        elementwise: norms and activations of blocks: ``unit`` has the softmax unit do them, ``none`` counts
            none.
        latent: for a model with latent attention, ``absorbed`` or ``expanded``; the cheaper (energy × delay,
            at this level) if not given, and a note says which.
        stage: tensors of Q, K, S, V, O that hold their whole tile on chip; chosen if not given.
        softmax: ``free``, ``serial`` (the array waits for it), ``overlapped``, or ``array`` (on it).
        overflow: ``reject`` what does not fit, or ``spill`` the share of S that does not (not for
            dataflows that are searched, such as ``flat-opt``: what they find fits).
        skip: what is left out under a mask: ``tiles`` of keys that no row needs, or ``none``.
        ert: a table of energies or its file; the estimator's if not given.
        estimator: ``accelergy``, ``hwcomponents``, ``recorded``, or ``auto``: the preset's own table,
            else what is installed, else what is recorded (``energy_for``).
        mapping: a fused mapping (or its file) of your own, with its staging, instead of a dataflow's.
        space: the fixed dataflow of an array, which searches keep to, as for :func:`search`.
        factors: ``imperfect`` (a last tile may be smaller) or ``perfect``; else as for :func:`search`.
        engine: who evaluates the operators, which the estimate says: ``native`` (milliseconds), ``timeloop``
            (a second per operator), ``auto`` (Timeloop where it is installed, else native) or an engine.
        time_limit: seconds for one operator in Timeloop.

    Raises:
        InvalidMapping: the dataflow does not fit; the message is the inequality.
        ProgramError: Timeloop was asked for and gave no result.
        FlatError: bad input.
    """
    level = level or ("model" if isinstance(workload, Model) and workload.requests else defaults.LEVEL)
    if level == "attention":
        _check_around(experts, elementwise)
    forms = asked_of(workload, architecture, dataflow, defaults.ESTIMATED, level, experts, asked, elementwise)
    return _answer(forms, engine_of(engine, time_limit))


def _check_around(experts: str, elementwise: str) -> None:
    """Raises: FlatError: something is said of what is around the attention, where that is not counted."""
    expected = "level block or model"
    if experts != defaults.EXPERTS:
        message = "experts do not change the attention"
        raise FlatError(message, path="experts", value=experts, expected=expected)
    if elementwise != defaults.ELEMENTWISE:
        message = "norms and activations do not change the attention"
        raise FlatError(message, path="elementwise", value=elementwise, expected=expected)


def _answer(forms: Sequence[Question], engine: Engine) -> Estimate:
    """That of the form that is taken; searches have the factors that all forms, and the engine, can have."""
    return answer_of(settled(forms, needs_divisors(engine.identity())), partial(answered, engine=engine))


def asked_of(
    workload: Workload | str,
    architecture: Architecture | Platform | str | Path,
    dataflow: Dataflow | str | None,
    usual: str,
    level: str,
    experts: str,
    asked: Asked,
    elementwise: str = defaults.ELEMENTWISE,
) -> tuple[Question, ...]:
    """One question for each form of latent attention; of the ``usual`` dataflow if none is named. Who asks
    settles the factors of searches."""
    stage, mapping, space, factors = asked["stage"], asked["mapping"], asked["space"], asked["factors"]
    check_mapping_alone(mapping, dataflow=dataflow, stage=stage, space=space, factors=factors)
    found = questions(
        replace(sized(workload, asked), experts=experts, latent=asked["latent"]),
        platform_of(architecture, asked["set"], asked["ert"], asked["estimator"]),
        None if mapping is not None else flow_of(dataflow or usual, stage, factors),
        Setting(asked["softmax"], asked["overflow"], asked["skip"], elementwise),
        level=level,
        mapping=mapping,
        space=space,
    )
    return tuple(found)


def engine_of(engine: Engine | str, time_limit: float | None) -> Engine:
    """The engine, or the one that a name stands for.

    Raises:
        FlatError: a time limit of the native engine, or of one that has its own.
    """
    if time_limit is None:
        return choose_engine(engine) if isinstance(engine, str) else engine
    if not isinstance(engine, str) or engine == "native":
        name = engine if isinstance(engine, str) else engine.name
        message = (
            f"the {name} engine has no time limit"
            if name == "native"
            else "the engine has its own time limit"
        )
        raise FlatError(message, path="time_limit", value=time_limit)
    return choose_engine(engine, time_limit=time_limit)


@checked
def explain(
    workload: Workload | str,
    architecture: Architecture | Platform | str | Path = defaults.ARCHITECTURE,
    dataflow: Dataflow | str | None = None,
    *,
    level: str = defaults.LEVEL,
    engine: str = defaults.ENGINE,
    **asked: Unpack[Asked],
) -> Explanation:
    """An attention estimate, and where each of its figures comes from; arguments as for :func:`estimate`.

    Args:
        dataflow: ``flat-r`` if not given.

    Raises:
        FlatError: as for :func:`estimate`; or another level or engine, whose steps are not known.
    """
    for name, value, only in (("level", level, "attention"), ("engine", engine, "native")):
        check_choice(name, value, (only,))
    usual, experts = defaults.EXPLAINED, defaults.EXPERTS
    forms = settled(asked_of(workload, architecture, dataflow, usual, level, experts, asked))
    taken = answer_of(forms, partial(answered, engine=NativeEngine()))
    question = next(each for each in forms if each.understood is taken.workload)
    platform = question.platform
    return explanation_of(taken, question.attention, platform.architecture, platform.energies)
