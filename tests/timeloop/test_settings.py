"""What a search may be told."""

from __future__ import annotations

import pytest

from flat_plugin.errors import FlatError
from flat_plugin.timeloop.settings import MapperSettings


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"algorithm": "best"}, r"mapper.algorithm: .*'best'"),
        ({"optimization_metrics": ()}, "optimization_metrics"),
        ({"optimization_metrics": "edp"}, "a tuple of"),
        ({"optimization_metrics": ("edp", "power")}, "'power'"),
        ({"num_threads": 0}, "num_threads: .*at least 1"),
        ({"timeout": 0}, "timeout: .*at least 1"),
        ({"search_size": -1}, "search_size: .*at least 0"),
        ({"search_size": 1.5}, "whole number"),
        ({"num_threads": True}, "whole number"),
        ({"live_status": 1}, "True or False"),
        ({"search_size": 0, "victory_condition": 0}, "without an end"),
    ],
)
def test_refused(values: dict[str, object], message: str) -> None:
    with pytest.raises(FlatError, match=message):
        MapperSettings(**values)  # type: ignore[arg-type]


def test_accepted() -> None:
    settings = MapperSettings("exhaustive", ("delay", "accesses-2"), search_size=0)
    assert settings.optimization_metrics == ("delay", "accesses-2")
