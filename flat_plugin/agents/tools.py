"""The tools: each is one public function, with arguments that JSON can say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from flat_plugin import api, defaults
from flat_plugin.agents.options import (
    Bits,
    Chain,
    Changes,
    Checked,
    EngineName,
    Ert,
    Estimator,
    Factors,
    Families,
    Flow,
    Hardware,
    Latent,
    Level,
    OnMachine,
    Part,
    Size,
    SoftmaxMode,
    Space,
    TimeLimit,
    Workload,
)
from flat_plugin.errors import FlatError
from flat_plugin.exploration.figures import MAPPED
from flat_plugin.exploration.solve import Curve, Solution
from flat_plugin.exploration.unknowns import name_and_values
from flat_plugin.form_markers import Among, Says
from flat_plugin.mapspace.objective import FRONTS, OBJECTIVES
from flat_plugin.model.layer import ELEMENTWISE
from flat_plugin.option_groups import spread
from flat_plugin.report.present import text
from flat_plugin.workload import Attention, Model, find_model, parse_attention, read_config
from flat_plugin.workload.experts import HITS
from flat_plugin.workload.serving import read_mix

Answer = dict[str, Any]
_FAMILIES = ",".join(defaults.SEARCHED)

_OBJECTIVE = Says("what to minimize; edp if not given, or latency without energies")
Objective = Annotated[Annotated[str, Among(OBJECTIVES)] | None, _OBJECTIVE]
SearchedSoftmax = Annotated[
    Annotated[str, Among(("free", "serial", "overlapped"))] | None,
    Says("how softmax runs; serial if not given, or free without a softmax unit"),
]
Mix = Annotated[
    str | None, Says("a serving step (requests that decode, chunks of prompts): its path, or its YAML")
]
Folder = Annotated[str | None, Says("a folder for the answers; asked again, it continues")]
Jobs = Annotated[int | None, Says("processes")]


@spread
def estimate(
    *,
    workload: Workload | None = None,
    part: Part = None,
    mix: Mix = None,
    architecture: Hardware = defaults.ARCHITECTURE,
    dataflow: Annotated[Flow | None, Says("flat-r if not given, and no mapping")] = None,
    size: OnMachine,
    chain: Chain,
    level: Annotated[Level | None, Says("attention if not given, or with mix the model")] = None,
    experts: Annotated[str, Among(HITS), Says("which experts to fetch")] = defaults.EXPERTS,
    elementwise: Annotated[
        str, Among(ELEMENTWISE), Says("norms and activations: on the softmax unit, or not counted")
    ] = defaults.ELEMENTWISE,
    latent: Latent = None,
    engine: EngineName = defaults.ENGINE,
    time_limit: TimeLimit = None,
) -> Answer:
    """Cycles, energy [pJ], DRAM traffic [bytes] and what bounds the latency, of one dataflow."""
    answer = api.estimate(
        _asked(workload, part) if mix is None else _served(mix, workload, part),
        architecture,
        _one(dataflow, chain),
        level=level,
        experts=experts,
        elementwise=elementwise,
        latent=latent,
        engine=engine,
        time_limit=time_limit,
        **size.asked(),
        **chain.asked(),
    )
    return {"said": repr(answer), **answer.to_dict()}


def estimate_trace(
    trace: Annotated[str, Says("the path of a CSV of keys and values fetched per step, layer and head")],
    architecture: Hardware = defaults.ARCHITECTURE,
    bits: Bits = None,
    set: Changes = None,
    ert: Ert = None,
    estimator: Estimator = defaults.ESTIMATOR,
    softmax: SoftmaxMode = defaults.SOFTMAX,
) -> Answer:
    """Bits, cycles and energy of the keys and values that a recorded run fetches."""
    answer = api.estimate_trace(
        trace, architecture, bits=bits, set=set, ert=ert, estimator=estimator, softmax=softmax
    )
    return {"said": repr(answer), **answer.to_dict()}


@spread
def explain(
    *,
    workload: Workload,
    part: Part = None,
    architecture: Hardware = defaults.ARCHITECTURE,
    dataflow: Annotated[Flow | None, Says("flat-r if not given, and no mapping")] = None,
    size: OnMachine,
    chain: Chain,
    latent: Latent = None,
) -> Answer:
    """The fused loop nest, and the derivation of every access count and energy, as text."""
    found = api.explain(
        _asked(workload, part),
        architecture,
        _one(dataflow, chain),
        latent=latent,
        **size.asked(),
        **chain.asked(),
    )
    return {"text": text(found)}


@spread
def search(
    *,
    workload: Workload,
    part: Part = None,
    architecture: Hardware = defaults.ARCHITECTURE,
    dataflow: Families = _FAMILIES,
    objective: Objective = None,
    size: OnMachine,
    space: Space = None,
    factors: Factors = None,
    softmax: SearchedSoftmax = None,
    latent: Latent = None,
    output: Annotated[str | None, Says("a file for the best mapping, as estimate's mapping")] = None,
    certificate: Annotated[str | None, Says("a file for a proof of it, which check verifies")] = None,
) -> Answer:
    """The best mapping of each family of dataflows in a declared map space, proven."""
    asked = _asked(workload, part)
    found = api.search_each(
        asked,
        architecture,
        _names(dataflow),
        objective=objective,
        space=space,
        factors=factors,
        softmax=softmax,
        latent=latent,
        certificate=certificate,
        **size.asked(),
    )
    if output is not None:
        api.save_mapping(
            found.best.mapping,
            asked,
            architecture,
            output,
            seq=size.seq,
            queries=size.queries,
            mask=size.mask,
            batch=size.batch,
            set=size.set,
        )
    return {"said": repr(found), **found.to_dict()}


@spread
def pareto(
    *,
    workload: Workload,
    part: Part = None,
    architecture: Hardware = defaults.ARCHITECTURE,
    front: Annotated[str, Among(tuple(FRONTS)), Says("the two figures")] = defaults.FRONT,
    dataflow: Families = _FAMILIES,
    size: OnMachine,
    space: Space = None,
    softmax: SearchedSoftmax = None,
    latent: Latent = None,
) -> Answer:
    """The mappings that no other beats in both of two figures, proven."""
    found = api.pareto(
        _asked(workload, part),
        architecture,
        front,
        dataflow=_names(dataflow),
        space=space,
        softmax=softmax,
        latent=latent,
        **size.asked(),
    )
    return {"said": repr(found), **found.to_dict()}


@spread
def check(
    *,
    certificate: Annotated[str, Says("the path of a certificate that search wrote")],
    workload: Annotated[Workload | None, Says("what it has to be of; whatever it is of if not given")] = None,
    part: Part = None,
    architecture: Annotated[Hardware | None, Says("likewise")] = None,
    size: Checked,
    tolerance: Annotated[float, Says("how far above the optimum a mapping may be, as a part of it")] = 1.0,
) -> Answer:
    """Whether a certificate holds: that no mapping of its families is better, or by how much it may be."""
    asked = None if workload is None and part is None else _asked(workload, part)
    found = api.check(certificate, asked, architecture, tolerance=tolerance, **vars(size))
    return {"said": repr(found), **found.to_dict()}


@spread
def compare(
    *,
    a: Annotated[str, Says("a dataflow, an architecture or an engine; or the folder of a run")],
    b: Annotated[str, Says("likewise")],
    workload: Annotated[Workload | None, Says("for both; none beside the folders of two runs")] = None,
    part: Part = None,
    architecture: Hardware = defaults.ARCHITECTURE,
    dataflow: Annotated[
        Flow | None, Says("for both sides, unless they name one; flat-r if not given, and no mapping")
    ] = None,
    size: OnMachine,
    chain: Chain,
    level: Level = defaults.LEVEL,
    latent: Latent = None,
    engine: EngineName = defaults.ENGINE,
    time_limit: TimeLimit = None,
) -> Answer:
    """Two results, and the parts that add up to their difference, largest first."""
    found = api.compare(
        a,
        b,
        None if workload is None and part is None else _asked(workload, part),
        architecture,
        dataflow,
        level=level,
        latent=latent,
        engine=engine,
        time_limit=time_limit,
        **size.asked(),
        **chain.asked(),
    )
    return {"said": repr(found), **found.to_dict()}


def explore(
    design: Annotated[str, Says("a design file: its path, or its YAML (see docs: file formats, Design)")],
    vary: Annotated[
        str | None, Says("how robust the best is: energies=±20%, areas=±20%, or both with a comma")
    ] = None,
    every: Annotated[bool, Says("also list every design that meets the budgets")] = False,
    output: Folder = None,
    jobs: Jobs = 1,
) -> Answer:
    """The best chips of a design space (axes, workloads, budgets, objectives), proven."""
    found = api.explore(design, output, vary=vary, every=every, jobs=jobs)
    return {"said": repr(found), **found.to_dict()}


@spread
def solve(
    *,
    unknown: Annotated[str, Says("seq, batch, queries, buffer_kb, dram_gb_per_s, …, or COMPONENT.attribute")],
    workload: Workload,
    part: Part = None,
    until: Annotated[
        str | None, Says("from which value on this holds, such as cycles <= 1.1 * limit; or where")
    ] = None,
    where: Annotated[
        str | None, Says("at which values this holds, such as flat-opt.edp > base-opt.edp")
    ] = None,
    values: Annotated[str | None, Says("among which values: 128..4096/64, 1..256*2 or 64,128")] = None,
    over: Annotated[
        str | None, Says("the answer for each value of something else, such as buffer_kb=256,512")
    ] = None,
    architecture: Hardware = defaults.ARCHITECTURE,
    estimator: Estimator = defaults.ESTIMATOR,
    dataflow: Annotated[str, Says("families, comma separated, of which the best counts")] = _FAMILIES,
    size: Size,
    factors: Factors = None,
    softmax: SoftmaxMode = defaults.SOFTMAX,
    level: Level = defaults.LEVEL,
    objective: Annotated[
        Annotated[str, Among(MAPPED)] | None,
        Says("what mappings minimize; if not given, what the condition is about"),
    ] = None,
    every: Annotated[bool, Says("try every value")] = False,
    output: Folder = None,
    jobs: Jobs = 1,
) -> Answer:
    """At which values of an unknown a condition on figures holds: every crossing."""
    asked: Any = {
        **{"until": until, "where": where, "values": values, "estimator": estimator},
        **{"dataflow": _names(dataflow), "factors": factors, "softmax": softmax, "level": level},
        **{"objective": objective, "every": every, "output": output, "jobs": jobs, **size.asked()},
    }
    whole = _asked(workload, part)
    if over is None:
        found: Solution | Curve = api.solve(unknown, whole, architecture, **asked)
    else:
        found = api.solve_over(*name_and_values(over, "over"), unknown, whole, architecture, **asked)
    return {"said": repr(found), **found.to_dict()}


def show(
    architecture: Hardware = defaults.ARCHITECTURE,
    set: Changes = None,
    ert: Ert = None,
    estimator: Estimator = defaults.ESTIMATOR,
) -> Answer:
    """An architecture as it is understood: levels, sizes, bandwidths, energies."""
    found = api.show(architecture, set=set, ert=ert, estimator=estimator)
    return {"said": repr(found), **found.to_dict()}


def names() -> Answer:
    """Models, architectures, dataflows and spaces that can be named, with a line on each."""
    return {kind: dict(entries) for kind, entries in api.names().items()}


TOOLS: tuple[Callable[..., Answer], ...] = (
    *(estimate, estimate_trace, explain, search, pareto, check, compare, explore, solve, show, names),
)


def _one(dataflow: str | None, chain: Chain) -> str | None:
    """The dataflow; of one that is not named the usual, unless there is a mapping."""
    return defaults.EXPLAINED if dataflow is None and chain.mapping is None else dataflow


def _names(dataflows: str) -> list[str]:
    return [name.strip() for name in dataflows.split(",")]


def _served(mix: str, workload: str | None, part: str | None) -> Model:
    """A step of serving; the file names its model, or else the workload is one.

    Raises:
        FlatError: the workload is no model.
    """
    if workload is None and part is None:
        return read_mix(mix)
    model = _asked(workload, part)
    if isinstance(model, Attention):
        raise FlatError("a mix is of a model", path="workload", value=workload, expected="a model")
    return read_mix(mix, model)


def _asked(workload: str | None, part: str | None) -> Attention | Model:
    """
    Raises:
        FlatError: there is none, or a part of something else than a configuration.
    """
    if workload is None:
        raise FlatError("missing", path="workload")
    if workload.endswith(".json"):
        return read_config(workload, part)
    if part is not None:
        raise FlatError("only a configuration has parts", path="part", value=part, expected="no part")
    return parse_attention(workload) if "=" in workload else find_model(workload)
