"""The sweep file: what it may say, and everything that is wrong with one in a single report."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import flat_plugin as flat
from flat_plugin.errors import FlatError, SeveralErrors

LEAST = {"models": ["bert-base"], "architectures": ["edge"], "dataflows": ["base"]}


def inputs(**more):
    return [run.inputs() for run in flat.plan({"sweep": {**LEAST, **more}}).runs]


def column(name, **more):
    return [each[name] for each in inputs(**more)]


def test_the_least_a_sweep_says():
    (only,) = inputs()
    assert only == {
        "model": "bert-base",
        "seq": 512,
        "queries": 512,
        "batch": 1,
        "bits": None,
        "architecture": "edge",
        "overrides": {},
        "dataflow": "base",
        "level": "attention",
        "softmax": "serial",
        "overflow": "reject",
        "mask": "full",
        "skip": "tiles",
        "elementwise": "unit",
        "stage": None,
        "space": None,
        "engine": "native",
        "mapper": None,
    }


def test_masks_are_an_axis(tmp_path):
    (tmp_path / "mask.yaml").write_text("mask: {rows: 512, keys: 256, blocks: ['10']}")
    (tmp_path / "sweep.yaml").write_text(
        yaml.safe_dump({"sweep": {**LEAST, "mask": [None, "window=64", "mask.yaml"], "skip": "none"}})
    )
    runs = flat.plan(tmp_path / "sweep.yaml").runs
    assert [run.inputs()["mask"] for run in runs] == ["full", "causal,window=64", "1 of 2 blocks of 512x256"]
    assert {run.inputs()["skip"] for run in runs} == {"none"}
    assert column("mask", mask=["full", "causal"], exclude=[{"mask": "causal"}]) == ["full"]
    assert column("mask", mask=["full", "window=64"], include={"mask": "window=64,causal"}) == [
        "causal,window=64"
    ]
    with pytest.raises(FlatError, match=r"exclude\[0\].*unknown part of a mask"):
        inputs(exclude={"mask": "casual"})
    with pytest.raises(FlatError, match="unknown part of a mask"):
        inputs(mask=["casual"])
    assert column("mask", mask="causal", dataflows=["flat-opt"], factors="imperfect") == ["causal"]
    assert column("mask", mask=["full", "causal"], dataflows=["flat-opt"]) == ["full", "causal"]


def test_widths_of_words_are_an_axis():
    assert column("bits", bits=[None, "K=8,V=8", {"S": 32}, 8]) == [None, "K=8,V=8", "S=32", "8"]
    assert column("bits", bits=[None, "K=8"], exclude=[{"bits": "K=8"}]) == [None]
    assert column("bits", bits=[None, "K=8,V=4", 8], exclude={"bits": [{"V": 4, "K": 8}, 8]}) == [None]
    with pytest.raises(FlatError, match=r"bits\[1\]"):
        inputs(bits=["K=8", "X=8"])


def test_hardware_has_widths_for_what_says_none(tmp_path):
    edge = Path(flat.__file__).parents[1] / "arch/edge/arch.yaml"
    text = edge.read_text().replace(
        'technology: "45nm"', 'technology: "45nm"\n        tensor_bits: {K: 8, V: 8}'
    )
    (tmp_path / "eight.yaml").write_text(text)
    (tmp_path / "sweep.yaml").write_text(
        yaml.safe_dump({"sweep": {**LEAST, "architectures": ["edge", "eight.yaml"], "bits": [None, "V=4"]}})
    )
    found = [
        (run.inputs()["architecture"], run.inputs()["bits"])
        for run in flat.plan(tmp_path / "sweep.yaml").runs
    ]
    assert found == [("edge", None), ("eight", "K=8,V=8"), ("edge", "V=4"), ("eight", "K=8,V=4")]


def test_searches_know_several_widths_and_v_as_a_part_of_k():
    assert column("bits", dataflows=["flat-opt"], factors="imperfect", bits=["K=8"]) == ["K=8"]
    assert column("bits", dataflows=["base", "flat-opt"], bits=["K=8"]) == ["K=8", "K=8"]
    assert column("bits", dataflows=["flat-opt"], bits=["K=16", "W=8"]) == ["K=16", "W=8"]
    joint = {"attention": "B=1,H=4,KV=1,M=8,D=16,E=8,V=K"}
    assert len(inputs(models=[joint], dataflows=["flat-opt"], factors="imperfect")) == 1
    assert len(inputs(models=[joint], dataflows=["base", "flat-h", "flat-opt"])) == 3


def test_latent_attention_has_a_form():
    lite = {"name": "deepseek-v2-lite", "queries": 1}
    with pytest.raises(FlatError, match="latent attention needs a form"):
        inputs(models=[lite], seq=[64])
    assert column("model", models=[{**lite, "latent": "absorbed"}], seq=[64]) == [
        "deepseek-v2-lite-absorbed-decode"
    ]
    with pytest.raises(FlatError, match="no latent attention"):
        inputs(models=[{"name": "gpt2", "latent": "absorbed"}])


def test_a_model_and_steps_of_its_decoding():
    step = {"name": "llama-3-8b", "queries": 1}
    found = inputs(models=["llama-3-8b", step, {**step, "queries": 8}], seq=[4096])
    assert [(each["model"], each["seq"], each["queries"]) for each in found] == [
        ("llama-3-8b", 4096, 4096),
        ("llama-3-8b-decode", 4096, 1),
        ("llama-3-8b-decode8", 4096, 8),
    ]
    with pytest.raises(flat.FlatError, match=r"sweep\.models \(llama-3-8b-decode8\).*at most the 4 keys"):
        inputs(models=[{**step, "queries": 8}], seq=[4096, 4])


def test_searches_keep_to_a_space_and_nothing_else_does():
    found = inputs(dataflows=["base", "flat-h", "base-opt", "flat-opt"], space="weight-stationary")
    spaces = {each["dataflow"]: each["space"] for each in found}
    named = dict.fromkeys(["base", "flat-h"])
    assert spaces == named | dict.fromkeys(["base-opt", "flat-opt"], "weight-stationary")


def test_a_space_decides_the_results_of_searches():
    def keys(**more):
        return [
            run.key for run in flat.plan({"sweep": {**LEAST, "dataflows": ["base", "flat-opt"]} | more}).runs
        ]

    (base, free), (same, kept) = keys(), keys(space="weight-stationary")
    assert (base, free) == (same, free)
    assert len({free, kept, keys(space="output-stationary")[1]}) == 3
    assert keys(space=None) == [base, free]


SPACE = "space: {operators: {logit: [{target: %s, type: spatial, factors: '%s'}]}}"


def test_a_space_of_ones_own_is_found_beside_the_sweep(tmp_path, monkeypatch):
    sweep = {"models": [{"attention": "B=1,H=2,M=32,N=32,D=16"}], "architectures": ["edge"]}
    sweep |= {"dataflows": ["flat-opt"], "space": "mine.yaml"}
    (tmp_path / "sweep.yaml").write_text(yaml.safe_dump(sweep))
    keys = set()
    for factors in ("M=1", "M<=4"):  # its content decides, not its name
        (tmp_path / "mine.yaml").write_text(SPACE % ("GlobalBuffer", factors))
        (run,) = flat.plan(tmp_path / "sweep.yaml").runs
        assert run.inputs()["space"] == "mine.yaml"
        keys.add(run.key)
    assert len(keys) == 2
    monkeypatch.chdir(tmp_path)  # nor from where it is read
    assert flat.plan("sweep.yaml").runs[0].key == run.key
    (tmp_path / "mine.yaml").write_text(SPACE % ("Elsewhere", "M=1"))
    with pytest.raises(flat.FlatError, match=r"sweep\.space: .*mine\.yaml: .*Elsewhere"):
        flat.plan(tmp_path / "sweep.yaml")


def test_a_run_gives_what_the_search_in_its_space_finds(tmp_path):
    layer = "B=1,H=2,M=32,N=32,D=16"
    sweep = {"models": [{"attention": layer}], "architectures": ["edge"], "dataflows": ["base", "flat-opt"]}
    found = flat.run({"sweep": {**sweep, "space": "output-stationary"}}, tmp_path, jobs=1)
    assert not found.failed
    runs = {run.inputs["dataflow"]: run for run in flat.read_results(tmp_path).runs}
    best = flat.search(flat.parse_attention(layer), "edge", space="output-stationary")
    free = flat.search(flat.parse_attention(layer), "edge")
    assert runs["flat-opt"].estimate["cycles"] == best.estimate.cycles
    assert runs["flat-opt"].estimate["energy_pj"] == best.estimate.energy_pj != free.estimate.energy_pj
    assert runs["flat-opt"].inputs["space"] == "output-stationary"
    assert runs["base"].inputs["space"] is None


def test_a_plan_needs_no_file_locks():
    """Which some systems lack."""
    program = "import sys; sys.modules['fcntl'] = None; import flat_plugin as flat; "
    program += f"print(len(flat.plan({{'sweep': {LEAST!r}}}).runs))"
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (answer.stdout, answer.stderr) == ("1\n", "")


def test_files_are_found_beside_the_sweep(tmp_path):
    folder = tmp_path / "a folder; $(with) ünïcode"
    folder.mkdir()
    (folder / "mine.yaml").write_text((flat.architecture.preset_path("edge") / "arch.yaml").read_text())
    config = {"model_type": "bert", "hidden_size": 64, "num_attention_heads": 2, "num_hidden_layers": 1}
    config |= {"intermediate_size": 128, "max_position_embeddings": 64, "vocab_size": 10}
    (folder / "config.json").write_text(json.dumps(config))
    content = {
        "models": [{"config": "config.json", "name": "mein Modell; `rm`"}],
        "architectures": ["mine.yaml", {"file": "mine.yaml", "name": "the same, under another name"}],
        "dataflows": ["flat-r"],
    }
    (folder / "sweep.yaml").write_text(yaml.safe_dump(content, allow_unicode=True))
    first, second = flat.plan(folder / "sweep.yaml").runs
    assert first.inputs()["model"] == "mein Modell; `rm`"
    assert (first.seq, first.question.platform.architecture.name) == (64, "mine")
    assert second.question.platform.architecture.name == "the same, under another name"
    assert first.key != second.key


def test_what_decides_a_result_decides_its_name():
    (run,) = flat.plan({"sweep": LEAST}).runs
    assert run.key == flat.plan({"sweep": LEAST}).runs[0].key
    others = [
        {"seq": 1024},
        {"batch": 2},
        {"models": ["gpt2"], "seq": 512},  # the same sizes, another name
        {"architectures": ["cloud"]},
        {"overrides": {"softmax_lanes": [33]}},
        {"overrides": {"dram_words_per_cycle": [28.6]}},
        {"dataflows": ["base-h"]},
        {"level": "block"},
        {"softmax": "free"},
        {"overflow": "spill"},
        {"stage": ["K"]},
        {"factors": "perfect"},
    ]
    keys = {flat.plan({"sweep": {**LEAST, **other}}).runs[0].key for other in others}
    assert len(keys | {run.key}) == len(others) + 1


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"model": ["bert-base"]}, ["sweep: unknown key", "'model'", "models"]),
        ({"models": []}, ["sweep.models", "empty"]),
        ({"models": ["bert-bse"]}, ["sweep.models[0]", "bert-bse", "bert-base"]),
        ({"models": [{"attention": "B=1,H=0,M=1,D=1"}]}, ["sweep.models[0]", "1 or more"]),
        ({"models": [{"config": "none.json"}]}, ["sweep.models[0]", "none.json", "no such file"]),
        ({"models": [{"name": "gpt2", "queries": 0}]}, ["sweep.models[0].queries", "1 to "]),
        ({"models": [{"name": "gpt2", "querys": 1}]}, ["models[0]: unknown key", "mean queries?"]),
        (
            {"models": [{"attention": "B=1,H=1,M=1,D=1", "queries": 1}]},
            ["sweep.models[0]", "queries", "attention or name"],
        ),
        ({"models": ["bert-base", "BERT-base"]}, ["sweep.models", "two entries of one name"]),
        ({"seq": [512, -4]}, ["sweep.seq[1]", "-4"]),
        ({"batch": ["many"]}, ["sweep.batch[0]", "'many'"]),
        ({"architectures": ["none.yaml"]}, ["sweep.architectures[0]", "none.yaml"]),
        ({"architectures": [{"preset": "edge"}]}, ["sweep.architectures[0].file: missing"]),
        ({"overrides": [{"buffer": 1}]}, ["sweep.overrides[0]: unknown key", "did you mean buffer_kb?"]),
        ({"overrides": {"pes": [64, 64]}}, ["sweep.overrides.pes[0]", "expected a list"]),
        ({"dataflows": ["flat-x"]}, ["sweep.dataflows[0]", "flat-x", "flat-h"]),
        ({"engine": "magic"}, ["sweep.engine[0]", "magic", "timeloop"]),
        ({"level": "city"}, ["sweep.level", "attention, block or model"]),
        (
            {"models": [{"attention": "B=1,H=1,M=4,D=4"}], "level": "block"},
            ["sweep.level", "is only attention"],
        ),
        ({"softmax": "no"}, ["sweep.softmax", "serial"]),
        ({"overflow": "no"}, ["sweep.overflow", "spill"]),
        ({"stage": ["X"]}, ["sweep.stage", "'X'"]),
        ({"factors": "ragged"}, ["sweep.factors", "'ragged'", "imperfect or perfect"]),
        ({"factors": "imperfect", "mapper": {}}, ["sweep.factors", "perfect"]),
        ({"mapper": {"algorithm": "luck"}}, ["sweep.mapper", "luck", "random_pruned"]),
        ({"mapper": {"threads": 2}}, ["sweep.mapper", "num_threads"]),
        ({"mapper": {}}, ["sweep.mapper", "engine: timeloop"]),
        ({"time_limit": 0}, ["sweep.time_limit", "above 0"]),
        ({"space": "weight-stationary"}, ["sweep.space", "no dataflow of the sweep is searched", "flat-opt"]),
        ({"space": "wait-stationary"}, ["sweep.space", "unknown space", "weight-stationary"]),
        ({"space": 7}, ["sweep.space", "7", "a text or nothing"]),
        (
            {"space": "weight-stationary", "dataflows": ["flat-opt"], "mapper": {}},
            ["sweep.space", "Timeloop's mapper keeps to none"],
        ),
        ({"include": [{}]}, ["sweep.include[0]", "empty"]),
        ({"exclude": [{"model": "t5-small"}]}, ["sweep.exclude[0]", "matches no run", "t5-small"]),
        ({"exclude": [{"dataflow": "base"}]}, ["nothing to run"]),
        ({"seq": list(range(1, 2000)), "batch": list(range(1, 2000))}, ["too many runs"]),
    ],
)
def test_mistakes(more, words):
    with pytest.raises(flat.FlatError) as refused:
        flat.plan({"sweep": {**LEAST, **more}})
    assert all(word in str(refused.value) for word in words), str(refused.value)


def test_all_mistakes_are_reported_together(tmp_path):
    file = tmp_path / "sweep.yaml"
    file.write_text("sweep: {models: [bert-bse, t5-small], seq: 0, architectures: [edge], softmx: free}")
    with pytest.raises(SeveralErrors) as refused:
        flat.plan(file)
    assert [error.path for error in refused.value.errors] == [
        "sweep.seq[0]",
        "sweep.dataflows",
        "sweep",
        "sweep.models[0]",
    ]
    assert all(str(error).startswith(str(file)) for error in refused.value.errors)


def test_a_model_without_a_length_of_its_own(tmp_path):
    config = {"model_type": "t5", "d_model": 64, "num_heads": 2, "d_kv": 32, "num_layers": 1, "d_ff": 128}
    (tmp_path / "config.json").write_text(json.dumps(config))
    sweep = tmp_path / "sweep.yaml"
    sweep.write_text("{models: [{config: config.json, name: t5}], architectures: [edge], dataflows: [base]}")
    with pytest.raises(flat.FlatError, match=r"sweep\.models \(t5\).*sequence length"):
        flat.plan(sweep)


def test_nothing_is_written_for_a_sweep_with_a_mistake(tmp_path):
    command = [sys.executable, "-c", "from flat_plugin.cli import main; main()", "run"]
    (tmp_path / "sweep.yaml").write_text("sweep: {models: [bert-bse], architectures: [edge]}")
    answer = subprocess.run(
        [*command, tmp_path / "sweep.yaml", "-o", tmp_path / "out"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert answer.returncode == 2
    assert answer.stderr.startswith("flat: 2 errors\n")
    assert "Traceback" not in answer.stderr
    assert not (tmp_path / "out").exists()


def test_the_estimator_of_the_energies():
    first, second = (
        flat.plan({"sweep": {**LEAST, "estimator": name}}).runs[0] for name in ("auto", "recorded")
    )
    assert first.question.platform.energies.source.startswith("Accelergy 0.4")
    assert second.question.platform.energies.source.startswith("recorded Accelergy 0.4")
    assert first.key != second.key
    with pytest.raises(FlatError, match=r"sweep\.estimator: unknown choice \(got 'mine'\); expected auto"):
        flat.plan({"sweep": {**LEAST, "estimator": "mine"}})


@pytest.mark.parametrize("engine", ["auto", ["native", "auto"]])
def test_a_mapper_that_nobody_here_has_is_not_dropped(monkeypatch, engine):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("flat_plugin.engines.timeloop.TimeloopEngine", missing)
    with pytest.raises(FlatError, match=r"sweep.mapper: only Timeloop searches \(auto is the native engine"):
        inputs(engine=engine, mapper={"search_size": 50})
    assert column("mapper", engine=engine) == [None]


def missing(*arguments, **options):
    from flat_plugin.programs.errors import ProgramMissing

    raise ProgramMissing("not here")


def test_what_is_searched_is_not_spilled():
    with pytest.raises(FlatError, match="sweep.overflow: flat-opt is searched among what fits"):
        inputs(dataflows=["base", "flat-opt"], overflow="spill")
    assert column("overflow", dataflows=["base"], overflow="spill") == ["spill"]
