"""Templates that would take long, or see too much."""

import pytest

from flat_plugin.documents.templates import render
from flat_plugin.errors import FlatError


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ 2 * 3 + 1 }}", "7"),
        ("{% for n in range(3) %}{{ n }},{% endfor %}", "0,1,2,"),
        ("{% set banks = 4 %}{{ banks ** 2 }}", "16"),
        ("{{ [3, 1, 2] | max }}", "3"),
    ],
)
def test_arithmetic_and_loops_work(template: str, text: str) -> None:
    assert render(template, {}) == text


@pytest.mark.parametrize(
    "template",
    [
        "{{ undefined }}",
        "{{ ''.__class__ }}",
        "{{ range.__globals__ }}",
        "{{ 'a'.format() }}",
        "{% include 'x' %}",
        "{% macro m() %}{% endmacro %}",
        "{{ 10 ** 100 }}",
        "{{ 'ab' * 10 }}",
        "{{ 1e999 }}",
        "{% for a in range(1000) %}{% for b in range(1000) %}{% endfor %}{% endfor %}",
        "{{ range(10 ** 9) | max }}",
        "{% for a in [1] recursive %}{{ loop([1]) }}{% endfor %}",
    ],
)
def test_the_rest_is_refused_in_one_error(template: str) -> None:
    with pytest.raises(FlatError, match="^(line 1: )?Jinja: "):
        render(template, {})


def test_functions_that_are_given_can_be_called() -> None:
    assert render("{{ twice(4) }}", {"twice": lambda n: 2 * n}) == "8"
