"""The house: which part may import which, and that nothing is loaded in a circle."""

import ast
from collections.abc import Iterable, Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import flat_plugin

ROOT = Path(flat_plugin.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))
ORDER = (
    *("wording", "errors", "plain", "distinct", "paths", "shown", "value_kinds", "form_markers", "schema"),
    *("json_schema", "defaults", "arguments", "extras", "resources", "option_groups", "documents"),
    *("programs", "workload", "architecture", "mapping", "model", "timeloop", "energy", "engines"),
    *("certificate", "mapspace", "question", "exploration", "batch", "report", "api", "paper", "agents"),
    *("cli", "__main__"),
)


def parsed(path: Path) -> ast.Module:
    """Without what is imported for types alone."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    tree.body = [n for n in tree.body if not (isinstance(n, ast.If) and "TYPE_CHECKING" in ast.dump(n.test))]
    return tree


def imported(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """The modules of ours that these statements import."""
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("flat_plugin"):
            for name in node.names:
                inside = f"{node.module}.{name.name}"
                yield inside if file_of(inside) else str(node.module)


def file_of(module: str) -> Path | None:
    path = ROOT.joinpath(*module.split(".")[1:])
    return next((p for p in (path.with_suffix(".py"), path / "__init__.py") if p.is_file()), None)


def test_a_part_imports_only_parts_above_it() -> None:
    for path in FILES:
        part = path.relative_to(ROOT).parts[0].removesuffix(".py")
        for name in imported(ast.walk(parsed(path))) if part != "__init__" else ():
            other = (name.split(".") + [part])[1]
            assert ORDER.index(other) <= ORDER.index(part), f"{path} imports {name}"


def test_no_module_is_loaded_in_a_circle() -> None:
    graph = {path: {*map(file_of, imported(parsed(path).body))} - {path} for path in FILES}
    assert set(TopologicalSorter(graph).static_order()) == set(FILES)


def test_the_house_is_described_part_by_part() -> None:
    """In the order in which parts may import each other."""
    page = (ROOT.parent / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `")]
    assert [name.strip("`") for row in rows for name in row.split()] == [*ORDER]
    assert {path.relative_to(ROOT).parts[0].removesuffix(".py") for path in FILES} <= {*ORDER, "__init__"}


MIRRORED = (
    *("agents", "api", "architecture", "batch", "certificate", "cli", "documents", "energy", "engines"),
    *("exploration", "mapspace", "model", "paper", "programs", "question", "report", "timeloop", "workload"),
)
"""Parts whose modules have each a test file of their own name, as every module outside of a part has."""


def test_a_module_has_a_test_file_of_its_own_name() -> None:
    """At the same place below tests: so a fault is found where it is."""
    places = [path.relative_to(ROOT) for path in FILES if path.name != "__init__.py"]
    covered = [place for place in places if len(place.parts) == 1 or place.parts[0] in MIRRORED]
    tests = [ROOT.parent / "tests" / p.parent / f"test_{p.stem.strip('_')}.py" for p in covered]
    assert [str(path) for path in tests if not path.is_file()] == []
