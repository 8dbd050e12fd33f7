"""What several tools take, with what agents are told of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, cast

from flat_plugin import defaults
from flat_plugin.energy import ESTIMATORS
from flat_plugin.engines.choose import ENGINES
from flat_plugin.form_markers import Among, Says
from flat_plugin.mapping.dataflow import FACTORS
from flat_plugin.model.layer import OVERFLOWS, SKIPS
from flat_plugin.model.softmax import MODES
from flat_plugin.question.options import Chained, Changed, SizedOnMachine
from flat_plugin.workload.configurations.composite_models import PARTS
from flat_plugin.workload.gaps import LEVELS
from flat_plugin.workload.latent import FORMS

_WORKLOAD = (
    "a model's name (see names), sizes such as B=1,H=12,M=512,N=512,D=64, or the path of a config.json"
)
Workload = Annotated[str, Says(_WORKLOAD)]
Part = Annotated[
    Annotated[str, Among(PARTS)] | None,
    Says("which part of a config.json that has several; text if not given"),
]
Hardware = Annotated[str, Says("edge, cloud, or the path of a Timeloop v0.4 file")]
Changes = Annotated[
    dict[str, Any] | None, Says("what to change of the architecture, such as {buffer_kb: 1024}")
]
Ert = Annotated[str | None, Says("the path of an Accelergy ERT, for the energies")]
Estimator = Annotated[str, Among(ESTIMATORS), Says("where energies come from")]
Level = Annotated[str, Among(LEVELS), Says("how much to count")]
Flow = Annotated[str, Says("a dataflow's name (see names), such as flat-r64, or the path of its file")]
Families = Annotated[str, Says("families, comma separated, such as base-opt,flat-opt,flat-r64,flash")]
Factors = Annotated[
    Annotated[str, Among(FACTORS)] | None,
    Says("imperfect: last tiles may be smaller (the default, where a search knows them); perfect: never"),
]
Space = Annotated[
    str | None,
    Says("search only mappings of an array with this fixed dataflow: weight-stationary, …, or a file"),
]
Latent = Annotated[
    Annotated[str, Among(FORMS)] | None,
    Says("how to compute latent attention; the cheaper form if not given"),
]
SoftmaxMode = Annotated[
    str, Among(MODES), Says("how softmax runs: free, after the array, while it works, or on the array")
]
EngineName = Annotated[str, Among(ENGINES), Says("what evaluates operators; timeloop must be installed")]
TimeLimit = Annotated[float | None, Says("seconds for one operator in Timeloop; 3600 if not given")]

Seq = Annotated[int | None, Says("tokens of a sequence; the model's own if not given")]
Queries = Annotated[int | None, Says("new tokens of a decoding step; seq then counts the keys")]
MaskText = Annotated[
    str | None, Says("the keys that a query needs, such as causal,window=4096; or a file of blocks")
]
Bits = Annotated[str | None, Says("widths of words, such as K=8,V=8,S=32")]


@dataclass(frozen=True)
class Lengths:
    """Of a workload, and what is changed of the architecture."""

    seq: Seq = None
    queries: Queries = None
    batch: int = defaults.BATCH
    mask: MaskText = None
    set: Changes = None


@dataclass(frozen=True)
class Size(Lengths):
    """The same, with widths of words."""

    bits: Bits = None

    def asked(self) -> Changed:
        """As the functions take it."""
        return cast(Changed, dict(vars(self)))


@dataclass(frozen=True)
class OnMachine(Size):
    """The same, and who answers for energy."""

    ert: Ert = None
    estimator: Estimator = defaults.ESTIMATOR

    def asked(self) -> SizedOnMachine:
        """As the functions take it."""
        return cast(SizedOnMachine, dict(vars(self)))


@dataclass(frozen=True)
class Checked(Lengths):
    """Of what a certificate is checked against."""

    ert: Ert = None
    estimator: Estimator = defaults.ESTIMATOR


@dataclass(frozen=True)
class Chain:
    """How attention is mapped and its operators are chained."""

    mapping: Annotated[
        str | None, Says("a mapping of your own instead of a dataflow: its path, or its YAML")
    ] = None
    space: Space = None
    factors: Factors = None
    stage: Annotated[str | None, Says("which of Q,K,S,V,O to keep on chip; the others stream")] = None
    softmax: SoftmaxMode = defaults.SOFTMAX
    overflow: Annotated[
        str, Among(OVERFLOWS), Says("if tiles do not fit: reject the dataflow, or spill S")
    ] = defaults.OVERFLOW
    skip: Annotated[str, Among(SKIPS), Says("what a mask saves: tiles that no row needs, or none")] = (
        defaults.SKIP
    )

    def asked(self) -> Chained:
        """As the functions take it."""
        stage = None if self.stage is None else [name.strip() for name in self.stage.split(",")]
        return cast(Chained, {**vars(self), "stage": stage})
