"""What is in ``examples`` does what it says."""

import pytest
from test_documentation import fill

import flat_plugin as flat

EXAMPLES = fill.EXAMPLES
CHIPS = ("npu4", "tpuv4i", "eyeriss", "gpu132")


@pytest.mark.parametrize("notebook", fill.NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_prints_what_it_shows(notebook):
    pytest.importorskip("nbclient")
    pytest.importorskip("altair")
    assert fill.difference(notebook) == "", f"python docs/fill.py examples/{notebook.name}"
    assert len(fill.shown(notebook.read_text(encoding="utf-8"))) > 5


@pytest.mark.parametrize("chip", CHIPS)
def test_a_chip_is_understood_and_evaluated(chip):
    file = EXAMPLES / f"{chip}.yaml"
    table = EXAMPLES / f"{chip}_ert.yaml"
    ert = table if table.exists() else None
    print(flat.show(file))
    estimate = flat.estimate("bert-base", file, "flat-r", ert=ert)
    assert estimate.energy_pj and estimate.cycles >= estimate.limits.cycles


def test_the_sweep_has_sixty_runs():
    assert len(flat.plan(EXAMPLES / "sweep.yaml").runs) == 60


def test_the_mapping_uses_the_cores():
    asked = {"seq": 512, "softmax": "overlapped"}
    own = flat.estimate("bert-base", EXAMPLES / "npu4.yaml", mapping=EXAMPLES / "npu4_mapping.yaml", **asked)
    named = flat.estimate("bert-base", EXAMPLES / "npu4.yaml", "flat-h", **asked)
    assert own.cycles < 0.6 * named.cycles and not any("not used" in note for note in own.notes)


def test_every_example_is_listed():
    listed = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert [path.name for path in EXAMPLES.iterdir() if path.name not in listed] == ["README.md"]
