from __future__ import annotations

import pytest

from flat_plugin.errors import FlatError
from flat_plugin.workload.model_section import Section
from flat_plugin.workload.products import Linear

PRODUCT = Linear("product", 6, 4)


def rows(section, sequences=1, tokens=10):
    ((_, einsum),) = section.over([(sequences, tokens)])
    return einsum.sizes["M"]


def test_which_tokens_it_runs_over():
    assert rows(Section("patch embedding", (PRODUCT,)), sequences=3) == 30
    assert rows(Section("patch embedding", (PRODUCT,), less=1), sequences=3) == 27
    assert rows(Section("output head", (PRODUCT,), last=True), sequences=3) == 3
    assert rows(Section("patch embedding", (PRODUCT,), rows=40), sequences=3) == 120


def test_rows_that_belong_to_one_length():
    masked = Section("patch embedding", (PRODUCT,), rows=40, at=10)
    assert rows(masked) == 40
    with pytest.raises(FlatError, match=r"seq: the patch embedding is known .* \(got 11\); expected 10"):
        masked.over([(1, 11)])


def test_it_is_there_several_times():
    section = Section("layers", (PRODUCT, Linear("pair", 1, 2, times=2)), times=5)
    assert [times for times, _ in section.over([(1, 10)])] == [5, 10]
    assert section.weights == 5 * (24 + 4)


def test_what_is_wrong_is_named():
    with pytest.raises(FlatError, match="no token is left for the patch embedding"):
        Section("patch embedding", (PRODUCT,), less=1).over([(1, 1)])
    with pytest.raises(FlatError, match=r"head\.sort"):
        Section("head", (PRODUCT,), sort="odd")
