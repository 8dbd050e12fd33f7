"""What a mask takes off reads below the buffer by more than the scores that it leaves out."""

import numpy as np
from masked_sides import sides

from flat_plugin.mapspace.masked.side import MaskedSide
from flat_plugin.mapspace.masked.unread import found_below, square_of, unread


def words_off(side: MaskedSide, less: float, apart: float) -> float:
    menus = [side.menu(row) for row in range(len(side.rows))]
    size = sum(map(len, menus))
    none = np.zeros((len(side.below.tensors), size))
    part, all_of = np.full(size, less), np.full(size, apart)
    return float(unread(side.below, menus, part, all_of, none, np.zeros(size)).words.max())


def test_first_sums_are_as_many_under_any_mask() -> None:
    (_, attend) = sides("causal", "one-word", "flat-opt")
    output = attend.below.words[attend.structure.output]
    assert words_off(attend, 0.75, 0.75) == 0.25 * output
    assert words_off(attend, 1.0, 1.0) == 0.0


def test_scores_have_fewer_first_sums_as_fewer_are_touched() -> None:
    (logit, _) = sides("causal", "one-word", "flat-opt")
    assert words_off(logit, 0.75, 0.75) == 0.0


def test_an_iteration_of_as_many_keys_as_the_array_has_finds_them_there() -> None:
    (_, attend) = sides("causal", "linked", "flat-opt")
    rows = np.arange(len(attend.rows))
    menus = [attend.menu(int(row)) for row in rows]
    entries = np.repeat(rows, [len(menu) for menu in menus])
    found = found_below(attend.below, menus, attend.iterations, attend.rows, entries)
    assert found.min() == 0.0 and 0.0 < found.max() <= 1.0


def test_the_square_has_the_scores_of_a_group() -> None:
    (logit, _) = sides("causal", "one-word", "flat-opt")
    assert square_of(logit.structure.einsum) == 4 * 4
