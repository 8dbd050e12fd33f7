"""What explains a difference adds up to it."""

from math import fsum

import pytest

from flat_plugin import FlatError, estimate, generate, parse_attention
from flat_plugin.api import compare
from flat_plugin.report.analysis.compare import Side, difference, shown, waits

QUESTIONS = [
    (level, softmax, arch)
    for level in ("attention", "model")
    for softmax in ("serial", "overlapped", "free")
    for arch in ("edge", "cloud")
]


@pytest.mark.parametrize(("level", "softmax", "arch"), QUESTIONS)
def test_the_causes_add_up_to_every_difference(level, softmax, arch):
    answers = [
        estimate("bert-base", arch, flow, seq=4096, level=level, softmax=softmax)
        for flow in ("base", "flat-r")
    ]
    found = difference(*(Side(a.dataflow, a.to_dict(), softmax) for a in answers))
    base, flat = answers
    wanted = {
        "latency": (base.seconds, flat.seconds),
        "energy": (base.energy_pj, flat.energy_pj),
        "DRAM traffic": (base.dram_bytes, flat.dram_bytes),
    }
    for figure in found.figures:
        a, b = wanted[figure.name]
        assert (figure.a, figure.b) == (pytest.approx(a, rel=1e-9), pytest.approx(b, rel=1e-9))
        total = fsum(cause.difference for cause in figure.causes)
        assert total == pytest.approx(b - a, abs=1e-9 * (abs(a) + abs(b)))
        sizes = [abs(cause.difference) for cause in figure.causes]
        assert sizes == sorted(sizes, reverse=True)


@pytest.mark.parametrize(("level", "softmax", "arch"), QUESTIONS)
def test_what_the_latency_waits_for_is_the_bound(level, softmax, arch):
    answer = estimate("bert-base", arch, "flat-r", seq=4096, softmax=softmax)
    found = waits(answer.to_dict(), softmax)
    resources = {resource for _, resource in found if resource}
    assert resources == set(answer.bound.split(" + "))
    left = found["first tile in, last tile out", ""]
    assert 0 <= left < 0.01 * answer.cycles


def test_fusion_is_explained_by_the_scores_that_stay():
    found = compare("base", "flat-h", "bert-base", "cloud", seq=2048)
    (traffic,) = [figure for figure in found.figures if figure.name == "DRAM traffic"]
    assert {cause.what for cause in traffic.causes[:4]} == {
        "logit: S written",
        "softmax: S read",
        "softmax: S written",
        "attend: S read",
    }
    assert all(cause.b == 0 and cause.a == 2 * 12 * 2048**2 for cause in traffic.causes[:4])


def test_two_architectures_by_name():
    found = compare("edge", "cloud", "bert-base", seq=512)
    assert ("architecture", "edge", "cloud") in found.settings
    assert found.figures[0].ratio < 1


def test_two_runs_of_a_batch(results):
    base, flat = (
        next(r for r in results.runs if r.inputs["dataflow"] == flow) for flow in ("base", "flat-r")
    )
    found = compare(base.folder, flat.folder / "result.json")
    assert found.figures[1].a == pytest.approx(base.estimate["energy_pj"], rel=1e-12)
    assert found.figures[1].b == pytest.approx(flat.estimate["energy_pj"], rel=1e-12)


def test_equal_results_differ_in_nothing():
    answer = estimate("bert-base", "edge", "flat-r64", seq=512)
    assert all(not figure.causes and figure.difference == 0 for figure in compare(answer, answer).figures)


def test_what_is_not_printed_is_one_row():
    figure = compare("base", "flat-r", "bert-base", seq=4096).figures[1]
    largest, rest = shown(figure.causes, 3)
    assert len(largest) == 3
    assert fsum(c.difference for c in (*largest, rest)) == pytest.approx(figure.difference)


def test_a_name_that_is_nothing_is_refused():
    with pytest.raises(FlatError, match="not a result and not a name"):
        compare("base", "fast", "bert-base")
    with pytest.raises(FlatError, match="no workload"):
        compare("base", "flat-r")


def test_a_mapping_of_ones_own_by_two_engines(tmp_path):
    layer = parse_attention("B=1,H=2,M=64,N=64,D=16")
    generate(layer, "edge", ["flat-r16"], tmp_path)
    mine = tmp_path / "flat-r16" / "fused_mapping.yaml"
    found = compare("native", "native", layer, mapping=mine)
    assert found.a.estimate["dataflow"] == "flat-r16"
    assert [figure.difference for figure in found.figures] == [0, 0, 0]
    with pytest.raises(FlatError, match="the mapping has its own"):
        compare("native", "native", layer, dataflow="base", mapping=mine)


@pytest.mark.parametrize(
    "asked", [{"seq": 64}, {"workload": "gpt2"}, {"softmax": "free"}, {"set": {"buffer_kb": 64}}], ids=str
)
def test_a_question_does_nothing_between_two_results(asked):
    answer = estimate("bert-base", "edge", "base", seq=64)
    with pytest.raises(FlatError, match=f"{next(iter(asked))}: does nothing between two results"):
        compare(answer, answer, **asked)
