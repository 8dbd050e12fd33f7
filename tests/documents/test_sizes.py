"""Documents that are small as text and large once their aliases are expanded."""

import pytest
import yaml

from flat_plugin.documents.sizes import MAX_DEPTH, check_size
from flat_plugin.errors import FlatError


def size_of(text: str) -> None:
    check_size(yaml.parse(text, Loader=yaml.SafeLoader))


def test_ordinary_documents_pass() -> None:
    size_of("a: &x [1, 2]\nb: *x\nc: {d: *x}\n")


@pytest.mark.parametrize("depth", [MAX_DEPTH - 1, MAX_DEPTH])
def test_depth_is_bounded(depth: int) -> None:
    text = f"a: {'[' * depth}{']' * depth}"
    if depth < MAX_DEPTH:
        return size_of(text)
    with pytest.raises(FlatError, match="nested too deeply"):
        size_of(text)


def test_aliases_of_aliases_are_counted_without_expanding_them() -> None:
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    with pytest.raises(FlatError, match="line 6: aliases expand to too large a document"):
        size_of("\n".join(lines))


@pytest.mark.parametrize("text", ["a: *x", "a: &x [*x]"])
def test_an_alias_means_something_before_it(text: str) -> None:
    with pytest.raises(FlatError, match="alias to nothing, or to itself"):
        size_of(text)
