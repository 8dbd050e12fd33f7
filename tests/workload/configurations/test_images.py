"""Encoders of images and videos, in small: their layers, windows and tokens by hand."""

import pytest
from toy_fields import masks, toy

from flat_plugin.errors import FlatError
from flat_plugin.workload.configurations import images
from flat_plugin.workload.configurations.embeddings import image

IMAGE = dict(image_size=32, patch_size=4)  # 8 × 8 patches
EMBED = image(1)
SQUARE, PLAIN, GATED = 64 * 64, 2 * 64 * 96, 3 * 64 * 96


def only(reading):
    ((_, layer),) = reading.stack
    return layer


def test_vit():
    reading = images.vit(toy(**IMAGE), embed=EMBED)
    assert (reading.tokens, masks(reading)) == (65, [(4, "encoder", "full")])
    assert only(reading).linear_weights == 4 * SQUARE + PLAIN
    assert reading.beside[0].weights == 3 * 4 * 4 * 64
    assert only(images.vit(toy(**IMAGE, ffn=80), embed=EMBED, feed_forward="ffn")).feed_forward == 80


def test_widths_as_a_ratio():
    """Gated, two thirds of four times 64 is 170, which the class rounds up to a multiple of 8."""
    layer = only(images.ratio_vit(toy(**IMAGE, mlp_ratio=4), embed=EMBED))
    assert (layer.feed_forward, layer.gated) == (256, False)
    layer = only(images.ratio_vit(toy(**IMAGE, mlp_ratio=4, use_swiglu_ffn=True), embed=EMBED))
    assert (layer.feed_forward, layer.gated) == (176, True)
    assert only(images.ratio_vit(toy(**IMAGE, mlp_ratio=2.7), embed=EMBED)).feed_forward == 172


def test_gates_where_a_field_says_so_or_always():
    assert only(images.gated_vit(toy(**IMAGE), embed=EMBED)).linear_weights == 4 * SQUARE + GATED
    for gated in (True, False):
        reading = images.gated_vit(toy(**IMAGE, gate=gated), embed=EMBED, flag="gate")
        assert only(reading).gated == gated
    with pytest.raises(FlatError, match="head_dim"):
        images.gated_vit(toy(**IMAGE, head_dim=8), embed=EMBED)


def test_a_pooling_is_one_query_behind_the_layers():
    assert len(images.pooled(toy(**IMAGE), embed=EMBED, head="pools").stack) == 1
    fields = toy(**IMAGE, pools=True)
    _, (once, pooling) = images.pooled(fields, embed=EMBED, head="pools").stack
    assert (once, pooling.kind) == (1, "pooling")
    assert pooling.linear_weights == 4 * SQUARE + PLAIN
    (_, layer), (_, pooling) = images.pooled(fields, embed=EMBED, head="pools", aimv2=True).stack
    assert (layer.gated, pooling.linear_weights) == (True, 3 * SQUARE)


def test_most_layers_attend_within_square_windows():
    fields = dict(IMAGE, window_size=4, global_attn_indexes=[1])
    reading = images.windowed(toy(**fields))
    assert [(times, layer.split) for times, layer in reading.stack] == [(3, (4, 16)), (1, None)]
    none = images.windowed(toy(**fields | dict(global_attn_indexes=[])))
    assert [(times, layer.split) for times, layer in none.stack] == [(4, (4, 16))]
    every = images.windowed(toy(**fields | dict(global_attn_indexes=[0, 1, 2, 3])))
    assert [(times, layer.split) for times, layer in every.stack] == [(4, None)]
    assert only(images.windowed(toy(**fields | dict(window_size=0)))).split is None


def test_windows_that_are_not_of_this_image():
    (gap,) = images.windowed(toy(**IMAGE, window_size=3)).gaps
    assert (gap.path, gap.reason) == (
        "window_size",
        "windows that do not divide 8 x 8 patches are not modelled",
    )
    for wrong in ([4], [-1], [1, 1], ["1"]):
        with pytest.raises(FlatError, match="global_attn_indexes: not layers of the model"):
            images.windowed(toy(**IMAGE, window_size=4, global_attn_indexes=wrong))


def test_space_and_time_are_attended_to_in_turn():
    """5 frames of 64 patches, each with a copy of the class token; and every patch in 5 frames."""
    fields = dict(IMAGE, num_frames=5, attention_type="divided_space_time")
    reading = images.timesformer(toy(**fields))
    assert [(times, layer.split) for times, layer in reading.stack] == [(4, (5, 65)), (4, (64, 5))]
    assert reading.tokens == 64 * 5 + 1
    space, time = (layer.linear_weights for _, layer in reading.stack)
    assert (space, time) == (4 * SQUARE, 5 * SQUARE)
    assert reading.beside[1].weights == 4 * PLAIN
    with pytest.raises(FlatError, match="attention_type: space and time"):
        images.timesformer(toy(**fields | dict(attention_type="space_only")))


def test_tokens_that_are_merged_on_the_way(read):
    sizes = dict(hidden_size=64, num_attention_heads=4, intermediate_size=96, num_hidden_layers=5)
    sizes |= dict(image_size=32, patch_size=4, num_channels=3, window_kernel_size=[2, 2])
    model = read(sizes, model_type="minicpmv4_7_vision", insert_layer_id=1)
    assert [(times, layer.split) for times, layer in model.stack] == [
        (2, (1, 64)),
        (1, (16, 4)),
        (3, (1, 16)),
    ]
    layer, merger = 4 * 64 * 64 + 2 * 64 * 96, 4 * 64 * 64 + 256 * 1024 + 1024 * 64
    assert model.linear_weights == 5 * layer + merger
    last = model.sections()[-1][1]
    assert sum(times * einsum.operations for times, einsum in last) == 16 * (256 * 1024 + 1024 * 64)
    assert len(read(sizes, model_type="minicpmv4_7_vision", insert_layer_id=-1).stack) == 1
    with pytest.raises(FlatError, match="insert_layer_id"):
        read(sizes, model_type="minicpmv4_7_vision", insert_layer_id="one")


def test_tokens_that_are_merged_behind_the_first_or_the_last_layer():
    def stack(at, window):
        reading = images.merging(toy(**IMAGE, insert_layer_id=at, window_kernel_size=window))
        return [(times, layer.split) for times, layer in reading.stack], reading.gaps

    assert stack(0, 4) == ([(1, (1, 64)), (1, (4, 16)), (3, (1, 4))], ())
    assert stack(3, 4) == ([(4, (1, 64)), (1, (4, 16))], ())
    assert stack(4, 4) == ([(4, None)], ())
    for window in (3, [2, 4]):
        assert [gap.path for gap in stack(0, window)[1]] == ["window_kernel_size"]


def test_windows_of_an_image_of_any_size(read):
    sizes = dict(hidden_size=64, num_attention_heads=4, intermediate_size=96, num_hidden_layers=4)
    sizes |= dict(patch_size=4, patch_temporal=2, pos_emb_height=8)
    model = read(sizes, model_type="muse_spark_vision")
    (gap,) = model.gaps
    assert not gap.touches("model", 64) and gap.touches("attention", 65)
    assert model.weights["embedding"] == 2 * 3 * 16 * 64
    full = read(sizes, model_type="muse_spark_vision", layer_types=["full_attention"] * 4)
    assert not full.gaps
