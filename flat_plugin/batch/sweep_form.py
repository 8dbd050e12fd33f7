"""The form of a sweep file, used to check it and by editors to complete it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, NotRequired, Required, TypedDict, TypeVar

from flat_plugin.architecture.overrides import AxesForm, OverridesForm
from flat_plugin.architecture.presets import list_architectures
from flat_plugin.energy.choose import ESTIMATORS
from flat_plugin.engines.choose import ENGINES
from flat_plugin.form_markers import CLOSED, SINGLE, SOME, Among, Proposes, Says
from flat_plugin.mapping.dataflow import FACTORS
from flat_plugin.mapping.named import list_dataflows
from flat_plugin.mapspace.constraints.space_files import list_spaces
from flat_plugin.model.layer import ELEMENTWISE, OVERFLOWS, SKIPS
from flat_plugin.model.softmax import MODES
from flat_plugin.schema import Range
from flat_plugin.timeloop.settings import MapperForm
from flat_plugin.workload import MODELS
from flat_plugin.workload.configurations.composite_models import PARTS
from flat_plugin.workload.experts import HITS
from flat_plugin.workload.gaps import LEVELS
from flat_plugin.workload.latent import FORMS
from flat_plugin.workload.size_checks import LARGEST
from flat_plugin.workload.widths import WidthsForm

T = TypeVar("T")
OneOrMore = Annotated[list[T], SINGLE, SOME]
Size = Annotated[int, Range(1, LARGEST)]


def _flows() -> Iterable[str]:
    return (flow.name for flow in list_dataflows())


Text = Annotated[str, Says("a text that names it in results")]
Queries = Annotated[Size, Says("decoding: this many new tokens against a cache of seq keys")]
Hits = Annotated[str, Among(HITS), Says("whose weights are fetched")]
Latent = Annotated[str, Among(FORMS), Says("the form of latent attention")]


class NamedModel(TypedDict):
    """A model of ``flat list models``."""

    name: Annotated[str, Proposes(lambda: MODELS)]
    queries: NotRequired[Queries]
    experts: NotRequired[Hits]
    latent: NotRequired[Latent]


class ConfiguredModel(TypedDict):
    """A Hugging Face config.json, beside the sweep."""

    config: str
    name: NotRequired[Text]
    part: NotRequired[Annotated[str, Among(PARTS), Says("of a configuration of several")]]
    queries: NotRequired[Queries]
    experts: NotRequired[Hits]
    latent: NotRequired[Latent]


class MixedModel(TypedDict):
    """A step of serving: a file beside the sweep, as of ``flat estimate --mix``."""

    mix: str
    name: NotRequired[Text]
    experts: NotRequired[Hits]
    latent: NotRequired[Latent]


class TracedSteps(TypedDict):
    """Keys and values that were fetched: a table beside the sweep, as of ``flat estimate --trace``."""

    trace: str
    name: NotRequired[Text]


class SizedLayer(TypedDict):
    """An attention layer by its sizes."""

    attention: Annotated[str, Says("such as B=1,H=12,M=512,N=512,D=64")]
    name: NotRequired[Text]


class ArchitectureFile(TypedDict):
    """A preset or a Timeloop v0.4 file, under a name and with an ERT of its own."""

    file: Annotated[str, Proposes(list_architectures)]
    name: NotRequired[Text]
    ert: NotRequired[Annotated[str, Says("energies: an Accelergy ERT")]]


Model = (
    Annotated[str, Proposes(lambda: MODELS)]
    | Annotated[NamedModel, CLOSED]
    | Annotated[ConfiguredModel, CLOSED]
    | Annotated[MixedModel, CLOSED]
    | Annotated[TracedSteps, CLOSED]
    | Annotated[SizedLayer, CLOSED]
)
Overrides = Annotated[list[Annotated[OverridesForm, CLOSED]], SOME] | Annotated[AxesForm, CLOSED]
Match = Annotated[Mapping[str, Any], SOME]


class SweepForm(TypedDict, total=False):
    """Every combination of its axes is a run. Files are named as seen from the sweep's folder."""

    models: Required[Annotated[OneOrMore[Model], Says("what is computed")]]
    seq: Annotated[OneOrMore[Size | None], Says("tokens; null is a model's own number")]
    batch: Annotated[OneOrMore[Size], Says("sequences")]
    mask: Annotated[
        OneOrMore[str | None], Says("such as causal,window=4096, or a file; null is a layer's own")
    ]
    bits: Annotated[
        OneOrMore[str | float | Annotated[WidthsForm, CLOSED] | None],
        Says("widths of words, such as K=8,V=8,S=32, or of all; null is the workload's own"),
    ]
    architectures: Required[
        Annotated[
            OneOrMore[Annotated[str, Proposes(list_architectures)] | Annotated[ArchitectureFile, CLOSED]],
            Says("what it runs on"),
        ]
    ]
    overrides: Annotated[Overrides, Says("changes of every architecture: sets, or an axis for each figure")]
    dataflows: Required[
        Annotated[OneOrMore[Annotated[str, Proposes(_flows)]], Says("names, such as flat-r64, or files")]
    ]
    engine: Annotated[OneOrMore[Annotated[str, Among(ENGINES)]], Says("who evaluates operators")]
    level: Annotated[str, Among(LEVELS), Says("how much is counted")]
    softmax: Annotated[str, Among(MODES), Says("how it is chained")]
    overflow: Annotated[str, Among(OVERFLOWS), Says("what happens to S that does not fit")]
    skip: Annotated[str, Among(SKIPS), Says("what is left out under a mask")]
    elementwise: Annotated[str, Among(ELEMENTWISE), Says("who does norms, activations and additions")]
    stage: Annotated[list[str] | str | None, Says("tensors of Q, K, S, V, O that stay on chip")]
    factors: Annotated[
        Annotated[str, Among(FACTORS)] | None, Says("whether a last tile may be smaller; null: it may")
    ]
    space: Annotated[
        Annotated[str, Proposes(list_spaces)] | None, Says("what searched dataflows keep to; or a file")
    ]
    ert: Annotated[str | None, Says("energies for all architectures: an Accelergy ERT")]
    estimator: Annotated[Annotated[str, Among(ESTIMATORS)], Says("who answers for energy")]
    mapper: Annotated[Annotated[MapperForm, CLOSED] | None, Says("how timeloop-mapper searches")]
    time_limit: Annotated[float, Says("seconds for one operator in Timeloop")]
    include: Annotated[OneOrMore[Match], Says("only runs that match one of these")]
    exclude: Annotated[OneOrMore[Match], Says("no run that matches one of these")]


class SweepFile(TypedDict):
    """A file whose key ``sweep`` has the sweep."""

    sweep: Annotated[SweepForm, CLOSED]
