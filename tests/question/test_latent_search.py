"""Which form of latent attention a search takes, and what is said of the other; searches are stand-ins."""

from dataclasses import dataclass, replace
from types import SimpleNamespace

import pytest

import flat_plugin as flat
from flat_plugin.engines.native import NativeEngine
from flat_plugin.errors import InvalidMapping
from flat_plugin.mapping.named import parse_dataflow
from flat_plugin.model.layer import Setting
from flat_plugin.question.answer import answered
from flat_plugin.question.from_user import questions
from flat_plugin.question.latent_forms import form_of
from flat_plugin.question.latent_search import best_of, search_of
from flat_plugin.workload.sized_workload import Sized

PLATFORM = flat.platform("edge")


@dataclass(frozen=True)
class Found:
    """What a search finds, as much of it as is asked for."""

    estimate: object
    value: float
    objective: str = "latency"
    interrupted: bool = False
    notes: tuple = ()

    @property
    def rank(self):
        return self.value

    def noted(self, *notes):
        return replace(self, notes=(*self.notes, *notes))


@pytest.fixture(scope="module")
def forms():
    sized = Sized(flat.find_model("deepseek-v2-lite"), seq=16)
    return tuple(questions(sized, PLATFORM, parse_dataflow("base"), Setting(), level="attention"))


@pytest.fixture(scope="module")
def estimates(forms):
    return [answered(form, NativeEngine()) for form in forms]


def searched(estimates, *values, **changes):
    left = iter(zip(estimates, values, strict=True))

    def search(question):
        estimate, value = next(left)
        if isinstance(value, BaseException):
            raise value
        return Found(estimate, value, **changes)

    return search


@pytest.mark.parametrize(("values", "taken"), [((2.0, 3.0), 0), ((3.0, 2.0), 1)])
def test_the_better_form_is_taken(forms, estimates, values, taken):
    found = search_of(forms, searched(estimates, *values))
    assert found.estimate == estimates[taken]
    form = form_of(found.estimate)
    assert found.notes[0].startswith(f"latent attention is {form} here; ")
    assert "it takes 1.50× the latency" in found.notes[0]


def test_products_that_only_one_form_has_are_compared_as_well(forms, estimates):
    note = search_of(forms, searched(estimates, 2.0, 3.0)).notes[0]
    assert "with the products that only one form has (" in note and "project" in note
    note = search_of(forms, searched(estimates, 2.0, 3.0, objective="footprint")).notes[0]
    assert note.endswith("it takes 1.50× the footprint")


def test_a_form_that_does_not_fit_is_said(forms, estimates):
    found = search_of(forms, searched(estimates, InvalidMapping("no room"), 3.0))
    assert found.estimate == estimates[1]
    assert found.notes[0].endswith("it does not fit: no room")
    with pytest.raises(InvalidMapping, match="first"):
        search_of(forms, searched(estimates, InvalidMapping("first"), InvalidMapping("second")))


def test_an_interruption_ends_it_with_what_there_is(forms, estimates):
    found = search_of(forms, searched(estimates, 2.0, KeyboardInterrupt()))
    assert found.notes[0].endswith("it was not searched: interrupted")
    found = search_of(forms, searched(estimates, 2.0, AssertionError("not asked"), interrupted=True))
    assert found.estimate == estimates[0]
    with pytest.raises(KeyboardInterrupt):
        search_of(forms, searched(estimates, KeyboardInterrupt()))


def test_the_best_of_several_families():
    one = Found(None, 2.0)
    assert best_of(one) is one
    assert isinstance(best_of(SimpleNamespace(best=one)), SimpleNamespace)
