"""The functions as tools of the Model Context Protocol: what ``flat mcp`` serves to programs that reason."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from importlib import import_module
from importlib.metadata import version
from typing import Annotated, Any, ParamSpec

from flat_plugin import api, defaults
from flat_plugin.errors import FlatError
from flat_plugin.extras import install_command
from flat_plugin.option_groups import spread
from flat_plugin.plain import plain
from flat_plugin.question.options import Changed
from flat_plugin.report.present import text
from flat_plugin.workload import Attention, Model, find_model, parse_attention, read_config

P = ParamSpec("P")
Answer = dict[str, Any]
_FAMILIES = ",".join(defaults.SEARCHED)

_WORKLOAD = "a model's name (see names), sizes such as B=1,H=12,M=512,N=512,D=64, or a config.json"
Workload = Annotated[str, _WORKLOAD]
Hardware = Annotated[str, "edge, cloud, or the path of a Timeloop v0.4 file"]
Changes = Annotated[dict[str, Any] | None, "what to change of the architecture, such as {buffer_kb: 1024}"]
MaskText = Annotated[str | None, "the keys that a query needs, such as causal,window=4096; a file of blocks"]
Bits = Annotated[str | None, "widths of words, such as K=8,V=8,S=32"]


@dataclass(frozen=True)
class Size:
    """At which size, and what is changed of the architecture."""

    seq: int | None = None
    queries: int | None = None
    batch: int = defaults.BATCH
    mask: MaskText = None
    bits: Bits = None
    set: Changes = None

    def asked(self) -> Changed:
        """As the functions take it."""
        return {
            "seq": self.seq,
            "queries": self.queries,
            "batch": self.batch,
            "mask": self.mask,
            "bits": self.bits,
            "set": self.set,
        }


@spread
def estimate(
    *,
    workload: Workload,
    architecture: Hardware = defaults.ARCHITECTURE,
    dataflow: str = defaults.EXPLAINED,
    size: Size,
    softmax: str = defaults.SOFTMAX,
    level: str = defaults.LEVEL,
) -> Answer:
    """Cycles, energy [pJ], DRAM traffic [bytes] and what bounds the latency, of one dataflow."""
    answer = api.estimate(
        _named(workload),
        architecture,
        dataflow,
        softmax=softmax,
        level=level,
        **size.asked(),
    )
    return {"said": repr(answer), **answer.to_dict()}


@spread
def explain(
    *,
    workload: Workload,
    architecture: Hardware = defaults.ARCHITECTURE,
    dataflow: str = defaults.EXPLAINED,
    size: Size,
    softmax: str = defaults.SOFTMAX,
) -> Answer:
    """The fused loop nest, and the derivation of every access count and energy, as text."""
    found = api.explain(
        _named(workload),
        architecture,
        dataflow,
        softmax=softmax,
        **size.asked(),
    )
    return {"text": text(found)}


@spread
def search(
    *,
    workload: Workload,
    architecture: Hardware = defaults.ARCHITECTURE,
    dataflow: Annotated[str, "families, comma separated, such as base-opt,flat-opt"] = _FAMILIES,
    objective: str | None = None,
    size: Size,
    space: str | None = None,
) -> Answer:
    """The best mapping of each family of dataflows in a declared map space, proven."""
    found = api.search_each(
        _named(workload),
        architecture,
        [family.strip() for family in dataflow.split(",")],
        objective=objective,
        space=space,
        **size.asked(),
    )
    return {"said": repr(found), **found.to_dict()}


@spread
def compare(
    *,
    a: Annotated[str, "a dataflow, an architecture, or the folder of a run"],
    b: Annotated[str, "likewise"],
    workload: Workload | None = None,
    architecture: Hardware = defaults.ARCHITECTURE,
    dataflow: Annotated[str | None, "for both sides, unless they name one; flat-r if not given"] = None,
    size: Size,
    softmax: str = defaults.SOFTMAX,
    level: str = defaults.LEVEL,
) -> Answer:
    """Two results, and the parts that add up to their difference, largest first."""
    found = api.compare(
        a,
        b,
        None if workload is None else _named(workload),
        architecture,
        dataflow,
        softmax=softmax,
        level=level,
        **size.asked(),
    )
    return {"said": repr(found), **found.to_dict()}


def explore(
    design: Annotated[str, "a design file: its path, or its YAML (see docs: file formats, Design)"],
) -> Answer:
    """The best chips of a design space (axes, workloads, budgets, objectives), proven."""
    found = api.explore(design, jobs=1)
    return {"said": repr(found), **found.to_dict()}


@spread
def solve(
    *,
    unknown: Annotated[str, "seq, batch, queries, buffer_kb, dram_gb_per_s, …, or COMPONENT.attribute"],
    workload: Workload,
    until: Annotated[str | None, "such as cycles <= 1.1 * limit; or where"] = None,
    where: Annotated[str | None, "such as flat-opt.edp > base-opt.edp"] = None,
    values: Annotated[str | None, "128..4096/64, 1..256*2 or 64,128"] = None,
    architecture: Hardware = defaults.ARCHITECTURE,
    dataflow: str = _FAMILIES,
    size: Size,
    softmax: str = defaults.SOFTMAX,
) -> Answer:
    """At which values of an unknown a condition on figures holds: every crossing."""
    found = api.solve(
        unknown,
        _named(workload),
        architecture,
        until=until,
        where=where,
        values=values,
        dataflow=dataflow,
        softmax=softmax,
        **size.asked(),
    )
    return {"said": repr(found), **found.to_dict()}


def names() -> Answer:
    """Models, architectures, dataflows and spaces that can be named, with a line on each."""
    return {kind: dict(entries) for kind, entries in api.names().items()}


TOOLS: tuple[Callable[..., Answer], ...] = (estimate, explain, search, compare, explore, solve, names)


def server() -> Any:
    """A server of the tools; it logs to standard error what the root logger lets through, from INFO up.

    Raises:
        FlatError: the ``mcp`` package is not installed.
    """
    heard = "INFO" if logging.getLogger().isEnabledFor(logging.INFO) else "WARNING"
    try:
        made = import_module("mcp.server.mcpserver").MCPServer(
            "flat-plugin", version=version("flat-plugin"), log_level=heard
        )
    except ImportError:
        raise FlatError("tools for agents need mcp", expected=install_command("mcp")) from None
    for tool in TOOLS:
        made.add_tool(_answering(tool))
    for tool in made._tool_manager.list_tools():  # an argument that nobody reads is refused
        tool.fn_metadata.arg_model.model_config["extra"] = "forbid"
        tool.fn_metadata.arg_model.model_rebuild(force=True)
    return made


def _answering(tool: Callable[P, Answer]) -> Callable[P, Answer]:
    """Its answers as JSON, and its errors as those of the command line."""

    @wraps(tool)
    def call(*arguments: P.args, **options: P.kwargs) -> Answer:
        try:
            return plain(tool(*arguments, **options))
        except FlatError as error:
            raise import_module("mcp.server.mcpserver.exceptions").ToolError(str(error)) from None

    return call


def _named(workload: str) -> Attention | Model:
    if workload.endswith(".json"):
        return read_config(workload)
    return parse_attention(workload) if "=" in workload else find_model(workload)
