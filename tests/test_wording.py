"""Numbers and names in sentences."""

from __future__ import annotations

import pytest

from flat_plugin.wording import counted, meant, nearest


@pytest.mark.parametrize(
    ("number", "said"),
    [(0, "0 heads"), (1, "1 head"), (2, "2 heads"), (1024, "1,024 heads"), (1.5, "1.5 heads")],
)
def test_one_and_several(number: float, said: str) -> None:
    assert counted(number, "head") == said


def test_a_plural_of_its_own() -> None:
    assert counted(3, "pass", "passes") == "3 passes"


def test_the_closest_names_are_not_said_to_be_all() -> None:
    known = [f"bert-{size}" for size in ("base", "large", "tiny", "small")]
    assert nearest("BERT-Lrge", known, "of the list").startswith("bert-large or ")
    assert nearest("bert-lrge", known, "of the list").endswith(", or another of the 4 of the list")
    assert nearest("zzzz", known, "of the list") == "one of the 4 of the list"
    assert nearest("zzzz", ["left", "right"], "of the list") == "left or right"


def test_what_was_meant() -> None:
    assert meant("n_bank", ["n_banks", "width"]) == "n_banks"
    assert meant("ert", ["ERT", "ART"]) == "ERT"
    assert meant("DataWidth", ["datawidth", "width"]) == "datawidth"
    assert meant("colour", ["width"]) is None
    assert meant("arch", ["workload", "architecture"]) == "architecture"
    assert meant("buf", ["buffer_kb", "buffer_gb_per_s"]) is None  # which of the two nobody knows
