"""Dataflows by name and by file: every field counts, and what contradicts another is refused."""

from itertools import product

import pytest
import yaml

import flat_plugin as flat
from flat_plugin import FlatError
from flat_plugin.mapping.named import (
    dataflow_document,
    dataflow_of,
    list_dataflows,
    parse_dataflow,
    read_dataflow,
)
from flat_plugin.resources import resource_folder

ROWS = {"name": "mine", "fused": True, "granularity": "R", "rows": 16}


def written(tmp_path, **fields):
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump({"dataflow": fields}), encoding="utf-8")
    return str(file)


def test_a_file_is_the_dataflow_that_it_says(tmp_path):
    found = parse_dataflow(written(tmp_path, **ROWS, stage=["K", "V"], factors="perfect"))
    assert (found.name, found.granularity, found.rows, found.factors) == ("mine", "R", 16, "perfect")
    assert found.stage == {"K", "V", "S"}


def test_a_file_costs_what_the_same_dataflow_by_name_and_option_costs(tmp_path):
    own = flat.estimate("bert-base", "edge", written(tmp_path, **ROWS, stage=["K"]), seq=512)
    named = flat.estimate("bert-base", "edge", "flat-r16", seq=512, stage=["K"])
    assert (own.cycles, own.energy_pj, own.traffic) == (named.cycles, named.energy_pj, named.traffic)
    assert own.dataflow == "mine"


def test_open_rows_are_chosen_and_named(tmp_path):
    own = flat.estimate(
        "bert-base", "edge", written(tmp_path, name="mine", fused=True, granularity="R"), seq=512
    )
    assert own.dataflow == flat.estimate("bert-base", "edge", "flat-r", seq=512).dataflow.replace(
        "flat-r", "mine"
    )


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"name": "mine"}, "dataflow.fused"),
        ({**ROWS, "name": "flat-r7"}, "dataflow.name"),
        ({**ROWS, "name": "BASE"}, "dataflow.name"),
        ({**ROWS, "name": "a/b"}, "dataflow.name"),
        ({**ROWS, "name": "a,b"}, "dataflow.name"),
        ({**ROWS, "granularity": "H"}, "dataflow.rows"),
        ({**ROWS, "granularity": "Q"}, "dataflow.granularity"),
        ({**ROWS, "fused": False}, "dataflow.granularity"),
        ({**ROWS, "rows": 0}, "dataflow.rows"),
        ({**ROWS, "rows": True}, "dataflow.rows"),
        ({**ROWS, "stages": ["K"]}, "dataflow"),
        ({**ROWS, "stage": ["Z"]}, "dataflow.stage"),
        ({**ROWS, "online": True}, "dataflow.online"),
        ({**ROWS, "searched": True, "stage": ["K"]}, "dataflow.stage"),
        ({"name": "mine", "fused": True}, "dataflow.granularity"),
        ({"name": "mine", "fused": False, "searched": True, "granularity": "H"}, "dataflow.granularity"),
        ({"name": "mine", "fused": False, "searched": True, "online": True}, "dataflow.online"),
    ],
)
def test_what_means_nothing_is_refused_with_its_place(tmp_path, fields, path):
    with pytest.raises(FlatError) as refused:
        parse_dataflow(written(tmp_path, **fields))
    assert refused.value.path == path
    assert "mine.yaml" in str(refused.value)


def test_a_file_holds_a_dataflow_alone(tmp_path):
    with pytest.raises(FlatError, match="unknown key"):
        read_dataflow({"dataflow": ROWS, "space": {}})
    with pytest.raises(FlatError, match="there is no dataflow"):
        read_dataflow({"dataflows": ROWS})
    with pytest.raises(FlatError, match="no such file"):
        parse_dataflow(tmp_path / "none.yaml")


