"""The least traffic of a layer with a buffer, however its scores are tiled."""

from math import inf

import pytest

import flat_plugin as flat
from flat_plugin.model.tiling import Weights, least_traffic

LAYER = flat.parse_attention("B=1,H=2,M=64,N=64,D=16")
COMPULSORY = 2 * 2 * (64 * 16 + 64 * 16)  # Q, K, V and O of two heads, once


def test_with_any_buffer_everything_moves_once():
    assert least_traffic(LAYER, inf) == COMPULSORY
    assert least_traffic(LAYER, 10**9) == COMPULSORY


def test_a_smaller_buffer_never_moves_less():
    words = [least_traffic(LAYER, capacity) for capacity in (64, 128, 256, 512, 1024, 4096)]
    assert words == sorted(words, reverse=True) and words[0] > words[-1] >= COMPULSORY


def test_it_is_at_most_what_writing_the_scores_out_costs():
    assert least_traffic(LAYER, 40) <= COMPULSORY + 2 * 2 * 64 * 64


def test_heads_of_a_group_share_keys_and_values():
    grouped = flat.parse_attention("B=1,H=2,KV=1,M=64,N=64,D=16")
    assert least_traffic(grouped, inf) == COMPULSORY - 2 * 64 * 16


@pytest.mark.parametrize("tensor", ["Q", "K", "V", "O"])
def test_each_tensor_counts_as_it_weighs(tensor):
    heavier = Weights(**{tensor: 3.0})
    assert least_traffic(LAYER, inf, cost=heavier) == COMPULSORY + 2 * (2 * 64 * 16)
