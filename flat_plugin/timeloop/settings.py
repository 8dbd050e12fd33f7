"""How timeloop-mapper searches."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Annotated, TypedDict

from flat_plugin.errors import FlatError
from flat_plugin.form_markers import SINGLE, SOME, Among, Proposes
from flat_plugin.schema import Positive, Whole
from flat_plugin.wording import meant

ALGORITHMS = ("exhaustive", "hybrid", "linear_pruned", "random", "random_pruned")
METRICS = ("delay", "edp", "energy", "last_level_accesses", "ordered_accesses")
_ACCESSES = re.compile(r"accesses-\d+")
_LEAST = {"num_threads": 1, "search_size": 0, "victory_condition": 0, "timeout": 1}


Metric = Annotated[str, Proposes(lambda: METRICS)]


class MapperForm(TypedDict, total=False):
    """Settings of timeloop-mapper; keys as of :class:`MapperSettings`."""

    algorithm: Annotated[str, Among(ALGORITHMS)]
    optimization_metrics: Annotated[list[Metric], SINGLE, SOME]
    num_threads: Positive
    search_size: Whole
    victory_condition: Whole
    timeout: Positive
    live_status: bool
    diagnostics: bool


@dataclass(frozen=True)
class MapperSettings:
    """Settings of one search.

    Args:
        algorithm: one of :data:`ALGORITHMS`.
        optimization_metrics: what is minimised; later ones break ties. :data:`METRICS`, or
            ``accesses-<number of a level>``.
        num_threads: search threads.
        search_size: valid mappings over all threads after which the search ends; 0 is no limit.
        victory_condition: consecutive valid mappings without a better one after which a thread
            ends; 0 is no limit.
        timeout: consecutive invalid mappings after which a thread ends. Not 0: Timeloop would
            take it for "stop at the first".
        live_status: a display on the terminal.
        diagnostics: evaluate samples of the invalid mappings; can take very long.
    """

    algorithm: str = "random_pruned"
    optimization_metrics: tuple[str, ...] = ("edp",)
    num_threads: int = 2
    search_size: int = 6000
    victory_condition: int = 0
    timeout: int = 10000
    live_status: bool = False
    diagnostics: bool = False

    @classmethod
    def of(cls, values: object) -> MapperSettings:
        """From a mapping of a file, or of options; what is not in it stays as it is.

        Raises:
            FlatError: it is no mapping, a name that is none of these, or a value that is wrong.
        """
        known = [entry.name for entry in fields(cls)]
        if not isinstance(values, Mapping):
            raise FlatError("bad settings", path="mapper", value=values, expected="keys and values")
        if unknown := [str(key) for key in values if key not in known]:
            raise FlatError(
                f"unknown setting {unknown[0]}",
                path=f"mapper.{unknown[0]}",
                value=values[unknown[0]],
                expected=meant(unknown[0], known) or ", ".join(known),
            )
        given = dict(values)
        if isinstance(metric := given.get("optimization_metrics"), str):
            given["optimization_metrics"] = (metric,)
        return cls(**given)

    def __post_init__(self) -> None:
        if self.algorithm not in ALGORITHMS:
            raise _error("algorithm", self.algorithm, " or ".join(ALGORITHMS))
        for name, least in _LEAST.items():
            _check_count(name, getattr(self, name), least)
        for name in ("live_status", "diagnostics"):
            if not isinstance(getattr(self, name), bool):
                raise _error(name, getattr(self, name), "True or False")
        self._check_metrics()
        if self.algorithm.startswith("random") and not self.search_size + self.victory_condition:
            raise FlatError(
                "a random search without an end",
                path="mapper",
                expected="a search_size or a victory_condition above 0",
            )

    def _check_metrics(self) -> None:
        metrics = self.optimization_metrics
        expected = " or ".join((*METRICS, "accesses-<level>"))
        if not isinstance(metrics, list | tuple) or not metrics:
            raise _error("optimization_metrics", metrics, f"a tuple of {expected}")
        object.__setattr__(self, "optimization_metrics", tuple(metrics))
        for metric in metrics:
            known = isinstance(metric, str) and (metric in METRICS or _ACCESSES.fullmatch(metric))
            if not known:
                raise _error("optimization_metrics", metric, expected)


def _check_count(name: str, value: object, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise _error(name, value, f"a whole number of at least {least}")


def _error(name: str, value: object, expected: str) -> FlatError:
    return FlatError(f"bad {name}", path=f"mapper.{name}", value=value, expected=expected)
