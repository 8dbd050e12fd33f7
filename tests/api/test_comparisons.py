"""``compare``: what the two sides may be."""

import pytest

import flat_plugin as flat
from flat_plugin.api.comparisons import kind_of_file

LAYER = flat.parse_attention("B=1,H=2,M=64,N=64,D=16")


def latency(difference):
    return next(figure for figure in difference.figures if figure.name == "latency")


def test_results_names_and_architectures_are_compared_alike():
    base, fused = (flat.estimate(LAYER, "edge", flow) for flow in ("base", "flat-h"))
    by_result = flat.compare(base, fused)
    by_name = flat.compare("base", "flat-h", LAYER)
    assert by_name.to_dict()["figures"] == by_result.to_dict()["figures"]
    chips = flat.compare("edge", flat.find_architecture("cloud"), LAYER, dataflow="flat-h")
    assert latency(chips).a == pytest.approx(fused.seconds)


def test_causes_add_up_to_the_difference():
    for figure in flat.compare("base", "flat-h", LAYER).figures:
        assert sum(cause.difference for cause in figure.causes) == pytest.approx(figure.difference)


def test_files_are_of_dataflows_or_of_architectures(tmp_path):
    (tmp_path / "mine.yaml").write_text("dataflow: {name: mine, fused: true, granularity: R, rows: 8}\n")
    assert kind_of_file(tmp_path / "mine.yaml") == "dataflow"
    assert kind_of_file(tmp_path / "result.json") is None
    assert flat.compare("base", tmp_path / "mine.yaml", LAYER).b.name == "mine"


@pytest.mark.parametrize(
    ("sides", "options", "message"),
    [
        (
            ("base", "flat-hh"),
            {"workload": LAYER},
            "not a name .*expected flat-h, or a run's",
        ),
        (("base", "zzz"), {"workload": LAYER}, "expected a run's folder"),
        (("base", "flat-h"), {}, "no workload .*expected a model, or the folder of a run"),
    ],
)
def test_what_is_none_of_these_is_refused(sides, options, message):
    with pytest.raises(flat.FlatError, match=message):
        flat.compare(*sides, **options)


def test_a_question_does_nothing_between_two_results():
    found = flat.estimate(LAYER, "edge", "base")
    with pytest.raises(flat.FlatError, match="seq: does nothing between two results"):
        flat.compare(found, found, seq=64)
