"""The sides of a search under a mask, on small architectures."""

from dataclasses import replace

from every_mapping import ARCHITECTURES, ENERGIES

from flat_plugin.mapping.named import parse_dataflow
from flat_plugin.mapspace.family import families_of
from flat_plugin.mapspace.limits import Limits
from flat_plugin.mapspace.masked.build import Problem, masked_search
from flat_plugin.mapspace.masked.side import MaskedSide
from flat_plugin.workload import Attention
from flat_plugin.workload.mask import mask_of


def sides(mask: str, name: str, family: str) -> tuple[MaskedSide, ...]:
    return sides_of(Attention(1, 1, 4, 4, 1, mask=mask_of(mask)), name, family)


def sides_of(attention: Attention, name: str, family: str) -> tuple[MaskedSide, ...]:
    square = replace(attention, mask=mask_of("full"))
    free = {operator: Limits() for operator in ("logit", "attend")}
    problem = Problem(attention, square, ARCHITECTURES[name], ENERGIES, ENERGIES, "free", free)
    (one,) = families_of(parse_dataflow(family), square)
    return masked_search(problem, one).sides
