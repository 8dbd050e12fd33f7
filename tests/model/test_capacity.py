"""What must be in a memory at the same time, as one inequality."""

import flat_plugin as flat
from flat_plugin.model.capacity import Requirement, Term, layer_name, misfit, requirements, shape_text

LAYER = flat.parse_attention("B=1,H=2,M=64,N=64,D=16")
EINSUMS = {einsum.name: einsum for einsum in LAYER.einsums()}


def needs(dataflow, **options):
    found = flat.estimate(LAYER, "edge", dataflow, **options)
    return found.mapping, requirements(EINSUMS, found.mapping, flat.find_architecture("edge"))


def test_flat_by_heads_needs_what_the_paper_says():
    """8Nd + N²: Q, K, V and O double buffered, the scores once."""
    _, (buffer, *_) = needs("flat-h")
    assert buffer.words == 8 * 64 * 16 + 64 * 64
    assert buffer.fits and " ≤ " in str(buffer)


def test_by_rows_it_is_4rd_and_4nd_and_rn():
    _, (buffer, *_) = needs("flat-r16", stage=["Q", "K", "V", "S", "O"])
    assert buffer.words == 4 * 16 * 16 + 4 * 64 * 16 + 16 * 64


def test_the_first_that_does_not_fit_is_named():
    edge = flat.find_architecture("edge")
    mapping, before = needs("flat-h")
    small = flat.platform(set={"buffer_kb": 16}).architecture
    assert misfit(before) is None
    need = misfit(requirements(EINSUMS, mapping, small))
    assert need.buffer == edge.memories[1].name and " > 8,192 words" in str(need)


def test_names_and_shapes_in_words():
    assert (layer_name("S"), layer_name("P"), layer_name("Q")) == ("S", "S", "Q")
    assert shape_text({"M": 16, "D": 8}) == "M16×D8"
    term = Term("Q", 2, (("M", 16), ("D", 8)))
    assert (term.words, str(term)) == (256, "2·Q[M16×D8]")
    assert isinstance(needs("base")[1][0], Requirement)
