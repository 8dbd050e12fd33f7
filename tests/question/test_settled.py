"""Questions that are asked together have the same factors, where nobody says which."""

from flat_plugin.architecture import find_architecture
from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.platform import Platform
from flat_plugin.mapping.named import parse_dataflow
from flat_plugin.model.layer import Setting
from flat_plugin.question.from_user import questions
from flat_plugin.question.settled import settled
from flat_plugin.workload.sized_workload import Sized

EDGE = Platform(find_architecture("edge"), EnergyTable())
NPU = Platform(find_architecture("examples/npu4.yaml"), EnergyTable())
UNKNOWN = Platform(EDGE.architecture, EnergyTable(unknown="nobody"))


def asked(flow, mask=None, workload="bert-base", factors=None, platform=EDGE, bits=None):
    flow = parse_dataflow(flow) if factors is None else parse_dataflow(flow).with_factors(factors)
    sized = Sized(workload, 64, mask=mask, bits=bits)
    return next(questions(sized, platform, flow, Setting("serial"), level="attention"))


def kinds(*asked, **more):
    return [(each.dataflow.factors, each.perfect_because) for each in settled(asked, **more)]


def test_any_tiles_where_all_can_have_them():
    assert kinds(asked("flat-opt"), asked("base-opt")) == [("imperfect", "")] * 2


def test_what_one_needs_all_have():
    dear = asked("flash", platform=UNKNOWN)
    why = "latency with online softmax"
    assert kinds(asked("flat-opt"), dear) == [("perfect", why)] * 2
    for known in (
        asked("base-opt", "causal"),
        asked("base-opt", bits="K=8"),
        asked("base-opt", workload="gpt2"),
    ):
        assert kinds(asked("flat-opt"), known) == [("imperfect", "")] * 2
    assert kinds(asked("flat-opt"), divides="pytimeloop") == [("perfect", "pytimeloop")]


def test_named_dataflows_and_what_is_said_stay_as_they_are():
    both = kinds(asked("flat-r", "causal"), asked("flat-opt", factors="perfect"))
    assert both == [(None, ""), ("perfect", "")]
    beside = kinds(asked("base-opt"), asked("flat-opt", factors="perfect"))
    assert beside == [("perfect", "as of flat-opt"), ("perfect", "")]


def test_without_energies_the_goal_is_latency():
    assert kinds(asked("flash", platform=UNKNOWN)) == [("perfect", "latency with online softmax")]
    assert kinds(asked("flash"), asked("flash", platform=NPU)) == [("imperfect", "")] * 2
