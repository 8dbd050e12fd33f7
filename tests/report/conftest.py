"""Small batches as ``flat run`` leaves them."""

import json

import pytest

from flat_plugin import run

SWEEP = {
    "models": ["bert-base", "t5-small"],
    "seq": [512, 2048],
    "architectures": ["edge", "cloud"],
    "dataflows": ["base", "flat-h", "flat-r"],
}
BERT = SWEEP | {
    "models": ["bert-base"],
    "seq": [512],
    "architectures": ["edge"],
    "dataflows": ["base", "flat-r"],
}
SIZES = BERT | {"overrides": [{"buffer_kb": 128}, {"buffer_kb": 256, "dram_words_per_cycle": 57}]}
WHOLE = BERT | {"level": "model"}


@pytest.fixture(scope="session")
def batch(tmp_path_factory):
    """Attention layers, two of whose dataflows do not fit, and models; one not done yet and one torn."""
    folder = tmp_path_factory.mktemp("batch") / "out"
    for name, sweep in (("layers", SWEEP), ("sizes", SIZES), ("models", WHOLE)):
        run({"sweep": sweep}, folder / name, jobs=1)
    (folder / "half-done").mkdir()
    (folder / "half-done" / "inputs.json").write_text("{}")
    (folder / "torn").mkdir()
    (folder / "torn" / "result.json").write_text('{"format": 1, "run": "to')
    return folder


@pytest.fixture(scope="session")
def documents(batch):
    """Every result that succeeded, by the run's name."""
    files = [path for path in batch.rglob("result.json") if path.parent.name != "torn"]
    found = [json.loads(path.read_text()) for path in files]
    return {document["run"]: document for document in found if document["status"] == "ok"}


@pytest.fixture(scope="session")
def results(batch):
    from flat_plugin.report.read.results import read_results

    return read_results(batch)


@pytest.fixture
def pick(results):
    """The run of a dataflow at 512 tokens."""

    def find(flow):
        return next(
            run for run in results.runs if run.inputs["dataflow"] == flow and run.inputs["seq"] == 512
        )

    return find
