"""A layer's iterations as dense problems: together they are the layer."""

import numpy as np
import pytest

import flat_plugin as flat
from flat_plugin.errors import FlatError
from flat_plugin.model import iterations
from flat_plugin.model.iterations import problems_of
from flat_plugin.model.mapping_batch import check_mapping
from flat_plugin.model.masked import masked_layer
from flat_plugin.workload.mask import mask_of

PLATFORM = flat.platform("edge")


def layer(mask, rows=4, queries=16):
    attention = flat.parse_attention(f"B=1,H=2,M={queries},N={queries},D=8")
    answer = flat.estimate(attention, PLATFORM, f"flat-r{rows}", mask=mask)
    attention = flat.Attention(1, 2, queries, queries, 8, mask=mask_of(mask))
    return masked_layer(attention, PLATFORM.architecture, answer.mapping, PLATFORM.energies)


def test_without_a_mask_there_is_one_problem():
    (problem,) = problems_of(layer("full"))
    assert (problem.name, problem.rows, problem.keys, problem.times) == ("", 16, 16, 1)
    assert [einsum.name for einsum, _ in problem.operators] == ["logit", "attend"]


def test_each_kind_of_a_causal_layer_is_a_problem_of_both_heads():
    """Tiles of four rows touch 4, 8, 12 and 16 keys."""
    found = problems_of(layer("causal"))
    assert [(problem.name, problem.times) for problem in found] == [
        ("4x4", 1),
        ("4x8", 1),
        ("4x12", 1),
        ("4x16", 1),
    ]


@pytest.mark.parametrize("mask", ["causal", "causal,window=5", "window=2:2"])
def test_problems_add_up_to_the_scores_that_are_touched(mask):
    found = layer(mask)
    pairs = np.tril(np.ones((16, 16))) if "causal" in mask else np.ones((16, 16))
    if "window" in mask:
        behind, ahead = (4, 0) if "causal" in mask else (2, 2)
        reach = np.subtract.outer(np.arange(16), np.arange(16))
        pairs *= (reach <= behind) & (reach >= -ahead)
    touched = sum(4 * int(pairs[row : row + 4].any(axis=0).sum()) for row in range(0, 16, 4))
    assert sum(problem.times * problem.rows * problem.keys for problem in problems_of(found)) == touched


def test_every_problem_has_mappings_that_cover_it():
    for problem in problems_of(layer("causal,window=5", rows=3)):
        for einsum, mapping in problem.operators:
            assert (einsum.sizes["M"], einsum.sizes["N"]) == (problem.rows, problem.keys)
            check_mapping(einsum, PLATFORM.architecture, mapping)


def test_there_may_be_too_many(monkeypatch):
    monkeypatch.setattr(iterations, "MOST", 3)
    with pytest.raises(FlatError, match="mask: more kinds of iterations.*at most 3: taller tiles"):
        problems_of(layer("causal"))
