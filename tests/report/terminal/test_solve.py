"""Answers to inverse questions in words: sentences, crossings, the values that were tried."""

from types import SimpleNamespace

import pytest

from flat_plugin.exploration.solve import Solution, Value
from flat_plugin.report.present import printed
from flat_plugin.report.terminal.solve import answer_of, curve_text, solution_text

FLOWS = (
    SimpleNamespace(name="flat-opt", factors="perfect", searched=True),
    SimpleNamespace(name="base", factors=None, searched=False),
)


def solution(holds, first=True, how="all values", values=None, **asked):
    """Of lengths 64, 128, …, of which the condition holds at those marked with x."""
    values = values or [64 * (n + 1) for n in range(len(holds))]
    looked = tuple(Value(v, h == "x", {"edp": 2.5}) for v, h in zip(values, holds, strict=True))
    pairs = zip(looked, looked[1:], strict=False)
    crossings = tuple((a.value, b.value, b.holds) for a, b in pairs if a.holds != b.holds)
    question = SimpleNamespace(
        **{
            "condition": SimpleNamespace(text="edp < 9"),
            "unknown": SimpleNamespace(name="seq", axis=SimpleNamespace(values=tuple(values))),
            "first": first,
            "case": SimpleNamespace(name="bert"),
            "base": SimpleNamespace(name="edge"),
            "dataflows": FLOWS,
            "mode": "edp",
            "softmax": "serial",
            "perfect_because": "",
            **asked,
        }
    )
    return Solution(question, crossings, looked, how, len(values))


@pytest.mark.parametrize(
    ("holds", "said"),
    [
        ("...", "edp < 9 holds at no seq from 64 to 192"),
        ("xxx", "edp < 9 holds at every seq from 64 to 192"),
        (".xx", "edp < 9 from seq 128 on"),
        (".x.", "edp < 9 from seq 128 on, but not throughout: it stops holding again (crossings below)"),
        (".x.xx", "edp < 9 from seq 128 on, and without a break from 256 (crossings below)"),
    ],
)
def test_the_answer_in_a_sentence(holds, said):
    assert answer_of(solution(holds)) == said


@pytest.mark.parametrize(
    ("holds", "said"),
    [
        ("x.xx.x", "edp < 9: seq 64; seq 192 to 256; seq 384"),
        (".xx.", "edp < 9: seq 128 to 192"),
        (".xxx", "edp < 9: seq 128 to 256"),
    ],
)
def test_or_as_ranges(holds, said):
    assert answer_of(solution(holds, first=False)) == said


def test_values_of_any_kind():
    assert answer_of(solution("..", values=[(8, 16), (1024, 2)])).endswith("from 8×16 to 1024×2")
    assert answer_of(solution("..", values=[0.5, 1e6])).endswith("from 0.5 to 1e+06")
    assert answer_of(solution("..", values=[1, 65536])).endswith("from 1 to 65,536")


def test_all_of_it():
    said = printed(solution_text(solution(".x.xx")))
    assert "holds from seq 128 (at 64 it does not)" in said
    assert "no longer holds from seq 192 (at 128 it does)" in said
    assert said.count("yes") == 3
    assert " ".join(said.split()).endswith("; 5 of 5 values, all declared values were tried")
    assert "holds from" not in printed(solution_text(solution(".xx")))  # a single crossing is in the sentence


def test_how_it_was_found():
    said = printed(solution_text(solution(".x", how="bisection", perfect_because="masks")))
    said = " ".join(said.split())
    assert "bert on edge; flat-opt (perfect factors: masks), base, mapped for edp, softmax serial;" in said
    assert "by bisection: its two sides cross once" in said


def test_of_many_values_those_beside_crossings_are_printed():
    said = printed(solution_text(solution("." * 30 + "x" * 30)))
    assert "1,920" in said and "1,984" in said and "1,856" not in said
    assert "… and 58 more (--json has all)" in said


@pytest.mark.parametrize(
    ("figure", "said"),
    [(None, "—"), (12345.6, "12,346"), (0.123456, "0.12346"), (1e15, "1e+15"), (9999, "9999")],
)
def test_figures_are_whole_where_they_are_large(figure, said):
    found = solution(".")
    looked = (Value(64, False, {"edp": figure}),)
    text = printed(solution_text(Solution(found.asked, (), looked, "all values", 1)))
    assert said in text


def test_a_curve_has_a_row_for_each_value():
    curve = SimpleNamespace(name="dram", points=((25, solution(".xx")), (50, solution("..."))))
    said = printed(curve_text(curve))
    assert "edp < 9, by dram" in said
    rows = [line.split() for line in said.splitlines() if line.split()[:1] in (["25"], ["50"])]
    assert rows == [["25", "128", "from", "128"], ["50", "—", "—"]]
