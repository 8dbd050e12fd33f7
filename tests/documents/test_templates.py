"""Jinja in a document: parameters, loops and arithmetic, and nothing else."""

import pytest

from flat_plugin.documents.templates import render
from flat_plugin.errors import FlatError


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        ("a: {{ 2 * 3 }}", "a: 6"),
        ("{% set n = 4 %}depth: {{ n // 2 }}", "depth: 2"),
        ("{% for i in range(2) %}[{{ i }}]{% endfor %}", "[0][1]"),
        ("{% if 1 > 2 %}a{% else %}b{% endif %}", "b"),
        ("{{ double(4) }}", "8"),
        ("{{ [3, 1] | max }}", "3"),
    ],
)
def test_what_it_may_do(text, rendered):
    assert render(text, {"double": lambda value: 2 * value}) == rendered


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{% macro m() %}{% endmacro %}", "Macro is not supported"),
        ("a\n{% include 'other' %}", "line 2: Jinja: Include is not supported"),
        ("{{ 'a' ~ 'b' }}", "Concat is not supported"),
        ("{{ 1e999 }}", "a number that is too large"),
        ("{{ unknown }}", "'unknown' is undefined"),
        ("{{ ''.__class__ }}", "Jinja: "),
        ("{% for i in range(10**9) %}x{% endfor %}", "Jinja: "),
        ("{% if %}", "line 1"),
    ],
)
def test_what_it_may_not(text, message):
    with pytest.raises(FlatError) as caught:
        render(text, {})
    assert message in str(caught.value)
