"""The answer to a question: mapped, evaluated by an engine, chained, and what is said of it."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

import flat_plugin as flat
from flat_plugin.architecture import EnergyTable
from flat_plugin.engines.native import NativeEngine
from flat_plugin.errors import FlatError
from flat_plugin.mapping.named import parse_dataflow
from flat_plugin.model.layer import Setting
from flat_plugin.question.answer import (
    answered,
    check_engine,
    front_answered,
    mapped,
    products_apart,
    search_notes,
)
from flat_plugin.question.from_user import questions
from flat_plugin.workload import Attention
from flat_plugin.workload.mask import mask_of
from flat_plugin.workload.sized_workload import Sized

PLATFORM = flat.platform("edge")
LAYER = Attention(1, 2, 32, 32, 16)
ENGINE = NativeEngine()


def asked(dataflow="flat-r16", workload=LAYER, **options):
    sized = Sized(workload, **{name: options.pop(name) for name in ("seq", "mask") if name in options})
    flow = parse_dataflow(dataflow) if dataflow else None
    (question, *_) = questions(sized, PLATFORM, flow, Setting(), **{"level": "attention", **options})
    return question


def test_each_operator_is_evaluated_once_by_the_engine():
    seen = []

    class Counting(NativeEngine):
        def run(self, task):
            seen.append((task.einsum.name, task.shared))
            return super().run(task)

    answer = answered(asked(), Counting())
    assert [name for name, _ in seen] == ["logit", "attend"]
    assert all("M" in shared for _, shared in seen)
    assert answer == answered(asked(), ENGINE)
    assert answer.workload == asked().understood


def test_a_given_mapping_is_taken_as_it_is():
    mapping = mapped(asked(), LAYER)
    assert mapped(replace(asked(), dataflow=None, mapping=mapping), LAYER) == mapping
    assert (
        answered(replace(asked(), dataflow=None, mapping=mapping), ENGINE).cycles
        == answered(asked(), ENGINE).cycles
    )


def test_a_dataflow_is_mapped_as_the_question_says(monkeypatch):
    def seen(attention, architecture, dataflow, energies, **options):
        return {"attention": attention, "dataflow": dataflow.name, **options}

    monkeypatch.setattr("flat_plugin.question.answer.map_dataflow", seen)
    question = replace(asked("base-opt"), objective="latency", setting=Setting("array"))
    found = mapped(question, LAYER)
    assert (found["attention"], found["dataflow"], found["objective"]) == (LAYER, "base-opt", "latency")
    assert (found["softmax"], found["spill"]) == ("array", False)
    assert mapped(replace(asked(), setting=Setting(overflow="spill")), LAYER)["spill"] is True


def test_points_of_a_front_are_answers():
    question = asked("base-opt")
    perfect = replace(question, dataflow=replace(question.dataflow, factors="perfect"))
    front = front_answered(perfect, ENGINE)
    costs = [(answer.energy_pj, answer.cycles) for answer in front]
    assert all(not (a[0] <= b[0] and a[1] <= b[1]) for a in costs for b in costs if a is not b)
    best = answered(perfect, ENGINE)
    assert min(e * c for e, c in costs) == pytest.approx(best.energy_pj * best.cycles)


def test_other_engines_know_no_masks():
    other = SimpleNamespace(name="timeloop")
    check_engine(asked(), other)
    masked = asked(workload=replace(LAYER, mask=mask_of("causal")))
    check_engine(masked, ENGINE)
    with pytest.raises(FlatError, match="the timeloop engine"):
        check_engine(masked, other)


def test_what_is_said_of_a_searched_mapping():
    assert search_notes(asked()) == ()
    assert search_notes(asked("base-opt")) == ()
    unknown = replace(PLATFORM, energies=EnergyTable(unknown="nobody was asked"))
    (note,) = search_notes(replace(asked("base-opt"), platform=unknown))
    assert note.startswith("the mapping is the best by latency")
    assert search_notes(replace(asked(), platform=unknown)) == ()
    question = replace(asked("base-opt"), perfect_because="masks")
    assert search_notes(question)[0] == "perfect factors: masks"


def test_products_that_another_form_has_not():
    model = flat.find_model("deepseek-v2-lite")
    one, other = questions(
        Sized(model, seq=16), PLATFORM, parse_dataflow("base"), Setting(), level="attention"
    )
    own = {work.name for work in products_apart(one, other, ENGINE)}
    others = {work.name for work in products_apart(other, one, ENGINE)}
    assert own and not own & others
    assert products_apart(one, one, ENGINE) == []
