"""What an architecture's own files fix of mappings."""

from __future__ import annotations

from collections.abc import Collection

from flat_plugin.architecture.hardware import Architecture
from flat_plugin.mapspace.constraints.directives import read_constraints
from flat_plugin.mapspace.constraints.fixed import Constraints
from flat_plugin.mapspace.constraints.vocabulary import Vocabulary
from flat_plugin.workload.einsum import Einsum


def of_architecture(
    einsum: Einsum, architecture: Architecture, others: Collection[Einsum] = (), *sources: str
) -> Constraints:
    """What an architecture's files fix of one operator.

    Args:
        others: operators that are mapped together with this one, whose names may occur.
        sources: those that count; all if not given.
    """
    chosen = [each for each in architecture.constraints if not sources or each.source in sources]
    words = Vocabulary.of(einsum, others)
    directives, places = [each.directive for each in chosen], [each.place for each in chosen]
    return read_constraints(directives, places, words, architecture, of_files=True)
