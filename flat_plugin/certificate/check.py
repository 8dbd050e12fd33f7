"""Checking a certificate: everything that it claims is worked out anew, by the model and by bounds.

Nothing of a search is asked. The mapping is evaluated, and must be of a family and cost what it is said to.
The parts must cover each family's space once; each must cost, by a bound that is derived here, no less than
the claim. So a certificate cannot hide a part, and none of its figures is believed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf, isclose, prod
from typing import Any

from flat_plugin.architecture.platform import Platform
from flat_plugin.certificate.document import chip_document, digest_of, read_chip, read_sizes, sizes_document
from flat_plugin.certificate.form import CertificateFile, CertificateForm
from flat_plugin.certificate.layer import Bounded, Tile, bounded
from flat_plugin.certificate.space import Space, check_chip
from flat_plugin.documents import Source, load, located, missing
from flat_plugin.errors import FlatError
from flat_plugin.mapping.dataflow import Dataflow
from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.mapping.named import dataflow_of, named_dataflow
from flat_plugin.model.estimate import Estimate
from flat_plugin.model.layer import Setting, attention_estimate
from flat_plugin.model.operator import evaluate_operator
from flat_plugin.schema import check
from flat_plugin.shown import Shown
from flat_plugin.timeloop.fused_file import read_fused
from flat_plugin.workload.attention import Attention

_ROUNDING = 1e-9  # by which sums in another order may differ
MOST_PARTS = 1_000


class _Wrong(Exception):
    """What a certificate says is not so."""


@dataclass(frozen=True, repr=False)
class Verdict(Shown):
    """What became of a certificate: its ``content``, and the ``reason`` why it does not hold, if so."""

    content: CertificateForm
    reason: str | None

    @property
    def holds(self) -> bool:
        """Whether all that it claims was found to be true."""
        return self.reason is None

    @property
    def gap(self) -> float:
        """How far below its mapping the best one may be, at most, as a part of what that costs."""
        return float(self.content["gap"])

    @property
    def value(self) -> float:
        """What the mapping costs, by the objective."""
        return float(self.content["value"])

    @property
    def families(self) -> list[str]:
        """Names of the families whose mappings cost no less."""
        return [each if isinstance(each, str) else each["name"] for each in self.content["families"]]

    def to_dict(self) -> dict[str, object]:
        """The machine-readable form that ``flat check --json`` prints."""
        return {
            "holds": self.holds,
            "reason": self.reason,
            "objective": self.content["objective"],
            "value": self.value,
            "gap": self.gap,
            "families": self.families,
            "factors": self.content["factors"],
            "softmax": self.content["softmax"],
            "attention": dict(self.content["attention"]),
            "parts": len(self.content["parts"]),
        }


def check_certificate(
    certificate: Source,
    tolerance: float = 1.0,
    *,
    attention: Attention | None = None,
    platform: Platform | None = None,
) -> Verdict:
    """Whether a certificate holds, of which nothing is believed.

    Args:
        certificate: what ``SearchResult.certificate`` gives, or a file of it.
        tolerance: the largest gap that will do.
        attention, platform: what it is to be of; whatever it says if not given.

    Raises:
        FlatError: it is no certificate, or one of a question that cannot be asked.
    """
    document = load(certificate)
    with located(certificate):
        if "certificate" not in document:
            raise missing("certificate", document)
        content = check(CertificateFile, document, closed=True)["certificate"]
        claim = Claim.read(content)
    try:
        claim.check_question(attention, platform)
        claim.hold(tolerance)
        reason = None
    except _Wrong as error:
        reason = str(error)
    return Verdict(content, reason)


@dataclass(frozen=True)
class Claim:
    """A certificate as values: of each family its space."""

    content: CertificateForm
    spaces: tuple[Space, ...]

    @classmethod
    def read(cls, content: CertificateForm) -> Claim:
        """
        Raises:
            FlatError: there is no such layer, chip or family, or no bounds of it.
        """
        attention, platform = read_sizes(content["attention"]), read_chip(content["chip"])
        check_chip(platform.architecture)
        if content["objective"] in ("edp", "energy"):
            platform.energies.need(f"the objective {content['objective']}", "certificate.chip")
        if content["softmax"] in ("serial", "overlapped") and platform.architecture.softmax is None:
            raise FlatError("the chip has no softmax unit", path="certificate.softmax", expected="free")
        if len(content["parts"]) > MOST_PARTS:
            raise FlatError("too many parts", path="certificate.parts", expected=f"at most {MOST_PARTS:,}")
        flows = [_family(given, content["factors"]) for given in content["families"]]
        return cls(content, tuple(Space(attention, platform, content["softmax"], flow) for flow in flows))

    @property
    def attention(self) -> Attention:
        return self.spaces[0].attention

    def check_question(self, attention: Attention | None, platform: Platform | None) -> None:
        """
        Raises:
            _Wrong: it is of another layer or chip than this one.
        """
        if attention is not None and _sizes(attention) != _sizes(self.attention):
            raise _Wrong(f"it is of another layer: {_sizes(self.attention)}, and not {_sizes(attention)}")
        if attention is not None and attention != self.attention:
            own = "widths of words of its own" if attention.mask.full else f"a {attention.mask} mask"
            own = "K and V in one tensor" if attention.joint else own
            raise _Wrong(f"it is of full masks and words of one width; the layer that is asked for has {own}")
        if platform is not None and (chip := chip_document(platform)) != self.content["chip"]:
            there = dict(self.content["chip"])
            other = ", ".join(name for name, figures in chip.items() if figures != there[name])
            raise _Wrong(f"it is for another chip than {platform.architecture.name}: its {other} differ")

    def hold(self, tolerance: float) -> None:
        """
        Raises:
            _Wrong: the claim is not true, or not as close as asked.
        """
        content = self.content
        if content["digest"] != digest_of(content):
            raise _Wrong("the file was changed after it was written: its digest differs")
        if content["gap"] > tolerance:
            raise _Wrong(f"the gap is {content['gap']:.3g}, and {tolerance:.3g} is asked for")
        self._check_mapping()
        parts = self._parts()
        for space in self.spaces:
            check_cover(space, parts.pop(space.dataflow.name, []))
        if parts:
            raise _Wrong(f"parts of {', '.join(parts)}, about which the claim says nothing")
        self._check_bounds()

    def _check_mapping(self) -> None:
        """The mapping is one of a family, and costs what it is said to."""
        space, value = self.spaces[0], self.content["value"]
        einsums = {einsum.name: einsum for einsum in self.attention.einsums()}
        try:
            document = {"fused_mapping": self.content["mapping"]}
            mapping = read_fused(document, einsums, space.platform.architecture)
            found = figure_of(cost_of(space, mapping), self.content["objective"])
        except FlatError as error:
            raise _Wrong(f"the mapping is not one of this layer on this chip: {error}") from None
        strange = [space.strange(mapping) for space in self.spaces]
        if all(strange):
            raise _Wrong(f"the mapping is in none of the map spaces: {'; '.join(map(str, strange))}")
        if not isclose(found, value, rel_tol=_ROUNDING):
            raise _Wrong(f"the mapping's {self.content['objective']} is {found!r}, and not {value!r}")

    def _parts(self) -> dict[str, list[Tile]]:
        """Parts by family."""
        found: dict[str, list[Tile]] = {}
        for part in self.content["parts"]:
            rows = {d: (each["least"], each["most"]) for d, each in part["rows"].items()}
            found.setdefault(part["dataflow"], []).append(rows)
        return found

    def _check_bounds(self) -> None:
        """No part has anything below the claim."""
        target = self.content["value"] * (1 - self.content["gap"])
        for space in self.spaces:
            for tile in self._parts()[space.dataflow.name]:
                least = bound_of(space, tile, self.content["objective"], target).least
                if least < target * (1 - _ROUNDING):
                    said = f"{space.dataflow.name} {tile_text(tile)}".rstrip()
                    raise _Wrong(f"{said} is not ruled out: its bound is {least:.6g}, below {target:.6g}")


def bound_of(space: Space, tile: Tile, objective: str, target: float) -> Bounded:
    """What the mappings of a part cost at least; infinite where there are none."""
    part = space.part(tile)
    return Bounded(inf, 0) if part is None else bounded(part, objective, target)


def check_cover(space: Space, parts: Sequence[Tile]) -> None:
    """Every mapping of the space is in one part, and in no second: boxes of rows that do not overlap, and
    together are as large as the whole.

    Raises:
        _Wrong: they are not.
    """
    name, whole = space.dataflow.name, space.rows
    if not parts:
        raise _Wrong(f"no part of {name}")
    for tile in parts:
        if set(tile) != set(whole):
            raise _Wrong(f"a part of {name} says rows of {', '.join(tile) or 'nothing'}")
        for d, (least, most) in tile.items():
            if not whole[d][0] <= least <= most <= whole[d][1]:
                raise _Wrong(f"a part of {name} with {least} to {most} rows of {d}, which has {whole[d]}")
    for n, one in enumerate(parts):
        for two in parts[:n]:
            if all(one[d][0] <= two[d][1] and two[d][0] <= one[d][1] for d in whole):
                raise _Wrong(f"parts of {name} overlap: {tile_text(one)} and {tile_text(two)}")
    if sum(map(_size, parts)) != _size(whole):
        raise _Wrong(f"a part of {name} is missing")


def _size(tile: Tile) -> int:
    return prod(most - least + 1 for least, most in tile.values())


def tile_text(tile: Tile) -> str:
    """``M 1…64, N 512``"""
    return ", ".join(f"{d} {a}" if a == b else f"{d} {a}…{b}" for d, (a, b) in tile.items())


def cost_of(space: Space, mapping: FusedMapping) -> Estimate:
    """A mapping's estimate, as ``flat estimate --mapping`` has it.

    Raises:
        InvalidMapping: it does not fit.
    """
    chip, energies = space.platform.architecture, space.platform.energies
    results = [evaluate_operator(e, chip, mapping[e.name], energies) for e in space.attention.einsums()]
    setting = Setting(space.softmax)
    return attention_estimate("layer", space.attention, chip, mapping, results, energies, setting)


def figure_of(estimate: Estimate, objective: str) -> float:
    """pJ × cycles, pJ, cycles, or words of the outermost memory."""
    if objective in ("latency", "traffic"):
        return estimate.cycles if objective == "latency" else estimate.dram_words
    energy = float("nan") if estimate.energy_pj is None else estimate.energy_pj
    return energy * estimate.cycles if objective == "edp" else energy


def _sizes(attention: Attention) -> str:
    return ", ".join(f"{name} {size:,}" for name, size in sizes_document(attention).items())


def _family(given: str | Mapping[str, Any], factors: str) -> Dataflow:
    flow = named_dataflow(given) if isinstance(given, str) else dataflow_of(given, "certificate.families")
    if not flow.fused and flow.granularity is not None:
        raise FlatError("a family that leaves nothing open", path="certificate.families", value=flow.name)
    return flow.with_factors(factors)
