"""What each kind of experiment asks, and what it makes of the answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from flat_plugin.paper.assumptions import Assumption
from flat_plugin.paper.authors import CYCLES_PER_SECOND
from flat_plugin.paper.points import Answer, Point
from flat_plugin.report.analysis.baseline import geometric_mean
from flat_plugin.report.analysis.columns import Value
from flat_plugin.workload import find_model

Answers = Mapping[Point, Answer]
Claim = Mapping[str, Any]


@dataclass(frozen=True)
class Row:
    """One claim under one assumption. ``ours`` is None where there is no such figure; ``note`` says why,
    or what explains a difference. ``low`` and ``high`` are the extremes of what a mean is of.
    """

    experiment: str
    case: str
    unit: str
    claim: float
    source: str
    assumption: str
    ours: float | None
    low: float | None = None
    high: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """Ours over the claim."""
        return self.ours / self.claim if self.ours is not None and self.claim else None

    def to_dict(self) -> dict[str, Value]:
        """Plain values, for a table or JSON."""
        return {
            "experiment": self.experiment,
            "case": self.case,
            "unit": self.unit,
            "claim": self.claim,
            "source": self.source,
            "assumptions": self.assumption,
            "ours": self.ours,
            "ratio": self.ratio,
            "low": self.low,
            "high": self.high,
            "note": self.note,
        }


@dataclass(frozen=True)
class Experiment:
    """One entry of the file of experiments, with the systems and models that all of them share."""

    fields: Mapping[str, Any]
    systems: Mapping[str, str]
    models: Mapping[str, int]

    @property
    def name(self) -> str:
        return str(self.fields["name"])

    @property
    def title(self) -> str:
        return str(self.fields["title"])

    @property
    def why(self) -> Mapping[str, str]:
        """What explains the differences, by assumption."""
        return self.fields["why"]

    @property
    def claims(self) -> list[Claim]:
        return list(self.fields["claims"])

    def ask(
        self, assumption: Assumption, platform: str, system: str, tokens: int, model: str | None = None
    ) -> Point:
        """The question for a system of the paper."""
        named, batch = model or self.fields["model"], self.fields["batch"]
        return Point(assumption, platform, self.systems[system], named, tokens, batch)

    def points(self, assumption: Assumption) -> list[Point]:
        return list(MEASURES[self.fields["measure"]][0](self, assumption))

    def rows(self, assumption: Assumption, answers: Answers) -> list[Row]:
        return list(MEASURES[self.fields["measure"]][1](self, assumption, answers))

    def row(
        self,
        assumption: Assumption,
        claim: Claim,
        case: str,
        ours: float | None,
        *,
        note: str,
        value: float | None = None,
        unit: str = "",
        low: float | None = None,
        high: float | None = None,
    ) -> Row:
        """Our figure beside a claim's ``value``, or one of its values."""
        source = str(claim.get("source") or self.fields.get("source"))
        published = float(value or claim["value"])
        return Row(self.name, case, unit, published, source, assumption.name, ours, low, high, note)


def _gain_points(experiment: Experiment, assumption: Assumption) -> Iterator[Point]:
    for platform in ("edge", "cloud"):
        for system in experiment.systems:
            for model in experiment.models:
                for tokens in experiment.fields["lengths"]:
                    yield experiment.ask(assumption, platform, system, tokens, model=model)


def _gain_rows(experiment: Experiment, assumption: Assumption, answers: Answers) -> Iterator[Row]:
    for claim in experiment.claims:
        platform, against = claim["platform"], claim["against"]
        lengths = [claim["length"]] if "length" in claim else experiment.fields["lengths"]
        ratios, kinds, bounds = [], Counter[bool](), Counter[str]()
        for model, weight in experiment.models.items():
            for tokens in lengths:
                base, fused = (
                    answers[experiment.ask(assumption, platform, system, tokens, model=model)]
                    for system in (against, "ATTACC")
                )
                figure = "cycles" if claim["figure"] == "speedup" else "energy_pj"
                ratio = _number(base, figure) / _number(fused, figure)
                ratios += [ratio] * weight
                kinds[str(fused["dataflow"]).startswith("flat")] += weight
                bounds[f"{base['bound']} → {fused['bound']}"] += weight
        mean = geometric_mean(ratios)
        saved = claim["figure"] == "saving"
        where = (
            f"N = {_tokens(lengths[0])}"
            if len(lengths) == 1
            else f"N {_tokens(lengths[0])} to {_tokens(lengths[-1])}"
        )
        bound, times = bounds.most_common(1)[0]
        note = f"fusing wins in {kinds[True]} of {len(ratios)}; mostly bound by {bound} ({times})"
        yield experiment.row(
            assumption,
            claim,
            f"{'energy saved' if saved else 'speed-up'}, {platform}, ATTACC against {against}, {where}",
            1 - 1 / mean if saved else mean,
            unit="share" if saved else "×",
            low=1 - 1 / min(ratios) if saved else min(ratios),
            high=1 - 1 / max(ratios) if saved else max(ratios),
            note=note,
        )


def _buffer_points(experiment: Experiment, assumption: Assumption) -> Iterator[Point]:
    for claim in experiment.claims:
        for size in experiment.fields["sizes_kb"]:
            yield _buffer_point(experiment, assumption, claim, size)


def _buffer_point(experiment: Experiment, assumption: Assumption, claim: Claim, size: int) -> Point:
    platform = experiment.fields["platform"]
    asked = experiment.ask(assumption, platform, claim["system"], claim["length"])
    return replace(asked, buffer_kb=size)


