"""Lengths with few divisors: mappings whose last tiles are smaller."""

import re
import shutil
import subprocess
from math import prod

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flat_plugin as flat
from flat_plugin.api import save_mapping
from flat_plugin.energy import energy_for
from flat_plugin.energy.files import table_texts
from flat_plugin.mapping.nest import LevelMapping, OperatorMapping
from flat_plugin.mapspace.padded import cut_operator
from flat_plugin.model.batch import check_mapping
from flat_plugin.model.operator import evaluate_operator
from flat_plugin.timeloop import emit_operator, write_files

SHORT = "B=1,H=2,M=37,N=53,D=16"  # primes


@pytest.fixture(scope="module")
def found():
    layer = flat.parse_attention(SHORT)
    families = ("base-opt", "flat-opt", "flash")
    return {f: flat.search(layer, "edge", dataflow=f, factors="imperfect") for f in families}


@pytest.mark.parametrize("family", ["base-opt", "flat-opt", "flash"])
def test_beats_perfect_factors(family, found):
    perfect = flat.search(flat.parse_attention(SHORT), "edge", dataflow=family)
    best = found[family]
    assert not best.proven and "no proof" in best.space.reasons[-1]
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


FACTORS = st.tuples(*(st.integers(1, 6) for _ in range(4)))


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(FACTORS, st.integers(0, 10**6))
def test_cut_covers_exactly(factors, seed):
    """Any shorter length is covered, no loop has more iterations than before."""
    padded = prod(factors)
    length = seed % padded + 1
    einsum = flat.parse_attention(f"B=1,H=1,M={length},N=1,D=1").logit()
    outer, middle, unrolled, inner = factors
    mapping = OperatorMapping(
        (
            LevelMapping("DRAM", (("M", outer),)),
            LevelMapping("GlobalBuffer", (("M", middle),), (("M", unrolled),)),
            LevelMapping("PERegs", (("M", inner),)),
        )
    )
    cut = cut_operator(einsum, mapping)
    check_mapping(einsum, flat.find_architecture("edge"), cut)
    for before, after in zip(mapping.levels, cut.levels, strict=True):
        assert dict(after.temporal)["M"] <= dict(before.temporal)["M"]
