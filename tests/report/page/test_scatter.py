"""Points over two figures: scales, marks along them, and what each point says."""

import re

import pytest

from flat_plugin.report.page.scatter import Point, Scale, scatter


def texts(picture):
    return re.findall(r"<text[^>]*>([^<]*)</text>", picture)


def points(*places):
    return [Point(x, y, "", f"chip {n}", n) for n, (x, y) in enumerate(places)]


def test_figures_have_round_marks():
    found = texts(scatter(points((10, 1), (40, 2)), ("buffer_kb", ""), ("area", "mm²")))
    assert {"10", "20", "30", "40", "buffer_kb", "area", "1 mm²", "2 mm²"} <= set(found)


def test_what_is_no_figure_has_its_names_along_x():
    picture = scatter(
        points((0, 1), (2, 2)), ("pes", ""), ("area", "mm²"), names=["16×16", "32×32", "64×32", "64×64"]
    )
    assert {"16×16", "32×32", "64×32"} <= set(texts(picture))
    assert not {"64×64", "0.5", "1.5"} & set(texts(picture))


@pytest.mark.parametrize(("values", "logarithmic"), [((1, 5), False), ((1, 500), True), ((-1, 500), False)])
def test_wide_figures_are_on_a_logarithmic_scale(values, logarithmic):
    scale = Scale.of(values)
    assert scale.logarithmic is logarithmic
    assert 0 < scale.at(values[0]) < scale.at(values[1]) < 1
    assert all(scale.least <= tick <= scale.most for tick in scale.ticks())


def test_points_that_never_end_are_left_out():
    assert scatter(points((1, float("inf"))), ("area", "mm²"), ("latency", "s")) == ""
    assert "1 chips" in scatter(points((1, float("inf")), (2, 3)), ("area", "mm²"), ("latency", "s"))
