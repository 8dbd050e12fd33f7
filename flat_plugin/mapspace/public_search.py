"""The public search: the best mapping of a layer, fronts of them, and the best of one operator."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import isclose

from flat_plugin.errors import FlatError, InvalidMapping
from flat_plugin.mapping.dataflow import Dataflow
from flat_plugin.mapping.named import parse_dataflow
from flat_plugin.mapspace.best import best_of
from flat_plugin.mapspace.evaluated import evaluated
from flat_plugin.mapspace.layer import Layer, confirmed, mapping_of, search_layer
from flat_plugin.mapspace.objective import Best, Front, front_for
from flat_plugin.mapspace.physical_floor import physical_floor
from flat_plugin.mapspace.result import FrontResult, SearchResult, SearchResults, figure
from flat_plugin.model.estimate import Estimate

_NAMED = "interrupted before the search found anything better than the named dataflow"


def best_mapping(
    name: str, layer: Layer, flows: Sequence[Dataflow], objective: str, perfect_because: str = ""
) -> SearchResult:
    """The best mapping over these families; see ``flat_plugin.search``."""
    best = Best(objective)
    found = best_of(layer, flows, best, keep_part=True)
    mapping = confirmed(found.mapping, layer)
    answer = evaluated(name, layer, mapping)
    _confirm(answer, objective, best.rank[0], found.tolerance)
    result = SearchResult(
        objective,
        mapping,
        answer,
        found.space,
        layer=layer,
        families=tuple(flows),
        perfect_because=perfect_because,
        gap=best.slack,
    )
    if not found.interrupted:
        return result
    result = result.noted(_NAMED) if found.named else result
    lower = max(found.lower, physical_floor(layer, flows, objective))
    gap = max(best.slack, result.value / lower - 1.0) if lower > 0 else None
    return replace(result, proven=False, interrupted=True, gap=gap)


def best_of_each(
    name: str, layer: Layer, flows: Sequence[Dataflow], objective: str, perfect_because: str = ""
) -> SearchResults:
    """The best mapping of each of these families; interrupted (Ctrl-C), of those reached by then.

    Raises:
        InvalidMapping: none of them has a mapping that fits.
        KeyboardInterrupt: it was interrupted before there was anything.
    """
    results: dict[str, SearchResult] = {}
    refused: dict[str, str] = {}
    for flow in flows:
        try:
            results[flow.name] = best_mapping(name, layer, [flow], objective, perfect_because)
        except InvalidMapping as error:
            refused[flow.name] = str(error)
            continue
        except KeyboardInterrupt:
            if not results:
                raise
            break
        if results[flow.name].interrupted:
            break
    if not results:
        raise InvalidMapping("; ".join(dict.fromkeys(refused.values())))
    return SearchResults(tuple(flow.name for flow in flows), results, refused, layer, tuple(flows))


def best_front(
    name: str, layer: Layer, flows: Sequence[Dataflow], front: str, perfect_because: str = ""
) -> FrontResult:
    """The mappings over these families that none beats in both of two metrics."""
    found = Front(front_for(front, layer.energies))
    if ragged := [flow.name for flow in flows if flow.factors == "imperfect"]:
        raise FlatError("fronts are searched among perfect factors", path="dataflow", value=", ".join(ragged))
    outcome = search_layer(layer, flows, found, keep_part=True)
    points = []
    for pick, values in zip(outcome.picks, found.points, strict=True):
        mapping = confirmed(mapping_of(pick), layer)
        answer = evaluated(name, layer, mapping)
        for metric, value in zip(found.metrics, values, strict=True):
            _confirm(answer, metric, float(value), outcome.tolerance)
        points.append((mapping, answer))
    proven = not outcome.interrupted
    return FrontResult(found.metrics, tuple(points), outcome.space, proven, perfect_because)


def searched(
    dataflows: Dataflow | str | Iterable[Dataflow | str], factors: str | None = None
) -> list[Dataflow]:
    """Dataflows by name, comma separated or one by one, with these factors; their own if not given.

    Raises:
        FlatError: none is given, no such factors, or one stages fixed tiles without fusing them, which leaves
            nothing to search.
    """
    if isinstance(dataflows, Dataflow):
        dataflows = [dataflows]
    names = dataflows.split(",") if isinstance(dataflows, str) else list(dataflows)
    flows = [parse_dataflow(flow) if isinstance(flow, str) else flow for flow in names]
    if not flows:
        raise FlatError(
            "there is nothing to search", path="dataflow", value=names, expected="base-opt, flat-opt, …"
        )
    flows = flows if factors is None else [flow.with_factors(factors) for flow in flows]
    for flow in flows:
        if not flow.fused and flow.granularity is not None:
            raise FlatError(
                "an unfused dataflow with staged tiles is not searched",
                path="dataflow",
                value=flow.name,
                expected="base-opt, flat-opt, or fused ones such as flat-h, flat-r, flat-r64",
            )
    return flows


def _confirm(answer: Estimate, metric: str, predicted: float, tolerance: float) -> None:
    """The engine's figure is the one that the search compared by."""
    value = figure(answer, metric)
    if not isclose(value, predicted, rel_tol=tolerance):
        raise AssertionError(f"the search predicted {metric} {predicted}, the engine gives {value}")
