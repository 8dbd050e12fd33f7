"""What the pages say is so: they are followed as they stand, and what they quote is what is printed."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.S | re.M)


def blocks(page):
    return BLOCK.findall((DOCS / page).read_text(encoding="utf-8"))


def load(name):
    """A script of the documentation, as a module."""
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


fill, pictures = load("fill"), load("pictures")


@pytest.mark.parametrize("page", fill.FOLLOWED)
def test_pages_are_followed_from_first_line_to_last(page):
    """Every command, file and line of Python; what they print is what the page has."""
    text = (DOCS / page).read_text(encoding="utf-8")
    assert fill.difference(DOCS / page) == "", f"python docs/fill.py docs/{page}"
    assert text.count("\n$ flat ") >= 8


@pytest.mark.parametrize("name", [*pictures.DRAWINGS, *pictures.CHARTS])
def test_a_picture_is_of_what_it_shows(name):
    """A drawing is compared whole, a chart by its rows."""
    pytest.importorskip("altair")
    there = (DOCS / "pictures" / f"{name}.svg").read_text(encoding="utf-8")
    hint = f"python docs/fill.py docs/pictures/{name}.svg"
    if name in pictures.DRAWINGS:
        assert there == pictures.drawn(name), hint
    else:
        assert there.endswith(f"<!-- rows: {pictures.digest(pictures.CHARTS[name]()[0])} -->\n"), hint


def test_every_picture_is_shown_and_every_shown_one_is_there():
    shown = {
        name
        for page in DOCS.rglob("*.md")
        for name in re.findall(r"\((?:\.\./)?pictures/(\w+)\.svg\)", page.read_text())
    }
    assert shown == {path.stem for path in (DOCS / "pictures").iterdir()}
    assert shown == {*pictures.DRAWINGS, *pictures.CHARTS}


def test_a_page_with_another_output_is_filled_with_the_right_one(tmp_path):
    page = "Save this as `a.txt`:\n\n```yaml\none\n```\n\n```console\n$ cat a.txt\ntwo\n```\n"
    assert fill.filled(page, tmp_path) == page.replace("two", "one")
    with pytest.raises(SystemExit, match="ends with 3"):
        fill.filled("```console\n$ exit 3\n```\n", tmp_path)


def test_sweep_of_the_file_formats_is_a_sweep(tmp_path):
    import yaml

    from flat_plugin import plan

    sweep = next(text for kind, text in blocks("file-formats.md") if text.startswith("sweep:"))
    content = yaml.safe_load(sweep)["sweep"]
    content["models"] = [m for m in content["models"] if "config" not in m]  # files of the reader's own
    content["architectures"] = [a for a in content["architectures"] if isinstance(a, str)]
    assert len(plan({"sweep": content}).runs) > 10


def test_dataflow_of_the_file_formats_is_a_dataflow(tmp_path):
    from flat_plugin import parse_dataflow

    (text,) = [text for kind, text in blocks("file-formats.md") if text.startswith("dataflow:")]
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    found = parse_dataflow(str(tmp_path / "mine.yaml"))
    assert (found.name, found.rows, found.stage) == ("kv-resident", 64, {"K", "S", "V"})


def test_no_page_has_marks_of_a_merge():
    marks = ("<<<<<<<", "=======", ">>>>>>>")
    for page in DOCS.rglob("*.md"):
        assert not [
            line for line in page.read_text(encoding="utf-8").splitlines() if line.startswith(marks)
        ], page


def test_every_command_has_a_page():
    import typer

    from flat_plugin.cli import app

    commands = set(typer.main.get_command(app).commands)
    assert {path.stem for path in (DOCS / "commands").glob("*.md")} == commands
    nav = (DOCS.parent / "mkdocs.yml").read_text()
    assert all(f"commands/{name}.md" in nav for name in commands)


def test_a_page_lists_the_options_of_its_command():
    table = load("hooks").options("report")
    assert "| `--baseline` | What speed-ups are relative to" in table and "`FOLDERS`" in table


def test_every_public_name_is_documented_where_it_lives():
    """By hand: a dataclass without a docstring is given its signature as one."""
    import inspect

    import flat_plugin as flat

    for name in flat.__all__:
        thing = getattr(flat, name)
        assert thing.__doc__, name
        if inspect.isclass(thing):
            generated = name + str(inspect.signature(thing)).replace(" -> None", "")
            assert thing.__doc__ != generated, name


def test_the_readme_quotes_the_reproduction():
    """Every row of the README's tables is in the page of all of them."""
    page = (DOCS / "reproduction.md").read_text(encoding="utf-8")
    readme = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    start = readme.index("## The paper, reproduced")
    rows = [
        line for line in readme[start : readme.index("\n## ", start + 1)].splitlines() if line[:2] == "| "
    ]
    assert len(rows) > 3
    assert set(rows) <= set(page.splitlines())


