"""Files that include others, as timeloopfe's templates do."""

import pytest

from flat_plugin.documents import includes, load_timeloopfe
from flat_plugin.errors import FlatError


@pytest.fixture
def write(tmp_path):
    def put(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return put


def test_text_of_another_file(write):
    write("base.yaml", "base_ignore: &base {a: 1, b: {c: 2}}\n")
    file = write("sub/own.yaml", "{{include_text('../base.yaml')}}\nown:\n  <<<: *base\n  b: {d: 3}\n")
    assert load_timeloopfe(file)["own"] == {"a": 1, "b": {"c": 2, "d": 3}}


def test_value_of_another_file(write):
    write("other.yaml", "{% set n = 2 %}part: {nodes: [1, {{ n }}]}\n")
    file = write(
        "own.yaml", "nodes: {{include('other.yaml', 'part.nodes')}}\nall: {{include('other.yaml')}}\n"
    )
    assert load_timeloopfe(file) == {"nodes": [1, 2], "all": {"part": {"nodes": [1, 2]}}}


def test_all_files_of_a_pattern(write):
    write("parts/a.yaml", "classes: [{name: a}]\n")
    write("parts/b.yaml", "classes: [{name: b}]\n")
    file = write("own.yaml", "classes: {{include_all('parts/*.yaml', 'classes')}}\n")
    assert load_timeloopfe(file)["classes"] == [{"name": "a"}, {"name": "b"}]


def test_other_folders_to_look_in(write):
    write("lib/base.yaml", "b: 1\n")
    file = write("own.yaml", "{{add_to_path('lib')}}\na: {{include('base.yaml')}}\n")
    assert load_timeloopfe(file)["a"] == {"b": 1}


def test_paths(write, tmp_path):
    write("lib/base.yaml", "b: 1\n")
    text = (
        "here: {{cwd()}}\nbase: {{find_path('lib/base.yaml')}}\n"
        "{% if path_exists('no.yaml') %}no: 1{% else %}yes: 1{% endif %}\n"
    )
    base = str(tmp_path / "lib" / "base.yaml")
    assert load_timeloopfe(write("own.yaml", text)) == {"here": str(tmp_path), "base": base, "yes": 1}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: {{include('missing.yaml')}}", r"own\.yaml.*no such file to include.*missing\.yaml"),
        ("a: {{include('bad.yaml')}}", r"bad\.yaml: line 2"),
        ("a: {{include('good.yaml', 'x.z')}}", "not in what is included"),
        ("a: {{include('*.yaml')}}", "more than one file"),
        ("{{include_text('own.yaml')}}", "too deeply"),
        ("a: {{include('secret.txt')}}", "only YAML is included"),
        ("{{add_to_path('nowhere')}}", "no such folder"),
        ("a: {{include(3)}}", "a path must be text"),
        ("a: !include_loaded included_0", "nothing was included"),
        ("{{include_text('value.yaml')}}", r"include\(\) inside a file that is included as text"),
    ],
)
def test_refusals_name_the_file(write, text, message):
    write("good.yaml", "x: {y: 1}\n")
    write("bad.yaml", "a: [1\n")
    write("secret.txt", "x: 1\n")
    write("value.yaml", "v: {{include('good.yaml')}}\n")
    with pytest.raises(FlatError, match=message):
        load_timeloopfe(write("own.yaml", text))


def test_number_of_files_is_bounded(write, monkeypatch):
    monkeypatch.setattr(includes, "MAX_FILES", 3)
    write("good.yaml", "x: 1\n")
    with pytest.raises(FlatError, match="too many files"):
        load_timeloopfe(write("own.yaml", "".join(f"a{n}: {{{{include('good.yaml')}}}}\n" for n in range(4))))


def test_text_has_no_folder():
    with pytest.raises(FlatError, match="only a file can include others"):
        load_timeloopfe("a: {{include('x.yaml')}}")
