"""``check``: what goes with a certificate that is asked about."""

import json

import pytest

import flat_plugin as flat

LAYER = flat.parse_attention("B=1,H=1,M=16,N=16,D=8")


@pytest.fixture(scope="module")
def certificate():
    return flat.search(LAYER, "edge", dataflow="flat-opt").certificate()


def test_it_holds_for_what_was_asked(certificate):
    assert flat.check(certificate).holds
    assert flat.check(certificate, LAYER, "edge").holds


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"workload": flat.parse_attention("B=1,H=2,M=16,N=16,D=8")}, "another layer"),
        ({"architecture": "cloud"}, "another chip"),
        ({"architecture": "edge", "set": {"buffer_kb": 64}}, "another chip"),
    ],
)
def test_and_for_nothing_else(certificate, asked, reason):
    verdict = flat.check(certificate, **asked)
    assert not verdict.holds and reason in verdict.reason


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"seq": 16}, "seq: says nothing without workload"),
        ({"batch": 2}, "batch: says nothing without workload"),
        ({"set": {"buffer_kb": 64}}, "set: says nothing without architecture"),
        ({"tolerance": 1.5}, "tolerance: not a part of the whole"),
    ],
)
def test_what_says_nothing_is_refused(certificate, asked, message):
    with pytest.raises(flat.FlatError, match=message):
        flat.check(certificate, **asked)


def test_a_search_writes_it(tmp_path):
    file = tmp_path / "proof.json"
    found = flat.search(LAYER, "edge", dataflow="flat-opt", certificate=file)
    assert json.loads(file.read_text()) == json.loads(json.dumps(found.certificate()))
