"""``flat estimate`` and ``flat explain``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from flat_plugin import defaults
from flat_plugin.cli.choices import ELEMENTWISE
from flat_plugin.cli.options import (
    AsJson,
    EngineName,
    ExpertsHit,
    LatentForm,
    LevelOrOwn,
    MixFile,
    TimeLimit,
    TraceFile,
    choice,
    flows_or,
    name,
    note,
    print_json,
    refuse_given,
    show,
)
from flat_plugin.cli.question_options import ChainOptions, MachineOptions, WorkloadOptions, said_but
from flat_plugin.cli.waiting import searching_for
from flat_plugin.errors import FlatError
from flat_plugin.option_groups import spread

if TYPE_CHECKING:
    from flat_plugin.engines.protocol import Engine
    from flat_plugin.model.estimate import Estimate
    from flat_plugin.workload import Model

    Answer = Estimate | tuple[str, str]  # or a dataflow, and why it does not fit

FLOWS, FLOW = ",".join(defaults.COMPARED), defaults.EXPLAINED
_HELP = "Comma separated, or repeated, such as flat-r64; {} if not given."
Several = Annotated[list[str] | None, name("--dataflow", "dataflows", _HELP.format(FLOWS), "NAME|FILE,…")]
_DOES = "Norms, activations and residual additions of blocks: on the softmax unit, or not counted."
Elementwise = Annotated[str, choice("--elementwise", ELEMENTWISE, _DOES)]
Explained = Annotated[list[str] | None, name("--dataflow", "dataflows", _HELP.format(FLOW), "NAME|FILE,…")]


@spread
def estimate(
    *,
    asked: WorkloadOptions,
    mix: MixFile = None,
    machine: MachineOptions,
    dataflow: Several = None,
    chain: ChainOptions,
    level: LevelOrOwn = None,
    experts: ExpertsHit = defaults.EXPERTS,
    elementwise: Elementwise = defaults.ELEMENTWISE,
    latent: LatentForm = None,
    engine: EngineName = defaults.ENGINE,
    time_limit: TimeLimit = None,
    trace: TraceFile = None,
    as_json: AsJson = False,
) -> None:
    """Cycles, energy and traffic of dataflows, side by side."""
    if trace is not None:
        beside: dict[str, tuple[object, object]] = {"dataflow": (dataflow, None), "level": (level, None)}
        beside |= {"latent": (latent, None), "mix": (mix, None), "time-limit": (time_limit, None)}
        beside |= {"experts": (experts, defaults.EXPERTS), "engine": (engine, defaults.ENGINE)}
        beside |= {"elementwise": (elementwise, defaults.ELEMENTWISE)}
        _traced(trace, asked, machine, chain, beside, as_json)
        return
    from flat_plugin import api
    from flat_plugin.api.inputs import factors_beside

    flows = flows_or(FLOWS, dataflow, chain.mapping)
    workload = asked.chosen() if mix is None else _served(mix, asked)
    runner, platform, others = _runner(engine, time_limit), machine.platform(), factors_beside(flows)

    def ask(flow: str | None) -> Estimate:
        return api.estimate(
            workload,
            platform,
            flow,
            seq=asked.seq,
            batch=asked.batch,
            mask=None if mix is None else asked.mask,  # else the workload has both already
            bits=None if mix is None else asked.bits,
            level=level,
            experts=experts,
            elementwise=elementwise,
            latent=latent,
            engine=runner,
            **replace(chain, factors=chain.factors or others.get(flow)).asked(),
        )

    answers = _answers(ask, flows, chain.mapping)
    if as_json:
        print_json([_answer_dict(answer) for answer in answers])
        return
    from flat_plugin.report.terminal.tables import comparison

    show(comparison(answers))


def _runner(name: str, time_limit: float | None) -> Engine:
    """The engine of this name; a note says which one ``auto`` took."""
    from flat_plugin.engines.choose import choose_engine

    if time_limit is not None and name == "native":
        raise FlatError("the native engine has no time limit", path="--time-limit", value=time_limit)
    found = choose_engine(name) if time_limit is None else choose_engine(name, time_limit=time_limit)
    if name == "auto":
        note(f"auto took the {found.name} engine")
    return found


def _answers(
    ask: Callable[[str | None], Estimate], flows: Sequence[str | None], mapping: Path | None
) -> list[Answer]:
    """
    Raises:
        FlatError: none fits.
    """
    with searching_for(*flows):
        answers = [_answer(ask, flow, mapping) for flow in flows]
    if all(isinstance(answer, tuple) for answer in answers):
        raise FlatError("; ".join(answer[1] for answer in answers if isinstance(answer, tuple)))
    return answers


def _answer(ask: Callable[[str | None], Estimate], flow: str | None, mapping: Path | None) -> Answer:
    from flat_plugin.errors import InvalidMapping

    try:
        return ask(flow)
    except InvalidMapping as error:
        return flow or str(mapping), str(error)


def _served(mix: Path, asked: WorkloadOptions) -> Model:
    """The model that a step of serving is of; the file names it, or else the options do."""
    from flat_plugin.workload import Model
    from flat_plugin.workload.serving import read_mix

    sizes = {"--attention": asked.attention, "--seq": asked.seq, "--queries": asked.queries}
    sizes |= {"--batch": asked.batch if asked.batch != defaults.BATCH else None}
    refuse_given("beside a mix, whose requests have their own sizes", sizes)
    if not (asked.model or asked.config):
        refuse_given("beside a mix", {"--part": asked.part})
        return read_mix(mix)
    named = replace(asked, mask=None, bits=None).chosen()
    assert isinstance(named, Model)
    return read_mix(mix, named)


def _traced(
    trace: Path,
    asked: WorkloadOptions,
    machine: MachineOptions,
    chain: ChainOptions,
    beside: Mapping[str, tuple[object, object]],
    as_json: bool,
) -> None:
    """The estimate of a trace, printed.

    Args:
        beside: further options and what they are if not given; they do nothing here.
    """
    from flat_plugin.api.traces import estimate_trace
    from flat_plugin.report.terminal.traces import trace_table

    others = {f"--{name}": value for name, (value, default) in beside.items() if value != default}
    said = said_but(("bits", "softmax"), asked, chain)
    refuse_given("beside a trace, which is of unfused steps", {**said, **others})
    answer = estimate_trace(trace, machine.platform(), bits=asked.bits, softmax=chain.softmax)
    if as_json:
        print_json(answer.to_dict())
    else:
        show(trace_table(answer))


@spread
def explain(
    *,
    asked: WorkloadOptions,
    machine: MachineOptions,
    dataflow: Explained = None,
    chain: ChainOptions,
    latent: LatentForm = None,
    as_json: AsJson = False,
) -> None:
    """The fused loop nest, and where every number comes from."""
    from flat_plugin import api
    from flat_plugin.report.terminal.tables import explanation

    workload, platform = asked.chosen(), machine.platform()
    flows = flows_or(FLOW, dataflow, chain.mapping)
    with searching_for(*flows):
        answers = [
            api.explain(
                workload, platform, flow, seq=asked.seq, batch=asked.batch, latent=latent, **chain.asked()
            )
            for flow in flows
        ]
    if as_json:
        print_json([answer.to_dict() for answer in answers])
        return
    for answer in answers:
        show(explanation(answer))


def _answer_dict(answer: Answer) -> dict[str, object]:
    if isinstance(answer, tuple):
        return {"dataflow": answer[0], "fits": False, "reason": answer[1]}
    return answer.to_dict()
