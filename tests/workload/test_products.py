from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flat_plugin.errors import FlatError
from flat_plugin.workload.products import Convolution, Linear

SMALL = st.integers(1, 4)


def test_a_linear_layer_over_the_tokens_of_all_sequences():
    times, gemm = Linear("gate", 5, 8, times=2).over(3, 10)
    assert (times, gemm.sizes) == (2, {"M": 30, "N": 8, "K": 5})
    assert Linear("gate", 5, 8, times=2).weights == 80


def test_the_first_convolutions_of_whisper():
    """3000 frames of 80 bands become 1500 tokens of 512 (arXiv 2212.04356, section 2.2)."""
    first = Convolution("conv1", 80, 512, (3,), outputs=(2, 0))
    second = Convolution("conv2", 512, 512, (3,), (2,))
    (_, one), (_, two) = first.over(1, 1500), second.over(1, 1500)
    assert one.operations == 3000 * 512 * 80 * 3
    assert one.words("A") == 80 * 3002  # a frame of padding at either end
    assert two.operations == 1500 * 512 * 512 * 3
    assert two.words("A") == 512 * 3001
    assert (first.weights, second.weights) == (512 * 80 * 3, 512 * 512 * 3)


def run(conv, sequences, tokens):
    """The loops of a convolution: multiply-accumulates, and the elements that it reads and writes."""
    scale, more = conv.outputs
    shape = (conv.height, (scale * tokens + more) // conv.height)[-len(conv.kernel) :]
    each_in, each_out = conv.channels_in // conv.groups, conv.channels_out // conv.groups
    done, read, written, weights = 0, set(), set(), set()
    for b, g, m in product(range(sequences), range(conv.groups), range(each_out)):
        for at in product(*map(range, shape)):
            for c, window in product(range(each_in), product(*map(range, conv.kernel))):
                places = zip(at, conv.stride, window, strict=True)
                read.add((b, g, c, *(p * step + r for p, step, r in places)))
                weights.add((g, m, c, window))
                done += 1
            written.add((b, g, m, at))
    return done, len(read), len(weights), len(written)


@settings(max_examples=60, deadline=None)
@given(SMALL, SMALL, SMALL, SMALL, st.integers(1, 2), st.data())
def test_a_convolution_is_its_loops(channels_in, channels_out, groups, sequences, dimensions, data):
    kernel = tuple(data.draw(st.integers(1, 3)) for _ in range(dimensions))
    # A stride beyond the kernel leaves elements out, of which the einsum counts the span.
    stride = tuple(data.draw(st.integers(1, size)) for size in kernel)
    height = data.draw(SMALL) if dimensions == 2 else 1
    tokens = height * data.draw(SMALL)
    conv = Convolution(
        "conv", channels_in * groups, channels_out * groups, kernel, stride, groups, height=height
    )
    _, einsum = conv.over(sequences, tokens)
    assert (einsum.operations, *map(einsum.words, "AWZ")) == run(conv, sequences, tokens)
    assert conv.weights == einsum.words("W")


def test_bad_convolutions_are_refused():
    with pytest.raises(FlatError, match=r"conv\.groups: 2 groups do not divide the channels"):
        Convolution("conv", 3, 4, (3,), groups=2)
    with pytest.raises(FlatError, match=r"conv\.stride: a kernel and its stride"):
        Convolution("conv", 3, 4, (3, 3), (1,))
    with pytest.raises(FlatError, match="seq: 7 outputs of conv do not fill 2 rows"):
        Convolution("conv", 3, 4, (3, 3), (1, 1), height=2).over(1, 7)
