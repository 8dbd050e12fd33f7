"""Entries of a sweep file: what each stands for, and what it cannot be."""

from pathlib import Path

import pytest

from flat_plugin.batch import sweep_entries
from flat_plugin.errors import FlatError
from flat_plugin.timeloop.settings import MapperSettings

HERE = Path()


@pytest.mark.parametrize(
    ("entry", "name"),
    [
        ("bert-base", "bert-base"),
        ({"name": "gpt2", "queries": 2}, "gpt2-decode2"),
        ({"attention": "B=1,H=1,M=8,N=8,D=8"}, "B=1,H=1,M=8,N=8,D=8"),
        ({"attention": "B=1,H=1,M=8,N=8,D=8", "name": "mine"}, "mine"),
        ({"name": "deepseek-v2-lite", "latent": "absorbed"}, "deepseek-v2-lite-absorbed"),
    ],
)
def test_workloads_are_called_by_what_they_are(entry, name):
    assert sweep_entries.workload(entry, HERE).name == name


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("deepseek-v2-lite", "latent attention needs a form.*absorbed"),
        ({"name": "gpt2", "latent": "absorbed"}, "no latent attention"),
        ({"attention": "B=1,H=1,M=8,N=8,D=8", "name": "  "}, "bad name"),
    ],
)
def test_workloads_that_there_are_not(entry, message):
    with pytest.raises(FlatError, match=message):
        sweep_entries.workload(entry, HERE)


def test_overrides_are_sets_or_the_product_of_axes():
    sets = [{"buffer_kb": 64}, {}]
    assert sweep_entries.overrides(sets) == sets
    axes = {"buffer_kb": [64, 128], "softmax_lanes": [8]}
    assert sweep_entries.overrides(axes) == [
        {"buffer_kb": 64, "softmax_lanes": 8},
        {"buffer_kb": 128, "softmax_lanes": 8},
    ]


def test_a_preset_keeps_its_table_only_as_it_is():
    preset = sweep_entries.base({"file": "edge", "name": "mine"}, HERE, None)
    as_it_is, changed = (sweep_entries.machine(preset, changes) for changes in ({}, {"buffer_kb": 1024}))
    assert as_it_is.platform.energies.source.startswith("Accelergy 0.4")
    assert "recorded" in changed.platform.energies.source
    assert as_it_is.platform.architecture.name == changed.platform.architecture.name == "mine"


def test_tensors_are_in_the_order_of_the_layer():
    assert sweep_entries.stage("v,K") == sweep_entries.stage(["K", "V"]) == ("K", "V")
    assert sweep_entries.stage(None) is None
    with pytest.raises(FlatError, match="unknown tensor"):
        sweep_entries.stage("X")


def test_timeloops_mapper_searches_perfect_factors():
    settings = MapperSettings()
    assert sweep_entries.factors(None, settings) == "perfect"
    assert sweep_entries.factors("imperfect", None) == "imperfect"
    with pytest.raises(FlatError, match="Timeloop's mapper searches perfect ones"):
        sweep_entries.factors("imperfect", settings)


def test_a_space_is_a_name_or_a_file_beside_the_sweep(tmp_path):
    assert sweep_entries.space("weight-stationary", tmp_path).source == "weight-stationary"
    (tmp_path / "mine.yaml").write_text("space: {}")
    assert sweep_entries.space("mine.yaml", tmp_path).source == tmp_path / "mine.yaml"
    with pytest.raises(FlatError, match="unknown space .got 'other.yaml'"):
        sweep_entries.space("other.yaml", tmp_path)


@pytest.mark.parametrize("wrong", [0, -1, 1.5])
def test_sizes_are_whole_numbers(wrong):
    for read in (sweep_entries.seq, sweep_entries.batch):
        with pytest.raises(FlatError, match="size"):
            read(wrong)
    assert sweep_entries.seq(None) is None


def test_what_auto_takes_is_what_a_run_is_named_by(programs):
    chosen = sweep_entries.engine("auto", None)
    assert chosen == sweep_entries.engine("native", None) and chosen.name == "native"
