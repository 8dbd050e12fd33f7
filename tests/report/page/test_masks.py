"""The picture of a mask: what is needed, computed beside it and skipped."""

from xml.etree import ElementTree

import flat_plugin as flat
from flat_plugin.report.page.masks import mask_drawing

LAYER = "B=1,H=2,M=64,N=64,D=16"


def drawn(mask, skip="tiles"):
    answer = flat.estimate(flat.parse_attention(LAYER), "edge", "flat-r16", mask=mask, skip=skip).to_dict()
    return answer, mask_drawing(answer, skip)


def shares(svg):
    """Area of each shade, in cells."""
    found = {}
    for box in ElementTree.fromstring(svg).iter("rect"):
        shade = float(box.get("fill-opacity"))
        found[shade] = found.get(shade, 0) + int(box.get("width")) // 8
    return found


def test_a_causal_layer_in_tiles_of_16_rows():
    answer, svg = drawn("causal")
    cells = shares(svg)  # 32 x 32 of them, of two queries and two keys
    assert sum(cells.values()) == 32 * 32
    assert cells[0.85] == 32 * 33 // 2 and cells[0.06] == 8 * 8 * (1 + 2 + 3)
    assert "causal mask, 64 queries" in svg and "4.16k scores" in svg


def test_hardware_that_cannot_skip_computes_all():
    assert set(shares(drawn("window=16", "none")[1])) == {0.85, 0.35}


def test_nothing_is_drawn_of_a_full_layer_or_a_pattern(tmp_path):
    assert drawn("full")[1] == ""
    file = tmp_path / "mask.yaml"
    file.write_text("mask: {rows: 32, keys: 32, blocks: ['10', '11']}")
    assert drawn(str(file))[1] == ""