def _buffer_rows(experiment: Experiment, assumption: Assumption, answers: Answers) -> Iterator[Row]:
    for claim in experiment.claims:
        for size, value in zip(experiment.fields["sizes_kb"], claim["values"], strict=True):
            found = answers[_buffer_point(experiment, assumption, claim, size)]
            yield experiment.row(
                assumption,
                claim,
                f"utilisation, N = {_tokens(claim['length'])}, {claim['system']}, {_bytes(size)}",
                _maybe(found, "utilization"),
                value=value,
                note=f"bound by {found['bound']}" if "bound" in found else str(found["reason"]),
            )


def _bandwidth_points(experiment: Experiment, assumption: Assumption) -> Iterator[Point]:
    target = experiment.fields["utilization"]
    for claim in experiment.claims:
        for tokens in experiment.fields["lengths"]:
            for dataflow in ("FlexAccel", "FLAT"):
                yield _target(experiment, assumption, claim["platform"], dataflow, tokens, target)


def _target(
    experiment: Experiment, assumption: Assumption, platform: str, system: str, tokens: int, target: float
) -> Point:
    if system == "FLAT":  # it has to fuse, whatever the traffic
        asked = replace(experiment.ask(assumption, platform, "FlexAccel", tokens), target=target)
        return replace(asked, dataflow="flat-opt")
    return replace(experiment.ask(assumption, platform, system, tokens), target=target)


def _bandwidth_rows(experiment: Experiment, assumption: Assumption, answers: Answers) -> Iterator[Row]:
    target = experiment.fields["utilization"]
    for claim in experiment.claims:
        for tokens in experiment.fields["lengths"]:
            base, fused = (
                _maybe(
                    answers[_target(experiment, assumption, claim["platform"], system, tokens, target)],
                    "words_per_cycle",
                )
                for system in ("FlexAccel", "FLAT")
            )
            width = assumption.word_bits / 8 * CYCLES_PER_SECOND / 1e9
            said = [f"{w * width:.3g} GB/s" if w else "not at any bandwidth" for w in (base, fused)]
            yield experiment.row(
                assumption,
                claim,
                f"bandwidth saved, {claim['platform']}, N = {_tokens(tokens)}",
                1 - fused / base if base and fused else None,
                unit="share",
                note=f"FlexAccel {said[0]}, ATTACC fused {said[1]}",
            )


def _share_points(experiment: Experiment, assumption: Assumption) -> Iterator[Point]:
    for claim in experiment.claims:
        for platform in ("edge", "cloud"):
            yield _share_point(experiment, assumption, claim, platform)


def _share_point(experiment: Experiment, assumption: Assumption, claim: Claim, platform: str) -> Point:
    asked = experiment.ask(assumption, platform, experiment.fields["system"], claim["length"])
    return replace(asked, level="block")


def _share_rows(experiment: Experiment, assumption: Assumption, answers: Answers) -> Iterator[Row]:
    for claim in experiment.claims:
        for platform in ("edge", "cloud"):
            found = answers[_share_point(experiment, assumption, claim, platform)]
            yield experiment.row(
                assumption,
                claim,
                f"share of attention, {platform}, N = {_tokens(claim['length'])}",
                _maybe(found, "attention_share"),
                unit="share",
                note=str(found.get("reason", "")),
            )


def _footprint_points(experiment: Experiment, assumption: Assumption) -> Iterator[Point]:
    for claim in experiment.claims:
        yield _footprint_point(experiment, assumption, claim)


def _footprint_point(experiment: Experiment, assumption: Assumption, claim: Claim) -> Point:
    fields = experiment.fields
    return Point(
        assumption,
        "edge",
        claim["granularity"],
        fields["model"],
        fields["length"],
        fields["batch"],
        unbounded=True,
    )


def _footprint_rows(experiment: Experiment, assumption: Assumption, answers: Answers) -> Iterator[Row]:
    fields = experiment.fields
    model = find_model(fields["model"])
    b, h, n, d, r = fields["batch"], model.heads, fields["length"], model.head_dim, fields["rows"]
    claimed = {
        "8BDN + BHN²": 8 * b * h * d * n + b * h * n * n,
        "8DN + HN²": 8 * h * d * n + h * n * n,
        "8Nd + N²": 8 * n * d + n * n,
        "4Rd + 4Nd + RN": 4 * r * d + 4 * n * d + r * n,
    }
    for claim in experiment.claims:
        found = answers[_footprint_point(experiment, assumption, claim)]
        yield experiment.row(
            assumption,
            claim,
            f"elements, {claim['granularity']}: {claim['formula']}",
            _maybe(found, "footprint_words"),
            value=claimed[claim["formula"]],
            unit="words",
            note=str(found.get("reason", "")),
        )


Ask = Callable[[Experiment, Assumption], Iterator[Point]]
Tell = Callable[[Experiment, Assumption, Answers], Iterator[Row]]
MEASURES: dict[str, tuple[Ask, Tell]] = {
    "gains": (_gain_points, _gain_rows),
    "buffer": (_buffer_points, _buffer_rows),
    "bandwidth": (_bandwidth_points, _bandwidth_rows),
    "share": (_share_points, _share_rows),
    "footprint": (_footprint_points, _footprint_rows),
}


def _number(found: Answer, name: str) -> float:
    return float(found[name] or 0)


def _maybe(found: Answer, name: str) -> float | None:
    value = found.get(name)
    return None if value is None else float(value)


def _tokens(count: int) -> str:
    return f"{count // 1024}K" if count >= 1024 else str(count)


def _bytes(kb: int) -> str:
    for factor, unit in ((2**20, "GB"), (2**10, "MB")):
        if kb >= factor:
            return f"{kb / factor:g} {unit}"
    return f"{kb} KB"