def test_the_reproduction_that_is_quoted_is_the_one_that_is_computed():
    """For the experiments that take seconds."""
    from flat_plugin.paper.reproduce import amount, reproduce

    lines = (DOCS / "reproduction.md").read_text(encoding="utf-8").splitlines()
    for experiment in ("share", "footprint"):
        for row in reproduce(experiment, "authors", jobs=1).rows:
            (line,) = [line for line in lines if line.startswith(f"| {row.case} |")]
            assert line.split("|")[4].strip() == amount(row, row.ours)


def test_what_the_readme_prints_is_what_the_commands_print():
    readme = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    asked = ["--model", "bert-base", "--seq", "4096", "--softmax", "overlapped"]
    for command in (["estimate", *asked, "--arch", "edge"], ["compare", "base", "flat-r", *asked]):
        typed = [sys.executable, "-c", "from flat_plugin.cli import main; main()", *command]
        answer = subprocess.run(
            typed, capture_output=True, text=True, timeout=120, env={**os.environ, "COLUMNS": "80"}
        )
        shown = "\n".join(line.rstrip() for line in answer.stdout.splitlines())
        if command[0] == "compare":  # settings first; then the latency, which the README shows
            shown = shown[shown.rindex("\n\n") : shown.index("\n energy")]
        assert shown.strip("\n") in readme


def test_every_link_of_the_readme_leads_somewhere():
    readme = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\((docs/[^)#]*)(?:#([^)]*))?\)", readme)
    assert len(links) > 15
    for file, anchor in links:
        page = (DOCS.parent / file).read_text(encoding="utf-8")
        headings = {re.sub(r"[^a-z0-9]+", "-", line.lstrip("# ").lower()) for line in page.splitlines()}
        assert not anchor or anchor in headings


def test_the_pictures_of_masks_are_drawn():
    from flat_plugin.workload.mask import parse_mask
    from flat_plugin.workload.picture import picture

    text = (DOCS / "masks.md").read_text(encoding="utf-8").split("<!-- pictures -->")[1]
    head, *lines = text.split("```")[1].strip().splitlines()
    drawn = [picture(parse_mask(mask), 16, 16, 4) for mask in head.split()]
    assert [line.split() for line in lines] == [list(row) for row in zip(*drawn, strict=True)]


def test_the_mask_of_the_page_is_a_mask(tmp_path):
    from flat_plugin.workload.mask import parse_mask

    (tmp_path / "mask.yaml").write_text(next(text for kind, text in blocks("masks.md") if kind == "yaml"))
    assert str(parse_mask(tmp_path / "mask.yaml")) == "8 of 16 blocks of 64x64"


def test_the_citation_names_this_package():
    """And no version, which is the tag's."""
    import tomllib

    import yaml

    root = DOCS.parent
    cited = yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf-8"))
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert (cited["title"], cited["license"]) == (project["name"], project["license"])
    assert "version" not in cited and "version" not in project
    assert "## Unreleased\n" in (root / "CHANGELOG.md").read_text(encoding="utf-8")


def test_files_named_in_the_recipes_are_there():
    page = (DOCS / "architecture.md").read_text(encoding="utf-8")
    named = {text for text in re.findall(r"`([\w/]+(?:/|\.py|\.js))`", page)}
    places = (DOCS.parent, DOCS.parent / "flat_plugin", *(DOCS.parent / "flat_plugin").rglob("*/"))
    assert named and all(any((place / name).exists() for place in places) for name in named)
