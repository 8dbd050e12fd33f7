"""The runs of a sweep: the product of its axes, each once, without what is excluded."""

import json

import pytest

import flat_plugin as flat
from flat_plugin.errors import FlatError

LEAST = {"models": ["bert-base"], "architectures": ["edge"], "dataflows": ["base"]}


def inputs(**more):
    return [run.inputs() for run in flat.plan({"sweep": {**LEAST, **more}}).runs]


def column(name, **more):
    return [each[name] for each in inputs(**more)]


def test_the_product_of_its_axes():
    found = inputs(
        models=["bert-base", "t5-small"],
        seq=[512, 4096],
        batch=[1, 64],
        architectures=["edge", "cloud"],
        overrides=[{}, {"dram_words_per_cycle": 50}],
        dataflows=["base", "flat-h", "flat-r64"],
    )
    assert len(found) == 2 * 2 * 2 * 2 * 2 * 3
    assert len({json.dumps(each) for each in found}) == len(found)


def test_overrides_as_axes():
    found = column("overrides", overrides={"buffer_kb": [256, 512], "pes": [[16, 16], [32, 32]]})
    assert len(found) == 4
    assert {"buffer_kb": 256, "pes": [32, 32]} in found


def test_a_combination_that_comes_twice_is_one_run():
    assert column("seq", seq=[512, None, 512]) == [512]
    by_hand = {"attention": "B=2,H=4,M=64,N=128,D=16"}
    (only,) = inputs(models=[by_hand], seq=[512, 4096])
    assert (only["model"], only["seq"], only["batch"]) == (by_hand["attention"], 128, 2)


def test_include_and_exclude():
    axes = {"models": ["bert-base", "t5-small"], "seq": [512, 4096], "dataflows": ["base", "flat-h"]}
    only = inputs(**axes, include=[{"model": "t5-small"}, {"seq": 512, "dataflow": ["flat-h"]}])
    assert len(only) == 5
    rest = inputs(**axes, exclude=[{"model": "t5-small"}, {"seq": 512, "dataflow": ["flat-h"]}])
    assert len(rest) == 3
    some = inputs(overrides={"buffer_kb": [256, 512]}, exclude=[{"buffer_kb": 256}])
    assert [each["overrides"] for each in some] == [{"buffer_kb": 512}]


def test_a_plan_has_a_size_and_the_inputs_of_each_run():
    plan = flat.plan({"sweep": {**LEAST, "batch": [1, 2]}})
    document = plan.document()
    assert document["size"] == 2
    assert [(run["run"], run["inputs"]["batch"]) for run in document["runs"]] == [
        (run.key, batch) for run, batch in zip(plan.runs, (1, 2), strict=True)
    ]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"exclude": [{"model": "bert-base"}]}, "nothing to run"),
        ({"include": [{"model": "gpt2"}]}, "gpt2"),
        ({"batch": [*range(1, 100_002)]}, "too many runs .got 100001.; expected at most 100,000"),
    ],
)
def test_what_leaves_nothing_or_too_much(more, message):
    with pytest.raises(FlatError, match=message):
        inputs(**more)


def test_an_engine_instead_of_the_sweeps():
    (run,) = flat.plan({"sweep": {**LEAST, "engine": "auto"}}, "native").runs
    assert run.engine.name == "native"