def test_what_ships_is_named_and_the_rest_written_out():
    assert all(dataflow_document(flow) == flow.name for flow in list_dataflows())
    assert dataflow_document(parse_dataflow("flat-r64")) == "flat-r64"
    for granularity, rows, searched in product("MBHR", (None, 8), (False, True)):
        if rows is None or granularity == "R":
            flow = dataflow_of(
                dict(name="m", fused=True, granularity=granularity, rows=rows, searched=searched)
            )
            assert dataflow_of(dataflow_document(flow)) == flow


def test_a_mapping_of_a_dataflow_of_ones_own_is_saved_and_read(tmp_path):
    found = flat.search("bert-base", "edge", seq=512, dataflow=written(tmp_path, **ROWS))
    flat.save_mapping(found.mapping, "bert-base", "edge", tmp_path / "best.yaml", seq=512, mask="full")
    again = flat.estimate("bert-base", "edge", seq=512, mapping=tmp_path / "best.yaml")
    assert (again.dataflow, again.cycles, again.energy_pj) == ("mine", *figures(found.estimate))


def figures(estimate):
    return estimate.cycles, estimate.energy_pj


def test_a_search_refuses_a_staging_that_it_would_choose(tmp_path):
    staged = written(tmp_path, **ROWS, stage=["K"])
    for find in (flat.search, flat.pareto):
        with pytest.raises(FlatError, match="fixes what is staged"):
            find("bert-base", "edge", seq=512, dataflow=staged)
    with pytest.raises(FlatError, match="fixes what is staged"):
        flat.search_each("bert-base", "edge", [staged], seq=512)


def test_a_sweep_takes_files_beside_it_and_names_once(tmp_path):
    written(tmp_path, **ROWS)
    sweep = tmp_path / "sweep.yaml"
    axes = {"models": ["bert-base"], "seq": [512], "architectures": ["edge"]}
    sweep.write_text(yaml.safe_dump({"sweep": {**axes, "dataflows": ["base", "mine.yaml"]}}))
    assert [run.dataflow.name for run in flat.plan(sweep).runs] == ["base", "mine"]
    assert flat.run(sweep, tmp_path / "runs", jobs=1).failures == ()
    shown = [run.estimate["dataflow"] for run in flat.read_results(tmp_path / "runs").runs]
    assert sorted(shown) == ["base", "mine"]
    sweep.write_text(yaml.safe_dump({"sweep": {**axes, "dataflows": ["mine.yaml", "mine.yaml"]}}))
    with pytest.raises(FlatError, match="two entries of one name"):
        flat.plan(sweep)


def test_files_are_compared_as_what_they_hold(tmp_path):
    own = written(tmp_path, **ROWS)
    found = flat.compare("base", own, "bert-base", seq=512)
    assert found.figures[0].b == flat.estimate("bert-base", "edge", own, seq=512).seconds
    chip = resource_folder("arch") / "cloud" / "arch.yaml"
    other = flat.compare("edge", str(chip), "bert-base", seq=512, estimator="recorded")
    assert other.figures[0].name == "latency"


def test_an_exploration_takes_files_beside_its_design(tmp_path):
    written(tmp_path, **ROWS)
    design = {
        "architecture": "edge",
        "axes": {"buffer_kb": [256, 512]},
        "workloads": [{"model": "bert-base", "seq": 512}],
        "dataflows": ["base", "mine.yaml"],
    }
    file = tmp_path / "design.yaml"
    file.write_text(yaml.safe_dump({"exploration": design}))
    assert "mine" in str(flat.explore(file, jobs=1).to_dict())
    (tmp_path / "mine.yaml").unlink()
    with pytest.raises(FlatError, match="no such file"):
        flat.explore(file, jobs=1)


def test_a_question_of_where_takes_files(tmp_path):
    found = flat.solve(
        "buffer_kb", "bert-base", seq=512, until="cycles <= 2.1 * limit", values=[256, 512],
        dataflow=["base", written(tmp_path, **ROWS)],
    )  # fmt: skip
    assert found
