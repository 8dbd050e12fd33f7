"""Any one field of a valid problem file changed, renamed or deleted: seen, refused, noted, or inert."""

import copy
import re

import pytest
from small_documents import gemm

from flat_plugin.documents import load
from flat_plugin.errors import FlatError
from flat_plugin.workload.problem import INERT, read_problem

GEMM = gemm(8, 4, 2)
CONVOLUTION = load("""
problem:
  shape:
    dimensions: [N, C, M, R, P]
    coefficients: [{name: Wstride, default: 1}, {name: Wdilation, default: 1}]
    data_spaces:
    - {name: Weights, projection: [[[C]], [[M]], [[R]]]}
    - {name: Inputs, projection: [[[N]], [[C]], [[R, Wdilation], [P, Wstride]]]}
    - {name: Outputs, projection: [[[N]], [[M]], [[P]]], read_write: True}
  instance: {N: 1, C: 3, M: 4, R: 3, P: 8, Wstride: 2}
""")
DENSE = copy.deepcopy(GEMM)
DENSE["problem"]["instance"]["densities"] = {
    "A": 1.0,
    "W": {"distribution": "fixed_structured", "density": 1},
}
DENSE["problem"]["shape"]["data_spaces"][0]["ranks"] = ["rows", "columns"]
FLAT = copy.deepcopy(GEMM)
FLAT["problem"]["shape"]["data_spaces"][1]["projection"] = ["K", "N"]
FLAT["problem"].update(FLAT["problem"].pop("instance"))
FILES = {"gemm": GEMM, "convolution": CONVOLUTION, "dense": DENSE, "flat": FLAT}


def places(value, path=()):
    """The way to every field and entry of a document."""
    entries = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, entry in entries:
        yield (*path, key)
        yield from places(entry, (*path, key))


def other(value):
    """Another value of the same kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        return value + 1
    return f"{value}x" if isinstance(value, str) else type(value)()


def mutations(document):
    for path in places(document):
        for kind in ("changed", "renamed", "deleted"):
            mutated = copy.deepcopy(document)
            parent = mutated
            for key in path[:-1]:
                parent = parent[key]
            last = path[-1]
            if kind == "changed":
                parent[last] = other(parent[last])
            elif kind == "deleted":
                del parent[last]
            elif isinstance(parent, dict):
                parent[f"{last}_"] = parent.pop(last)
            else:
                continue
            yield kind, path, mutated


def written(path):
    text = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)
    return text.removeprefix(".")


def inert(path, coefficients):
    """Whether a field is on the list of those that change nothing, or inside one that is."""
    text = re.sub(r"\[\d+\]", "[]", written(path))
    text = re.sub(
        rf"^problem\.instance\.({'|'.join(coefficients)})\b", "problem.instance.<coefficient>", text
    )
    return any(text == entry or text.startswith((f"{entry}.", f"{entry}[")) for entry in INERT)


@pytest.mark.parametrize("name", FILES)
def test_no_field_is_ignored(name):
    document = FILES[name]
    coefficients = [c["name"] for c in document["problem"]["shape"].get("coefficients", [])] or ["none"]
    right = read_problem(document)
    assert not right.notes
    seen = 0
    for kind, path, mutated in mutations(document):
        try:
            read = read_problem(mutated)
        except FlatError as error:
            said = str(error)
            fields = [key for key in (*path, *_below(document, path)) if isinstance(key, str)]
            assert any(re.search(rf"\b{key}\b", said) for key in fields), (kind, written(path), said)
        else:
            changed = read != right
            noted = any(str(path[-1]) in note for note in read.notes)
            assert changed or noted or inert(path, coefficients), (kind, written(path))
        seen += 1
    assert seen > 60


def _below(document, path):
    for key in path:
        document = document[key]
    yield from (key for way in places(document) for key in way)
    if not isinstance(document, (dict, list)):
        yield document


def test_inert_fields_are_inert():
    """What is on the list as it is listed, and nothing like it where the reason does not hold."""
    einsum = read_problem(DENSE)
    for change in (
        lambda p: p.update(version="0.3"),
        lambda p: p["shape"]["data_spaces"][0].update(ranks=["other", "names"]),
        lambda p: p["instance"].pop("densities"),
    ):
        document = copy.deepcopy(DENSE)
        change(document["problem"])
        assert read_problem(document) == einsum
    for size, alike in ((1, True), (3, False)):
        document = copy.deepcopy(CONVOLUTION)
        document["problem"]["instance"]["R"] = size
        narrow = read_problem(document)
        document["problem"]["instance"]["Wdilation"] = 3
        assert (read_problem(document) == narrow) is alike
