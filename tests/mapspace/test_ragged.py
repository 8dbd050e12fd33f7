"""Any tiles: mappings whose last tiles are smaller, in every memory and over cores."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

import flat_plugin as flat
from flat_plugin.api import save_mapping
from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.energy import energy_for
from flat_plugin.energy.files import table_texts
from flat_plugin.mapspace import ragged
from flat_plugin.mapspace.layer import Layer
from flat_plugin.model.operator import evaluate_operator
from flat_plugin.timeloop.emit import emit_operator
from flat_plugin.timeloop.write import write_files

CHIPS = {"npu4": Path(__file__).parents[2] / "examples" / "npu4.yaml"}
SHORT = "B=1,H=2,M=37,N=53,D=16"  # primes


@pytest.fixture(scope="module")
def found():
    layer = flat.parse_attention(SHORT)
    families = ("base-opt", "flat-opt", "flash")
    return {f: flat.search(layer, "edge", dataflow=f, factors="imperfect") for f in families}


@pytest.mark.parametrize("family", ["base-opt", "flat-opt", "flash"])
def test_beats_perfect_factors(family, found):
    perfect = flat.search(flat.parse_attention(SHORT), "edge", dataflow=family, factors="perfect")
    best = found[family]
    assert best.proven and best.gap == 0.0
    assert not all(operator.perfect for _, operator in best.mapping.operators)
    assert best.value < perfect.value


@pytest.mark.parametrize("family", ["base-opt", "flat-opt", "flash"])
def test_reads_back_to_the_same_numbers(family, found, tmp_path):
    layer, best = flat.parse_attention(SHORT), found[family]
    save_mapping(best.mapping, layer, "edge", tmp_path / "best.yaml")
    again = flat.estimate(layer, "edge", mapping=tmp_path / "best.yaml")
    assert again.to_dict() == best.estimate.to_dict()


@pytest.mark.skipif(shutil.which("timeloop-model") is None, reason="timeloop-model is not on PATH")
def test_timeloop_gives_the_same(found, tmp_path):
    edge = flat.find_architecture("edge")
    energies = energy_for(edge)
    for einsum in flat.parse_attention(SHORT).einsums():
        nest = found["base-opt"].mapping[einsum.name]
        folder = tmp_path / einsum.name
        write_files(emit_operator(einsum, edge, nest) | table_texts(energies, edge), folder)
        names = ("architecture", "problem", "mapping", "ERT", "ART")
        command = ["timeloop-model", *(f"{name}.yaml" for name in names), "-o", "."]
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=60)
        text = (folder / "timeloop-model.stats.txt").read_text()
        result = evaluate_operator(einsum, edge, nest, energies)
        assert int(re.findall(r"^Cycles: (\d+)", text, re.M)[-1]) == result.cycles
        printed = float(re.findall(r"^Energy: ([\d.]+) uJ", text, re.M)[-1])
        assert printed == pytest.approx(result.energy_pj * 1e-6, abs=0.00501)


@pytest.mark.parametrize("objective", ["energy", "latency", "traffic"])
def test_every_objective_is_no_worse_than_with_perfect_factors(objective):
    layer = flat.parse_attention("B=1,H=2,M=29,N=23,D=8")
    ragged = flat.search(layer, "edge", objective=objective, dataflow="flat-opt", factors="imperfect")
    perfect = flat.search(layer, "edge", objective=objective, dataflow="flat-opt", factors="perfect")
    assert ragged.proven and ragged.value <= perfect.value * (1 + 1e-9)


def test_what_needs_little_room_is_searched_among_perfect_factors():
    layer = flat.parse_attention("B=1,H=2,M=29,N=23,D=8")
    with pytest.raises(flat.FlatError, match="perfect, or the objective edp"):
        flat.search(layer, "edge", objective="footprint", factors="imperfect")


@pytest.mark.parametrize("rows", ["flat-h", "flat-b", "flat-r7"])
def test_granularities_are_kept(rows):
    layer = flat.parse_attention("B=3,H=2,M=29,N=23,D=8")
    found = flat.search(layer, "edge", dataflow=rows, factors="imperfect")
    trips = dict(found.mapping.trips)
    assert trips.get("M", 1) == (5 if rows == "flat-r7" else 1)
    assert trips.get("H", 1) == (1 if rows == "flat-b" else 2) and trips["B"] == 3


def test_a_searched_dataflow_has_them_too():
    layer = flat.parse_attention(SHORT)
    best = flat.search(layer, "edge", dataflow="flat-opt", factors="imperfect")
    answer = flat.estimate(layer, "edge", "flat-opt", factors="imperfect")
    assert answer.energy_pj * answer.cycles == pytest.approx(best.value, rel=1e-9)


def test_what_fits_nowhere_is_refused():
    layer = flat.parse_attention("B=4,H=8,M=512,N=512,D=64")
    with pytest.raises(flat.InvalidMapping, match="no mapping of flat-m fits the memories of edge"):
        flat.search(layer, "edge", dataflow="flat-m", factors="imperfect")


@pytest.mark.parametrize("space", ["weight-stationary", "output-stationary", "input-stationary"])
def test_no_worse_than_with_perfect_factors_in_any_array(space):
    """Whatever axis a dimension has to lie on."""
    layer = flat.parse_attention("B=2,H=2,M=64,N=96,D=32")
    for family in ("base-opt", "flat-opt"):
        ragged = flat.search(layer, "edge", dataflow=family, space=space, factors="imperfect")
        perfect = flat.search(layer, "edge", dataflow=family, space=space, factors="perfect")
        assert ragged.value <= perfect.value * (1 + 1e-9)
        assert any("unrolled below GlobalBuffer" in line for line in ragged.space.declaration)


def test_axes_swapped_cost_the_same():
    layer = flat.parse_attention("B=1,H=2,M=32,N=48,D=16")

    def best(order):
        loops = {"target": "GlobalBuffer", "type": "spatial", "factors": ["M=1"]}
        loops |= {"permutation": order, "split": 1 if "M" not in order else 2}
        space = {"space": {"operators": {"logit": [loops]}}}
        return flat.search(layer, "edge", dataflow="base-opt", space=space, factors="imperfect").value

    assert best("MDN") == pytest.approx(best("MND"), rel=1e-9)


def test_a_dataflow_of_a_file_keeps_its_factors(tmp_path):
    file = tmp_path / "any.yaml"
    file.write_text("dataflow: {name: any, fused: true, searched: true, factors: imperfect}")
    layer = flat.parse_attention("B=1,H=1,M=29,N=31,D=8")
    own = flat.search(layer, "edge", dataflow=flat.parse_dataflow(file))
    ragged = flat.search(layer, "edge", dataflow="flat-opt", factors="imperfect")
    perfect = flat.search(layer, "edge", dataflow=flat.parse_dataflow(file), factors="perfect")
    assert own.value == ragged.value < perfect.value
    beside = flat.search(layer, "edge", dataflow=[flat.parse_dataflow(file), "base-opt"])
    assert {flow.factors for flow in beside.families} == {"imperfect"}
    with pytest.raises(flat.FlatError, match="not searched as one"):
        flat.search(
            layer,
            "edge",
            dataflow=[flat.parse_dataflow(file), flat.parse_dataflow("base-opt").with_factors("perfect")],
        )
    with pytest.raises(flat.FlatError, match="fronts are searched among perfect factors"):
        flat.pareto(layer, "edge", dataflow=flat.parse_dataflow(file))


CORES = """
architecture:
  version: 0.4
  subtree:
    - name: chip
      attributes: {technology: "22nm", global_cycle_seconds: 1e-9}
      local:
        - {name: DRAM, class: DRAM, attributes: {type: LPDDR5, width: 64, datawidth: 16, shared_bandwidth: 4}}
      subtree:
        - name: core[1..2]
          local:
            - {name: L1, class: SRAM, attributes: {depth: 256, width: 16, datawidth: 16, shared_bandwidth: 4}}
            - {name: Vector, class: softmax_unit, attributes: {lanes: 2, passes: 3, datawidth: 16}}
            - {name: "mac[1..4]", class: intmac, attributes: {width: 16, datawidth: 16, meshX: 4}}
