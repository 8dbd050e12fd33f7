"""How images and videos become tokens: patches, tubelets, class tokens, and the product that embeds them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flat_plugin.workload.configurations.fields import Fields
from flat_plugin.workload.configurations.shared_rules import patches_of
from flat_plugin.workload.model_section import Section
from flat_plugin.workload.products import Convolution, Linear


@dataclass(frozen=True)
class Embedded:
    """What an encoder attends to.

    Args:
        tokens: of the longest sequence; None where the model sets none.
        beside: what makes them.
    """

    tokens: int | None
    beside: tuple[Section, ...]


Embedding = Callable[[Fields], Embedded]


def patch_embedding(
    f: Fields,
    less: int = 0,
    rows: int | None = None,
    at: int | None = None,
    channels: str = "num_channels",
    frames: int = 1,
) -> Section:
    """The product of every patch with the weights of the embedding.

    Patches do not overlap, so that the convolution reads each element once: it is a linear layer over them.

    Args:
        less: tokens that are not patches.
        rows, at: as of :class:`Section`.
        channels: the field of an image's channels.
        frames: images that a patch goes through.
    """
    height, width = f.pair("patch_size")
    elements = f.size_or(channels, 3) * frames * height * width
    product = Linear("patch_embedding", elements, f.size("hidden_size"))
    return Section("patch embedding", (product,), sort="embedding", less=less, rows=rows, at=at)


def image(extra: int = 0, registers: str | None = None, classes: str | None = None) -> Embedding:
    """Patches, class tokens (a number or a field) and register tokens (a field)."""

    def embed(f: Fields) -> Embedded:
        added = extra + (f.count(classes) if classes else 0) + (f.count(registers) if registers else 0)
        return Embedded(patches_of(f) + added, (patch_embedding(f, less=added),))

    return embed


def patched(f: Fields) -> Embedded:
    """The number of patches, whatever the image's size."""
    f.moot("spatial_merge_size", "image_size")
    return Embedded(f.size_or_none("num_patches"), (patch_embedding(f),))


def any_size(f: Fields, channels: str = "num_channels", depth: str | None = None) -> Embedded:
    """Images of any size: no length of its own.

    Args:
        channels: the field of an image's channels.
        depth: the field of images that a patch goes through.
    """
    frames = f.size(depth) if depth else 1
    return Embedded(None, (patch_embedding(f, channels=channels, frames=frames),))


def kept(f: Fields) -> Embedded:
    """ViT-MAE embeds all patches and drops a share of them before its encoder; a class token stays."""
    share, patches = f.any("mask_ratio"), patches_of(f)
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share < 1:
        raise f.error("mask_ratio", "not a share", "0 or more and below 1")
    left = int(patches * (1 - share))
    f.remark("mask_ratio", f"{left} of the patches are left")
    return Embedded(left + 1, (patch_embedding(f, rows=patches, at=left + 1),))


def with_text(f: Fields) -> Embedded:
    """ViLT: the text's positions, the patches and a class token."""
    text = f.size("max_position_embeddings")
    return Embedded(text + patches_of(f) + 1, (patch_embedding(f, less=text + 1),))


def video(extra: int = 0) -> Embedding:
    """Tubelets of a video: a depth and the patch, or depth, height and width."""

    def embed(f: Fields) -> Embedded:
        frames, tubelet = f.size("num_frames"), f.any("tubelet_size")
        if isinstance(tubelet, list):
            if len(tubelet) != 3 or not all(isinstance(n, int) and n > 0 for n in tubelet):
                raise f.error("tubelet_size", "not depth, height and width", "three sizes")
            height, width = f.pair("image_size")
            depth, patches = tubelet[0], (height // tubelet[1]) * (width // tubelet[2])
            if height % tubelet[1] or width % tubelet[2]:
                f.remark("image_size", "whole patches only, the rest of the image is cut off")
        else:
            depth, patches = f.size("tubelet_size"), patches_of(f)
            tubelet = [depth, *f.pair("patch_size")]
        if depth > frames or not patches:
            raise f.error("tubelet_size", "larger than the video", f"at most {frames} frames")
        if frames % depth:
            f.remark("num_frames", f"{frames // depth} whole tubelets of {depth}, the rest is cut off")
        elements = f.size_or("num_channels", 3) * tubelet[0] * tubelet[1] * tubelet[2]
        product = Linear("patch_embedding", elements, f.size("hidden_size"))
        section = Section("tubelet embedding", (product,), sort="embedding", less=extra)
        return Embedded(frames // depth * patches + extra, (section,))

    return embed


def spectrogram(f: Fields) -> Embedded:
    """Patches of a spectrogram, which overlap, and two class tokens."""
    patch = f.size("patch_size")
    sizes = (("num_mel_bins", "frequency_stride"), ("max_length", "time_stride"))
    across = []
    for size, stride in sizes:
        if patch > f.size(size):
            raise f.error("patch_size", "a patch is larger than the spectrogram", f"at most {f.size(size)}")
        if (f.size(size) - patch) % f.size(stride):
            f.remark(size, f"the last {(f.size(size) - patch) % f.size(stride)} are cut off")
        across.append((f.size(size) - patch) // f.size(stride) + 1)
    steps = (f.size("frequency_stride"), f.size("time_stride"))
    product = Convolution(
        "patch_embedding", 1, f.size("hidden_size"), (patch, patch), steps, height=across[0]
    )
    section = Section("patch embedding", (product,), sort="embedding", less=2)
    return Embedded(across[0] * across[1] + 2, (section,))
