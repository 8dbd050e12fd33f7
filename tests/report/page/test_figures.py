"""Which charts a report has: those that its runs can fill."""

import pytest

from flat_plugin.report.page.figures import FIGURES, figures, specification

ENERGY = [figure.name for figure in FIGURES if figure.needs == "energy_j"]
ALWAYS = [figure.name for figure in FIGURES if not figure.varies and not figure.needs]


def names(*rows):
    return [figure.name for figure in figures(rows)]


def test_energies_are_drawn_where_some_run_has_one():
    assert names({}) == ALWAYS
    assert names({"energy_j": None}, {"energy_j": 0.0}) == [f.name for f in FIGURES if not f.varies]
    assert set(ENERGY) & set(names({"energy_j": None})) == set()


@pytest.mark.parametrize(
    ("column", "name"),
    [
        ("speedup", "speedup"),
        ("energy_ratio", "energy-ratio"),
        ("buffer_kib", "utilisation-by-buffer"),
        ("dram_gb_per_s", "utilisation-by-bandwidth"),
    ],
)
def test_lines_are_of_what_differs(column, name):
    assert name in names({column: 1}, {column: 2})
    assert name not in names({column: 1}, {column: 1})
    assert name not in names({column: 1}, {column: None})


def test_figures_in_the_order_of_the_page():
    assert [figure.name for figure in FIGURES] == [
        *("speedup", "energy-ratio", "energy-per-mac", "energy-by-component", "energy-by-operator"),
        *("energy-by-tensor", "latency-by-resource", "dram-against-limits", "roofline"),
        *("pareto-energy-latency", "pareto-buffer-traffic"),
        *("utilisation-by-buffer", "utilisation-by-bandwidth"),
    ]
    groups = list(dict.fromkeys(figure.group for figure in FIGURES))
    assert all(group.endswith("?") for group in groups) and len(groups) == 7


def test_bars_are_drawn_of_what_they_name():
    pytest.importorskip("altair")
    for figure in (figure for figure in FIGURES if figure.by):
        encoding = figure.build().to_dict()["encoding"]
        assert (encoding["color"]["field"], encoding["x"]["field"]) == (figure.by, figure.field)


def test_names_are_told_apart_and_tabs_in_their_group():
    assert len({figure.name for figure in FIGURES}) == len(FIGURES)
    places = [(figure.group, figure.tab) for figure in FIGURES]
    assert len(set(places)) == len(places)


def test_what_the_page_needs_to_draw_a_figure():
    bars = next(figure for figure in FIGURES if figure.name == "energy-by-tensor")
    assert bars.to_dict() == {
        "question": bars.question,
        "data": "energy",
        "by": "tensor",
        "field": "energy_j",
    }
    for figure in FIGURES:
        assert figure.data in ("runs", "energy", "busy", "limits", "roofline")
        assert figure.varies == (
            figure.line[1] if figure.group.startswith("What does it gain") else figure.varies
        )


def test_a_specification_has_its_data_inside_where_it_is_given():
    pytest.importorskip("altair")
    figure = FIGURES[0]
    assert "datasets" not in specification(figure) and "config" not in specification(figure)
    rows = [{"seq_tokens": 512, "speedup": 2.0}]
    assert specification(figure, {"runs": rows})["datasets"] == {"runs": rows}
