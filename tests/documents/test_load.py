"""YAML documents of unknown origin."""

from pathlib import Path

import pytest

from flat_plugin.documents import load, load_timeloopfe
from flat_plugin.errors import FlatError
from flat_plugin.resources import resource

ALIAS_BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 12)
)


def test_dictionary_is_returned_as_it_is() -> None:
    document = {"a": 1}
    assert load(document) is document


def test_text_path_and_name_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("a: [1, 2]\n")
    assert load("a: [1, 2]") == load(file) == load(str(file)) == {"a": [1, 2]}


def test_scalars_are_those_of_yaml_1_2() -> None:
    text = "{s: 1e-9, b: 0.5, p: NO, y: yes, t: True, n: null, d: 2024-01-01, i: 0x10, z: }"
    expected = {"s": 1e-9, "b": 0.5, "p": "NO", "y": "yes", "t": True}
    assert load(text) == {**expected, "n": None, "d": "2024-01-01", "i": 16, "z": None}


def test_aliases_and_merges_work() -> None:
    assert load("a: &a {x: 1}\nb: {<<: *a, y: 2}\n")["b"] == {"x": 1, "y": 2}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nowhere/arch.yaml", "no such file"),
        ("nowhere.yaml", "no such file"),
        ("a: [1", "line 2"),
        ("- 1", "not a YAML mapping"),
        ("", "not a YAML mapping"),
        ("a: !!python/object/apply:os.system ['true']", "only plain YAML"),
        ("a: !Component {}", "only plain YAML"),
        ("a: 1\nb: 2\na: 3", "line 3: key given twice"),
        (ALIAS_BOMB, "aliases expand"),
        ("a: &a [*a]", "to itself"),
        ("a: " + "[" * 5000 + "]" * 5000, "nested too deeply"),
        ("? [1, 2]\n: 3", "line 1"),
        ("a: \x00", "not valid YAML"),
        ("a: " + "9" * 6000, "not valid YAML"),
        ("a: 0x" + "f" * 600, "number too large"),
    ],
)
def test_bad_documents(text: str, message: str) -> None:
    with pytest.raises(FlatError, match=message):
        load(text)


def test_errors_name_the_file(tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text("a: [1\n")
    with pytest.raises(FlatError, match=r"bad\.yaml"):
        load(file)
    with pytest.raises(FlatError, match="not a file"):
        load(tmp_path)
    file.write_bytes(b"\xff\xfe\xff")
    with pytest.raises(FlatError, match="not a text file"):
        load(file)


def test_timeloopfe_tags_and_jinja() -> None:
    text = "{% set n = 4 %}\nnodes:\n- !Component {name: A, n: {{ n * 2 }}}\n- !Nothing\n"
    nodes = load_timeloopfe(text)["nodes"]
    assert nodes == [{"!tag": "Component", "name": "A", "n": 8}, {"!tag": "Nothing"}]


@pytest.mark.parametrize(
    "text",
    [
        "a: {{ missing }}",
        "a: {% include 'other.yaml' %}",
        "a: {{ ''.__class__.__mro__ }}",
        "a: {{ 'x' * 10000000000 }}",
        "a: {{ 9 ** 9 ** 9 ** 9 }}",
        "{% for i in range(100000000) %}x{% endfor %}",
        "a: {% if %}",
        "a: {{ '{:99999999999}'.format(3) }}",
        "a: {{ 'a' | center(99999999999) }}",
        "{% for i in range(9999) %}{% for j in range(9999) %}x{% endfor %}{% endfor %}",
        "{% set x = 'ab' %}{% set x = x ~ x %}a: {{ x }}",
        "{% set x = [1] %}{% set x = [x, x] %}a: {{ x }}",
        "{% macro f() %}{{ f() }}{% endmacro %}a: {{ f() }}",
        "a: {{ (1e400)|int }}",
        "a: {{ (10 / 1e-320)|int }}",
        "{% if -1e400 < 0 %}a: 1{% endif %}",
        "a: {{ '{:999999999}'.format(3) }}",
        "{% for i in [1] %}" * 30 + "{% endfor %}" * 30,
        "{% for i in [1] recursive %}{{ loop([1, 1]) }}{% endfor %}",
    ],
)
def test_jinja_is_confined(text: str) -> None:
    with pytest.raises(FlatError, match="Jinja"):
        load_timeloopfe(text)


def test_jinja_says_which_name_is_not_defined() -> None:
    with pytest.raises(FlatError, match="'width' is undefined"):
        load_timeloopfe("a: {{ width }}")


def test_resources() -> None:
    assert resource("arch", "edge/arch.yaml").is_file()
    for kind, name in (("arch", "nothing"), ("arch", "../pyproject.toml"), ("secrets", "a")):
        with pytest.raises(FlatError):
            resource(kind, name)
