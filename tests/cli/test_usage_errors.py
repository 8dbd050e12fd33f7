"""A command line that is typed wrong is refused as all bad input is: in one line that says what is right."""

import sys

import pytest


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (
            "estimate --modle gpt2",
            "no such option (got '--modle'); expected --model, or another of `",
        ),
        ("estimate --model", "--model: missing; expected a value"),
        ("estimate bert-base", "not an option (got 'bert-base'); expected --model bert-base"),
        ("generate edge", "not an option (got 'edge'); expected --arch edge"),
        ("estimate --dataflow base flat-h", "not an option (got 'flat-h'); expected --dataflow flat-h"),
        ("show edge cloud", "not an option (got 'cloud'); expected only one of edge and cloud"),
        ("estimate --arch edge cloud", "not an option (got 'cloud'); expected only one of edge and cloud"),
        ("list models gpt2", "not an option (got 'gpt2'); expected what `flat list -h` says"),
        ("show edge twice", "not an option (got 'twice'); expected what `flat show -h` says"),
        ("estimate --seq 4k", "--seq: not of the right kind (got '4k'); expected a whole number"),
        ("estimate --batch 1.5", "--batch: not of the right kind (got '1.5'); expected a whole number"),
        ("check --tolerance x f", "--tolerance: not of the right kind (got 'x'); expected a number"),
        ("solve seq -j 0", "--jobs: out of range (got '0'); expected greater than or equal to 1"),
        ("report", "FOLDER: missing; expected what `flat report -h` says"),
        ("estmate", "no such command (got 'estmate'); expected estimate, or another of `flat -h`"),
        ("--loud", "no such option (got '--loud'); expected one of `flat -h`"),
    ],
)
def test_one_line_says_what_would_be_right(refused, typed, said):
    assert refused(*typed.split()).startswith(f"flat: {said}")


def test_it_is_flat_whatever_started_it(flat, monkeypatch):
    """Such as ``python -m flat_plugin``: what a message says to type can be typed."""
    monkeypatch.setattr(sys.modules["__main__"], "__package__", "elsewhere")
    assert "expected estimate, or another of `flat -h`" in flat("estmate").err
    assert flat("show", "-h").out.startswith("Usage: flat show ")


def test_without_anything_it_is_the_help(flat):
    answer = flat()
    assert answer.code == 2 and "Commands:" in answer.out + answer.err
