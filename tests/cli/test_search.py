"""``flat search``: what is printed beside the mapping, and what does not go together."""

import pytest
import yaml

from flat_plugin.mapspace.objective import Best, Front

LAYER = ["--attention", "B=1,H=1,M=16,N=16,D=8"]


def test_one_line_of_the_proof_unless_all_of_it_is_asked_for(flat):
    plain = flat("search", *LAYER).out
    assert plain.count("the best of") == 2 and "`flat search --proof` prints the spaces" in plain
    assert "the others cannot be better" in flat("search", *LAYER, "--proof").out


def test_the_mapping_is_saved_for_estimates(flat, tmp_path):
    best = tmp_path / "best.yaml"
    assert flat("search", *LAYER, "--dataflow", "flat-opt", "-o", best).code == 0
    assert yaml.safe_load(best.read_text())["fused_mapping"]["dataflow"] == "flat-opt"
    estimated = flat("estimate", *LAYER, "--mapping", best)
    assert estimated.code == 0 and "flat-opt" in estimated.out


def test_a_front_has_a_row_for_each_point(flat):
    printed = flat("search", *LAYER, "--pareto", "footprint-traffic", "--dataflow", "flat-opt").out
    head, _, *points = [line for line in printed.splitlines()[1:] if "  " in line.strip()]
    assert head.split()[:2] == ["footprint", "traffic"]
    words = [int(point.split()[0].replace(",", "")) for point in points]
    assert words == sorted(set(words)) and len(words) > 3


@pytest.mark.parametrize("front", ["energy-latency", "footprint-traffic"])
def test_the_points_of_a_front_are_told_apart(flat, front):
    printed = flat("search", *LAYER, "--pareto", front).out
    points = [line for line in printed.splitlines() if line.startswith(" ") and "-opt" in line]
    figures = [point.partition("flat-opt")[0].partition("base-opt")[0].split() for point in points]
    assert len({tuple(each) for each in figures}) == len(points) > 3


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--proof", "--json"], "no --proof with --json"),
        (["-o", "x.yaml", "--certificate", "x.yaml"], "--certificate: the mapping has this file"),
        (["--pareto", "energy-latency", "-o", "x.yaml"], "no --output with --pareto"),
        (["--pareto", "energy-latency", "--factors", "imperfect"], "--factors: fronts are searched among"),
        (["--objective", "speed"], "speed"),
    ],
)
def test_what_does_not_go_together(refused, tmp_path, monkeypatch, options, said):
    monkeypatch.chdir(tmp_path)
    assert said in refused("search", *LAYER, *options)
    assert not [*tmp_path.iterdir()]


def test_interrupted_before_anything_was_found(flat, monkeypatch):
    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("flat_plugin.api.search_each", interrupted)
    answer = flat("search", *LAYER)
    assert (answer.code, answer.err) == (130, "flat: interrupted before anything was found\n")


@pytest.mark.parametrize("options", [[], ["--json"], ["--pareto", "energy-latency"]])
def test_interrupted_with_a_part_of_the_answer_ends_as_all_commands_do(flat, monkeypatch, options):
    """It is printed, and the exit code is the one of an interruption."""
    kind = Front if "--pareto" in options else Best
    keep = kind.keep

    def keep_and_stop(self, rows, metrics, picks):
        keep(self, rows, metrics, picks)
        if rows:
            raise KeyboardInterrupt

    monkeypatch.setattr(kind, "keep", keep_and_stop)
    answer = flat("search", *LAYER, *options)
    assert answer.code == 130 and "nterrupted" in answer.out and not answer.err
