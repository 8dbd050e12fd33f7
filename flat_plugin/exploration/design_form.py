"""The form of a design file, which readers check it by and editors complete it by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Required, TypedDict

from flat_plugin.architecture.presets import list_architectures
from flat_plugin.energy import ESTIMATORS
from flat_plugin.exploration.figures import OBJECTIVES
from flat_plugin.form_markers import CLOSED, SINGLE, SOME, Among, Proposes, Says
from flat_plugin.mapping.named import list_dataflows
from flat_plugin.model.softmax import MODES
from flat_plugin.schema import Above0, Range
from flat_plugin.workload import MODELS
from flat_plugin.workload.configurations.composite_models import PARTS
from flat_plugin.workload.experts import HITS
from flat_plugin.workload.gaps import LEVELS
from flat_plugin.workload.latent import FORMS
from flat_plugin.workload.size_checks import LARGEST
from flat_plugin.workload.widths import WidthsForm

Size = Annotated[int, Range(1, LARGEST)]
StepForm = TypedDict("StepForm", {"from": Above0, "to": Above0, "step": Above0})
TimesForm = TypedDict("TimesForm", {"from": Above0, "to": Above0, "times": Above0})
AxisForm = Annotated[list[Any], SOME] | Annotated[StepForm, CLOSED] | Annotated[TimesForm, CLOSED]
Expression = str | float
Tied = Expression | Annotated[list[Expression], SOME]


def _flows() -> Iterable[str]:
    return (flow.name for flow in list_dataflows())


class BudgetsForm(TypedDict, total=False):
    """At most, of all workloads together by their weights (power: of each), and of the chip."""

    latency_s: Above0
    energy_j: Above0
    edp_js: Above0
    power_w: Above0
    area_mm2: Above0
    peak_power_w: Above0


class OwnBudgetsForm(TypedDict, total=False):
    """At most, of one run of a workload; ``runs_per_s`` at least."""

    latency_s: Above0
    energy_j: Above0
    edp_js: Above0
    power_w: Above0
    runs_per_s: Above0


class WorkloadForm(TypedDict, total=False):
    """One of ``model``, ``config`` and ``attention``, with sizes as ``flat estimate`` takes them."""

    model: Annotated[str, Proposes(lambda: MODELS)]
    config: Annotated[str, Says("a Hugging Face config.json, beside the design")]
    part: Annotated[str, Among(PARTS), Says("of a configuration of several")]
    attention: Annotated[str, Says("such as B=1,H=12,M=512,N=512,D=64")]
    seq: Annotated[Size | None, Says("tokens")]
    queries: Annotated[Size | None, Says("decoding: new tokens against a cache of seq keys")]
    mask: Annotated[str | None, Says("such as causal, or a file")]
    batch: Annotated[Size, Says("sequences")]
    bits: Annotated[
        str | float | Annotated[WidthsForm, CLOSED] | None, Says("widths of words, such as K=8,V=8")
    ]
    experts: Annotated[str | None, Among(HITS), Says("whose weights are fetched")]
    latent: Annotated[str | None, Among(FORMS), Says("the form of latent attention")]
    name: Annotated[str, Says("what results call it")]
    level: Annotated[str, Among(LEVELS), Says("how much is counted")]
    weight: Annotated[Above0, Says("how often it counts in sums")]
    budgets: Annotated[OwnBudgetsForm, CLOSED]


Workload = Annotated[str, Proposes(lambda: MODELS)] | Annotated[WorkloadForm, CLOSED]
Objective = Annotated[str, Among(OBJECTIVES)]


class DesignForm(TypedDict, total=False):
    """Every combination of its axes is a design. Files are named as seen from the design's folder."""

    architecture: Required[Annotated[str, Proposes(list_architectures), Says("a preset or a file")]]
    axes: Required[Annotated[Mapping[str, AxisForm], SOME, Says("what is free, and its values")]]
    set: Annotated[Mapping[str, Tied], Says("what is tied to the axes: expressions")]
    where: Annotated[list[str], SINGLE, SOME, Says("conditions on the axes")]
    workloads: Required[Annotated[list[Workload], SINGLE, SOME, Says("what the chips are for")]]
    dataflows: Annotated[
        list[Annotated[str, Proposes(_flows)]], SINGLE, SOME, Says("names, such as flat-opt, or files")
    ]
    objective: Annotated[list[Objective], SINGLE, SOME, Says("one or two figures, the less the better")]
    budgets: Annotated[BudgetsForm, CLOSED]
    softmax: Annotated[str, Among(MODES), Says("how it is chained")]
    area_um2: Annotated[Mapping[str, Expression], Says("µm² of one instance of a part")]
    estimator: Annotated[str, Among(ESTIMATORS), Says("who answers for energy")]


class DesignFile(TypedDict):
    """A file whose key ``exploration`` has the design space."""

    exploration: Annotated[DesignForm, CLOSED]