"""


def test_cores_with_unequal_rows_are_counted_as_the_model_does(tmp_path):
    """The core with most rows sets the pace of softmax; ragged tiles may give it more than half of them."""
    (tmp_path / "cores.yaml").write_text(CORES)
    layer = flat.parse_attention("B=1,H=1,M=9,N=2,D=1")
    found = flat.search(layer, tmp_path / "cores.yaml", dataflow="flat-opt", factors="imperfect")
    assert found.proven and found.mapping.shared[0].spatial


@pytest.mark.parametrize(
    ("chip", "length", "slack"), [("edge", 4096, 0.0), ("npu4", 128, 0.0), ("npu4", 129, 1e-3)]
)
def test_only_long_layers_on_several_shared_memories_are_near_their_optimum(chip, length, slack):
    layer = flat.Attention(1, 1, length, length, 16)
    given = Layer(layer, flat.find_architecture(CHIPS.get(chip, chip)), EnergyTable(unknown="not asked"))
    assert ragged._slack(given) == slack


def test_what_is_near_its_optimum_says_how_near(monkeypatch):
    monkeypatch.setattr(ragged, "_slack", lambda layer: 1e-3)
    layer = flat.parse_attention(SHORT)
    near = flat.search(layer, "edge", dataflow="flat-opt", factors="imperfect")
    monkeypatch.undo()
    exact = flat.search(layer, "edge", dataflow="flat-opt", factors="imperfect")
    assert (exact.gap, near.gap) == (0, 1e-3) and exact.proven and near.proven
    assert exact.value <= near.value * (1 + 1e-9) <= exact.value / (1 - near.gap)
    assert "one part in 1,000" in near.space.reasons[-2] and "one part" not in " ".join(exact.space.reasons)
