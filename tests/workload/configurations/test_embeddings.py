"""Images, videos and spectrograms as tokens, counted by hand."""

import pytest
from toy_fields import toy

from flat_plugin.errors import FlatError
from flat_plugin.workload.configurations import embeddings
from flat_plugin.workload.products import Linear

IMAGE = dict(image_size=[32, 16], patch_size=8)  # 4 × 2 patches


def rows(embedded):
    """Tokens that the embedding makes, of those that there are."""
    ((_, einsum),) = embedded.beside[0].over([(1, embedded.tokens)])
    return einsum.operations // embedded.beside[0].weights


def test_an_embedding_reads_every_element_of_a_patch_once():
    section = embeddings.patch_embedding(toy(patch_size=[8, 4]))
    assert section.products == (Linear("patch_embedding", 3 * 8 * 4, 64),)
    wide = embeddings.patch_embedding(toy(patch_size=8, bands=5), channels="bands", frames=2)
    assert wide.weights == 5 * 2 * 8 * 8 * 64
    assert embeddings.patch_embedding(toy(patch_size=8, num_channels=1)).weights == 8 * 8 * 64


@pytest.mark.parametrize(
    ("options", "tokens"),
    [((), 8), ((1,), 9), ((1, "registers"), 13), ((0, "registers", "classes"), 14)],
)
def test_an_image_with_class_and_register_tokens(options, tokens):
    embedded = embeddings.image(*options)(toy(**IMAGE, registers=4, classes=2))
    assert (embedded.tokens, rows(embedded)) == (tokens, 8)


def test_images_of_any_size():
    assert embeddings.patched(toy(num_patches=20, patch_size=8)).tokens == 20
    assert embeddings.patched(toy(patch_size=8)).tokens is None
    assert embeddings.any_size(toy(patch_size=8)).tokens is None
    embedded = embeddings.any_size(toy(patch_size=8, bands=1, frames=2), channels="bands", depth="frames")
    assert embedded.beside[0].weights == 2 * 8 * 8 * 64


def test_a_share_of_the_patches_is_dropped_before_the_layers():
    embedded = embeddings.kept(toy(**IMAGE, mask_ratio=0.75))
    assert (embedded.tokens, rows(embedded)) == (2 + 1, 8)
    assert embeddings.kept(toy(**IMAGE, mask_ratio=0)).tokens == 9
    for wrong in (1, 1.0, -0.1, True, None, "0.75"):
        with pytest.raises(FlatError, match="mask_ratio: not a share"):
            embeddings.kept(toy(**IMAGE, mask_ratio=wrong))


def test_text_beside_an_image():
    embedded = embeddings.with_text(toy(**IMAGE, max_position_embeddings=40))
    assert (embedded.tokens, rows(embedded)) == (40 + 8 + 1, 8)


def test_tubelets_of_a_video():
    deep = embeddings.video()(toy(**IMAGE, num_frames=7, tubelet_size=2))
    assert (deep.tokens, deep.beside[0].weights) == (3 * 8, 3 * 2 * 8 * 8 * 64)
    sized = embeddings.video(1)(toy(image_size=32, num_frames=8, tubelet_size=[2, 16, 8], num_channels=1))
    assert (sized.tokens, rows(sized)) == (4 * 2 * 4 + 1, 32)
    assert sized.beside[0].weights == 2 * 16 * 8 * 64
    for wrong in ([2, 16], [2, 16, 0], 9, [9, 8, 8], [1, 64, 8]):
        with pytest.raises(FlatError, match="tubelet_size: "):
            embeddings.video()(toy(image_size=32, patch_size=8, num_frames=8, tubelet_size=wrong))


SOUND = dict(patch_size=16, num_mel_bins=128, max_length=100, frequency_stride=10, time_stride=12)


def test_patches_of_a_spectrogram_overlap():
    """(128 - 16) / 10 + 1 = 12 across, (100 - 16) / 12 + 1 = 8 along, and two class tokens."""
    f = toy(**SOUND)
    embedded = embeddings.spectrogram(f)
    assert (embedded.tokens, embedded.beside[0].weights) == (12 * 8 + 2, 16 * 16 * 64)
    assert f.remarks == ["num_mel_bins: the last 2 are cut off"]
    ((_, einsum),) = embedded.beside[0].over([(1, embedded.tokens)])
    assert (einsum.sizes["P"], einsum.sizes["Q"]) == (12, 8)
    assert einsum.words("A") == (11 * 10 + 16) * (7 * 12 + 16)
    with pytest.raises(FlatError, match="patch_size: a patch is larger than the spectrogram.*at most 15"):
        embeddings.spectrogram(toy(**SOUND | dict(num_mel_bins=15)))
