"""How close certificates are, and into which parts they split map spaces."""

import pytest

import flat_plugin as flat
from flat_plugin import Attention, FlatError
from flat_plugin.certificate.check import check_certificate, check_cover
from flat_plugin.certificate.space import OBJECTIVES, Space
from flat_plugin.certificate.write import Split
from flat_plugin.mapping.named import named_dataflow

SHORT = Attention(1, 12, 512, 512, 64)


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("name", ["edge", "cloud"])
def test_perfect_factors_are_proven_within_three_thousandths(name, objective):
    best = flat.search(SHORT, name, objective=objective, factors="perfect")
    found = check_certificate(best.certificate())
    assert found.holds and found.gap < 3e-3


@pytest.mark.parametrize("objective", ["latency", "traffic"])
def test_any_tiles_are_proven(objective):
    found = flat.search(SHORT, "edge", factors="imperfect", objective=objective)
    verdict = check_certificate(found.certificate())
    assert verdict.holds and verdict.gap < 1e-5


@pytest.mark.parametrize("dataflow", ["base-opt", "flat-r", "flat-r64", "flat-h", "flat-m", "flash"])
@pytest.mark.parametrize("softmax", ["overlapped", "array"])
def test_every_family_has_certificates(dataflow, softmax):
    small = Attention(2, 4, 64, 64, 16, kv_heads=2)
    found = flat.search(small, "edge", dataflow=dataflow, softmax=softmax, factors="perfect")
    verdict = check_certificate(found.certificate())
    assert verdict.holds and verdict.gap < (0.3 if dataflow == "flat-m" else 0.1)


def test_a_family_of_which_nothing_fits_is_ruled_out():
    long = Attention(1, 12, 4096, 4096, 64)
    found = flat.search_each(long, "edge", ["base-opt", "flat-h"], factors="perfect")
    assert "flat-h" in found.refused
    verdict = check_certificate(found.certificate())
    assert verdict.holds and verdict.families == ["base-opt", "flat-h"]


def test_parts_are_split_until_they_are_ruled_out():
    long = Attention(1, 12, 4096, 4096, 64)
    flow = named_dataflow("flat-opt").with_factors("perfect")
    space = Space(long, flat.platform("edge"), "serial", flow)
    value = flat.search(long, "edge", dataflow="flat-opt", factors="perfect").value
    whole = Split(space, "edp").finer(0.0)
    finer = whole.finer(0.999 * value)
    assert [piece.tile for piece in whole.pieces] == [{"M": (1, 4096)}] and len(finer.pieces) > 1
    assert whole.least < 0.999 * value <= finer.least <= value
    check_cover(space, [piece.tile for piece in finer.pieces])


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"objective": "footprint"}, "objective"),
        ({"space": "weight-stationary"}, "kept to an array's constraints"),
        ({"bits": "K=8,V=8"}, "words of the memories' width"),
        ({"architecture": "examples/npu4.yaml"}, "one memory that all compute units share"),
    ],
)
def test_a_search_without_bounds_is_refused_before_it_begins(asked, said, tmp_path):
    file = tmp_path / "proof.json"
    asked = {"architecture": "edge", **asked}
    with pytest.raises(FlatError, match=said):
        flat.search(SHORT, **asked, certificate=file)
    assert not file.exists()


def test_a_certificate_is_written_with_the_search(tmp_path):
    file, small = tmp_path / "proof.json", Attention(1, 2, 37, 37, 16)
    found = flat.search_each(small, "edge", ["base-opt", "flat-opt"], certificate=file)
    checked = flat.check(file, small, "edge")
    assert checked.holds and checked.value == found.best.value and found.best.factors == "imperfect"
