"""What an outside engine may refuse: as a program does, and as a mapping is refused."""

import pickle

from flat_plugin.engines.errors import DoesNotFit, NoValidMapping, UnderflowEnergy
from flat_plugin.errors import InvalidMapping
from flat_plugin.programs.errors import ProgramError, UnreadableOutput


def test_a_mapping_that_does_not_fit_is_refused_as_any_other_is() -> None:
    error = DoesNotFit("tile over the capacity", level="Buffer", tile=700, capacity=512)
    for each in (error, pickle.loads(pickle.dumps(error))):
        assert isinstance(each, InvalidMapping) and isinstance(each, ProgramError)
        assert str(each) == "tile over the capacity"
        assert (each.level, each.tile, each.capacity) == ("Buffer", 700, 512)


def test_it_need_not_know_where() -> None:
    assert (DoesNotFit("no").level, DoesNotFit("no").tile, DoesNotFit("no").capacity) == (None, None, None)


def test_the_others_are_failures_of_the_program() -> None:
    assert issubclass(NoValidMapping, ProgramError) and not issubclass(NoValidMapping, InvalidMapping)
    assert issubclass(UnderflowEnergy, UnreadableOutput)
