"""Steps of serving as files describe them."""

import pytest

from flat_plugin.errors import FlatError
from flat_plugin.workload import find_model
from flat_plugin.workload.requests import Requests, mix_of
from flat_plugin.workload.serving import read_mix

STEP = """
mix:
  model: gpt2
  decode:
    - {requests: 32, seq: 512}
    - {requests: 2, seq: [64, 128], queries: 4, shared: 60}
  prefill:
    - {chunk: 256, position: 100}
    - {requests: 3, chunk: 16}
"""


def test_a_file_of_requests():
    mix = mix_of(STEP)
    assert mix.requests == (
        Requests(32, 512),
        Requests(2, 64, 4, 60),
        Requests(2, 128, 4, 60),
        Requests(1, 356, 256),
        Requests(3, 16, 16),
    )
    assert sum(each.tokens for each in mix.requests) == 32 + 8 + 8 + 256 + 48
    assert [Requests.of(each.to_dict()) for each in mix.requests] == [*mix.requests]
    model = read_mix(STEP)
    assert model.name == "gpt2-mix" and model.requests == mix.requests


def test_a_model_that_the_file_does_not_name():
    text = "mix: {decode: [{seq: 64}]}"
    assert read_mix(text, "gpt2") == find_model("gpt2").serving(Requests(1, 64))
    with pytest.raises(FlatError, match=r"mix\.model"):
        read_mix(text)
    with pytest.raises(FlatError, match="names its own model"):
        read_mix(STEP, "bert-base")


def test_a_configuration_lies_beside_the_file(tmp_path):
    sizes = '{"model_type": "gpt2", "n_layer": 2, "n_head": 4, "n_embd": 64, "n_positions": 128}'
    (tmp_path / "config.json").write_text(sizes)
    file = tmp_path / "mix.yaml"
    file.write_text("mix: {config: config.json, decode: [{seq: 64}]}")
    assert read_mix(file).layers == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mix: {model: gpt2}", "a step without requests"),
        ("mix: {model: gpt2, decode: []}", "a step without requests"),
        ("mix: {model: gpt2, decode: [{}]}", r"mix\.decode\[0\]\.seq"),
        ("mix: {model: gpt2, decode: [{seq: 0}]}", r"mix\.decode\[0\]\.seq"),
        ("mix: {model: gpt2, decode: [{seq: 4, queries: 5}]}", r"mix\.decode\[0\]\.queries"),
        ("mix: {model: gpt2, decode: [{seq: 4}, {seq: 4, more: 1}]}", r"mix\.decode\[1\]: unknown key"),
        ("mix: {model: gpt2, prefill: [{position: 4}]}", r"mix\.prefill\[0\]\.chunk"),
        ("mix: {model: gpt2, prefill: [{chunk: 4, position: -1}]}", r"mix\.prefill\[0\]\.position"),
        ("mix: {model: gpt2, prefill: [{chunk: 4, shared: 1}]}", "a single request has nothing to share"),
        ("mix: {model: gpt2, decode: [{requests: 2, seq: 4, shared: 4}]}", "before their new tokens"),
        (
            "mix: {model: gpt2, decode: [{requests: 20000, seq: 4, shared: 3}]}",
            r"decode\[0\]\.requests: more",
        ),
        ("mix: {model: gpt2, config: a.json, decode: [{seq: 4}]}", "both a model and a configuration"),
        ("mix: {model: gpt2, part: text, decode: [{seq: 4}]}", "only a configuration has parts"),
        ("mix: {modle: gpt2, decode: [{seq: 4}]}", "did you mean model"),
        ("mix: {model: gpt7, decode: [{seq: 4}]}", "gpt7"),
        ("mix: {model: t5-base, decode: [{seq: 4}]}", "does not decode one sequence"),
        ("mix: {model: bert-base, decode: [{seq: 4}]}", "does not decode one sequence"),
        ("decode: [{seq: 4}]", "mix"),
    ],
)
def test_what_is_no_step_is_refused(text, said):
    with pytest.raises(FlatError, match=said):
        read_mix(text)


def test_requests_have_their_own_lengths():
    served = find_model("gpt2").serving(Requests(2, 64))
    for call in (lambda: served.blocks(64), lambda: served.blocks(batch=2), lambda: served.decoding()):
        with pytest.raises(FlatError, match="have their own lengths"):
            call()
    with pytest.raises(FlatError, match="their own new tokens"):
        find_model("gpt2").decoding().serving(Requests(2, 64))
    with pytest.raises(FlatError, match="needs requests"):
        find_model("gpt2").serving()
