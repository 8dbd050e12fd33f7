"""Colours: as many for dark paper as for light, and all told apart."""

import pytest

from flat_plugin.report.page.theme import PALETTES, config, palette_css


def test_light_and_dark_have_the_same_places():
    light, dark = PALETTES["light"], PALETTES["dark"]
    assert len(light) == len(dark) == len(set(light)) == len(set(dark))


@pytest.mark.parametrize("name", ["light", "dark"])
def test_charts_and_page_draw_in_the_same_colours(name):
    assert config(name)["range"]["category"] == list(PALETTES[name])
    css = palette_css()
    assert all(f"--c{i}: {colour};" in css for i, colour in enumerate(PALETTES[name]))
    assert css.count("--pen:") == len(PALETTES["light"])
