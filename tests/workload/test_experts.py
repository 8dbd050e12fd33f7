from __future__ import annotations

from random import Random
from statistics import mean

import pytest

from flat_plugin import estimate
from flat_plugin.errors import FlatError
from flat_plugin.workload import Attention, Block, find_model
from flat_plugin.workload.experts import Experts


def test_one_token_hits_what_it_chooses():
    assert Experts(256, 8).fetched(1) == 8
    assert Experts(256, 8, hit="all").fetched(1) == 8


@pytest.mark.parametrize(("number", "chosen", "tokens"), [(8, 2, 3), (64, 6, 8), (128, 4, 64)])
def test_the_expected_number_is_the_mean_of_random_choices(number, chosen, tokens):
    random = Random(7)

    def hit():
        return len({expert for _ in range(tokens) for expert in random.sample(range(number), chosen)})

    assert Experts(number, chosen).fetched(tokens) == pytest.approx(mean(hit() for _ in range(2000)), abs=0.7)


def test_all_are_as_many_as_choices_can_hit():
    assert Experts(8, 2, hit="all").fetched(3) == 6
    assert Experts(8, 2, hit="all").fetched(5) == 8


@pytest.mark.parametrize("tokens", [1, 2, 3, 7, 100])
def test_shares_add_up_to_all_choices(tokens):
    experts = Experts(16, 3)
    assert sum(n * rows for n, rows in experts.shares(tokens)) == 3 * tokens
    assert sum(n for n, _ in experts.shares(tokens)) == experts.fetched(tokens)


def block(tokens, **changes):
    experts = Experts(**{"number": 8, "chosen": 2, "shared": 40} | changes)
    return Block(Attention(1, 4, tokens, tokens, 16), 64, 100, gated=True, experts=experts)


def test_a_block_of_experts():
    around = {einsum.name: (times, einsum) for times, einsum in block(3).around()}
    assert around["router"][1].sizes == {"M": 3, "N": 8, "K": 64}
    assert around["shared_down"][1].sizes == {"M": 3, "N": 64, "K": 40}
    rows = sum(around[name][0] * around[name][1].sizes["M"] for name in around if name.endswith("expert_up"))
    assert rows == 2 * 3
    assert "ff_up" not in around


def test_multiply_accumulates_are_those_of_the_choices():
    for tokens in (1, 5, 64):
        done = sum(n * e.operations for n, e in block(tokens).expert_layers())
        assert done == tokens * (64 * 8 + 3 * 64 * 40 + 2 * 3 * 64 * 100)


@pytest.mark.parametrize("changes", [{"chosen": 9}, {"number": 0}, {"shared": -1}, {"hit": "some"}])
def test_every_field_is_checked(changes):
    with pytest.raises(FlatError, match="experts"):
        block(1, **changes)


def test_an_option_without_effect_is_refused():
    with pytest.raises(FlatError, match="experts: experts do not change the attention"):
        estimate("mixtral-8x7b", seq=64, experts="all")
    with pytest.raises(FlatError, match="experts: gpt2 has no experts"):
        estimate("gpt2", seq=64, level="model", experts="all")


def test_a_model_of_all_experts_has_a_name_of_its_own():
    model = find_model("mixtral-8x7b")
    assert model.routed("expected") == model
    assert model.routed("all").decoding().name == "mixtral-8x7b-all-experts-decode"
    (block,) = {block for _, block in model.routed("all").blocks(4)}
    assert block.experts.fetched(3) == 6
