"""What became of a certificate, as text."""

from dataclasses import replace

import pytest

import flat_plugin as flat
from flat_plugin.report.terminal.certificate import verdict_text


@pytest.fixture(scope="module")
def verdict():
    layer = flat.parse_attention("B=1,H=1,M=16,N=16,D=8")
    return flat.check(flat.search(layer, "edge", dataflow="flat-opt", factors="perfect").certificate())


def test_the_claim_the_question_and_the_answer(verdict):
    claim, question, answer = verdict_text(verdict).plain.splitlines()
    assert (
        claim.startswith("Claim: its mapping has ") and "no mapping of flat-opt with perfect factors" in claim
    )
    assert question.startswith("Of: ") and "on DRAM > GlobalBuffer of 262,144 words > " in question
    assert answer.startswith("It holds: ")


def test_the_reason_if_it_does_not_hold(verdict):
    said = verdict_text(replace(verdict, reason="a part is missing")).plain
    assert said.splitlines()[-1] == "It does not hold: a part is missing"


@pytest.mark.parametrize(("gap", "said"), [(0.0, " has less."), (0.01, ", which is 1.00% less.")])
def test_a_gap_is_said_if_there_is_one(verdict, gap, said):
    other = replace(verdict, content={**verdict.content, "gap": gap})
    assert verdict_text(other).plain.splitlines()[0].endswith(said)
