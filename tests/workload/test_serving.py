"""One step of a server from a file: its requests, and the model that serves them."""

import pytest

import flat_plugin as flat

MIX = "mix: {{{model}decode: [{{requests: 2, seq: 64}}], prefill: [{{requests: 1, chunk: 16, position: 0}}]}}"


def test_the_model_that_the_file_names():
    found = flat.read_mix(MIX.format(model="model: gpt2, "))
    assert [(each.number, each.queries, each.keys) for each in found.requests] == [(2, 1, 64), (1, 16, 16)]


def test_or_the_one_that_is_given():
    mine = flat.read_mix(MIX.format(model=""), "gpt2")
    assert mine == flat.read_mix(MIX.format(model=""), flat.find_model("gpt2"))


@pytest.mark.parametrize(
    ("model", "given", "message"),
    [
        ("", None, "mix.model: no model serves these requests"),
        ("model: gpt2, ", "bert-base", "model: the mix names its own model .got 'bert-base'.; expected gpt2"),
        ("model: bert-base, ", None, "bert-base does not decode one sequence from a cache"),
    ],
)
def test_exactly_one_decoder_serves_them(model, given, message):
    with pytest.raises(flat.FlatError, match=message):
        flat.read_mix(MIX.format(model=model), given)
