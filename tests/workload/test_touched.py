"""What tiles of rows touch under a mask: few kinds, each with its rows, keys and repetitions."""

from collections import Counter

import numpy as np
import pytest

from flat_plugin.errors import FlatError
from flat_plugin.workload.mask import parse_mask
from flat_plugin.workload.touched import (
    keys_of_rows,
    most_touched,
    needed_rows,
    needed_scores,
    touched_by,
)


def kinds(text, queries, keys, rows):
    """(rows, keys) -> how often such an iteration comes."""
    found = touched_by(parse_mask(text), queries, keys, rows)
    counted = Counter()
    for rows_, keys_, times in zip(found.rows, found.keys, found.times, strict=True):
        counted[int(rows_), int(keys_)] += int(times)
    return counted


def test_a_causal_tile_touches_what_its_last_row_sees():
    assert kinds("causal", 8, 8, 2) == {(2, 2): 1, (2, 4): 1, (2, 6): 1, (2, 8): 1}


def test_all_keys_of_a_full_mask_are_one_iteration_of_all_rows():
    assert sum(r * t for (r, _), t in kinds("full", 8, 8, 2).items()) == 8
    assert {k for _, k in kinds("full", 8, 8, 2)} == {8}


def test_a_window_touches_its_own_width_and_the_rows_of_the_tile():
    inner = max(kinds("window=4", 64, 64, 2).items(), key=lambda item: item[1])
    assert inner[0] == (2, 4 + 2 - 1)
    assert most_touched(parse_mask("window=4"), 64, 64, 2) == 5


@pytest.mark.parametrize("text", ["full", "causal", "window=3", "window=2:1,global=1", "chunk=4"])
def test_needed_scores_are_those_of_every_row_by_itself(text):
    mask = parse_mask(text)
    alone = touched_by(mask, 12, 12, 1)
    assert needed_scores(mask, 12, 12) == int((alone.rows * alone.keys * alone.times).sum())
    assert needed_rows(mask, 12, 12) == 12
    assert np.asarray(keys_of_rows(mask, 12, 12, 1)).sum() == needed_scores(mask, 12, 12)


def test_more_tiles_than_are_counted_one_by_one_are_refused():
    with pytest.raises(FlatError, match="more tiles of rows than are counted one by one"):
        touched_by(parse_mask("causal"), 2**40, 2**40, 1)
