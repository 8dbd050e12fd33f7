"""What is not modelled, and where that matters."""

import pytest

from flat_plugin.workload.gaps import LEVELS, Gap


@pytest.mark.parametrize(
    ("gap", "touched"),
    [
        (Gap("no", "attention"), {"attention", "block", "model"}),
        (Gap("no", "block"), {"block", "model"}),
        (Gap("no", "model"), {"model"}),
        (Gap("no", "attention", above=False), {"attention"}),
        (Gap("no", "attention", window=512), set()),
    ],
)
def test_figures_of_levels_above_lack_it_too(gap: Gap, touched: set[str]) -> None:
    assert {level for level in LEVELS if gap.touches(level, 512)} == touched


def test_a_window_matters_where_there_are_more_keys() -> None:
    assert Gap("no", "attention", window=512).touches("attention", 513)


@pytest.mark.parametrize(
    ("gap", "said"),
    [
        (
            Gap("convolutions are not counted", "model", "conv", 3),
            "expected --level attention or --level block",
        ),
        (Gap("no windows", "attention", window=512), "expected at most 512 tokens (--seq 512)"),
        (Gap("nothing helps", "attention"), "nothing helps"),
        (Gap("no", "attention", expected="another model"), "expected another model"),
    ],
)
def test_the_error_says_what_can_be_asked_instead(gap: Gap, said: str) -> None:
    assert str(gap.error()).endswith(said)


def test_it_names_the_file() -> None:
    assert str(Gap("no", "model", "field").located("config.json").error()).startswith(
        "config.json: field: no"
    )
