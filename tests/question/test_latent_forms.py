"""Latent attention has two forms; the cheaper is taken, and that is said."""

import pytest

import flat_plugin as flat
from flat_plugin.question.latent_forms import cost_of, form_of

MODEL, LENGTH = "deepseek-v2-lite", {"seq": 256, "softmax": "overlapped"}


@pytest.mark.parametrize("queries", [None, 1])
def test_the_cheaper_is_taken(queries):
    each = {
        form: flat.estimate(MODEL, "cloud", "base", latent=form, queries=queries, **LENGTH)
        for form in ("expanded", "absorbed")
    }
    taken = flat.estimate(MODEL, "cloud", "base", queries=queries, **LENGTH)
    best = min(each, key=lambda form: cost_of(each[form]))
    assert form_of(taken) == best and cost_of(taken) == cost_of(each[best])
    assert any(note.startswith(f"latent attention is {best} here; ") for note in taken.notes)


def test_what_the_expanded_form_does_not_share_is_said():
    found = flat.estimate(MODEL, "cloud", "base", latent="expanded", **LENGTH)
    assert any("the rotary part of K" in note for note in found.notes)


def test_others_have_no_form():
    assert form_of(flat.estimate("bert-base", "edge", "base", seq=64)) is None
