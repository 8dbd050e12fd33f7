"""Stand-ins for Timeloop: programs on a PATH of their own that do as a test says."""

from __future__ import annotations

from pathlib import Path

import pytest

from flat_plugin.architecture import Architecture, EnergyTable, read_architecture
from flat_plugin.energy.tables import read_ert
from flat_plugin.mapping.nest import OperatorMapping
from flat_plugin.timeloop.fused_file import read_fused
from flat_plugin.workload import find_model
from flat_plugin.workload.einsum import Einsum

STATS = Path(__file__).parents[1] / "reference" / "stats"  # recorded: BERT-base at 512 tokens, on edge


@pytest.fixture(scope="session")
def edge() -> Architecture:
    return read_architecture(STATS / "architecture.yaml")


@pytest.fixture(scope="session")
def energies() -> EnergyTable:
    return read_ert(STATS / "ERT.yaml")


@pytest.fixture(scope="session")
def logit() -> Einsum:
    return find_model("bert-base").attention(512).logit()


@pytest.fixture(scope="session")
def mapping(edge: Architecture) -> OperatorMapping:
    einsums = {einsum.name: einsum for einsum in find_model("bert-base").attention(512).einsums()}
    return read_fused(STATS / "flat-r64" / "fused_mapping.yaml", einsums, edge)["logit"]


@pytest.fixture(scope="session")
def recorded() -> str:
    """What the real timeloop-model printed for this mapping."""
    return (STATS / "flat-r64" / "logit.stats.txt").read_text()
