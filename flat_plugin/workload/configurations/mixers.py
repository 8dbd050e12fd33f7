"""Layers that do not attend: what Mamba, linear attention, RG-LRU and short convolutions multiply.

Their convolutions run over every channel by itself. What is element-wise (gates, decays) is no product.
"""

from __future__ import annotations

from math import ceil

from flat_plugin.workload.configurations.fields import Fields
from flat_plugin.workload.products import Convolution, Linear, Product, State

Products = tuple[Product, ...]


def mamba(f: Fields) -> Products:
    """Mamba (arXiv 2312.00752): every channel has a state, and all share the keys and queries."""
    hidden, state = f.size("hidden_size"), f.size("mamba_d_state")
    inner = f.size("mamba_expand") * hidden
    rank = ceil(hidden / 16) if f.any("mamba_dt_rank") in (None, "auto") else f.size("mamba_dt_rank")
    return (
        Linear("mamba_in", hidden, 2 * inner),
        depthwise("mamba_conv", inner, f.size("mamba_d_conv")),
        Linear("mamba_parameters", inner, rank + 2 * state),
        Linear("mamba_steps", rank, inner),
        State("mamba_update", inner, state, 1, update=True),
        State("mamba_read", inner, state, 1),
        Linear("mamba_out", inner, hidden),
    )


def many_headed_mamba(f: Fields) -> Products:
    """Mamba in heads (Zamba): the channels of a head share keys, queries and steps, which come from them."""
    hidden, state, heads = f.size("hidden_size"), f.size("mamba_d_state"), f.size("n_mamba_heads")
    inner = f.size("mamba_expand") * hidden
    rank = ceil(hidden / 16) if f.any("mamba_dt_rank") in (None, "auto") else f.size("mamba_dt_rank")
    if inner % heads:
        raise f.error("n_mamba_heads", f"{inner} channels do not share them evenly", f"a divisor of {inner}")
    return (
        Linear("mamba_in", hidden, 2 * inner),
        depthwise("mamba_conv", inner, f.size("mamba_d_conv")),
        Convolution("mamba_parameters", inner, heads * (rank + 2 * state), (1,), groups=heads),
        Convolution("mamba_steps", heads * rank, inner, (1,), groups=heads),
        State("mamba_update", inner, state, 1, heads, update=True),
        State("mamba_read", inner, state, 1, heads),
        Linear("mamba_out", inner, hidden),
    )


def grid_convolution(f: Fields) -> Products:
    """A convolution of a patch's neighbours, between two gates."""
    hidden, side = f.size("hidden_size"), f.size("conv_kernel_size")
    return (
        Linear("conv_in", hidden, 3 * hidden),
        depthwise("grid_conv", hidden, side**2),
        Linear("conv_out", hidden, hidden),
    )


def mamba2(f: Fields, inner: int | None = None) -> Products:
    """Mamba-2 (arXiv 2405.21060): heads, of which groups share their keys and queries.

    Args:
        inner: its width; so many times the stream's if not given.
    """
    hidden, state, heads = f.size("hidden_size"), f.size("mamba_d_state"), f.size("mamba_n_heads")
    groups = f.size("mamba_n_groups")
    if inner is None:
        inner = int(f.number("mamba_expand") * hidden)
    else:
        f.moot("mamba_expand")
    width = inner // heads if f.any("mamba_d_head") in (None, "auto") else f.size("mamba_d_head")
    if width * heads != inner:
        message = f"{heads} heads of {width} are not the {inner} channels"
        raise f.error("mamba_n_heads", message, f"a divisor of {inner}")
    channels = inner + 2 * groups * state
    if heads % groups:
        raise f.error("mamba_n_groups", f"{heads} heads do not share them evenly", f"a divisor of {heads}")
    return (
        Linear("mamba_in", hidden, inner + channels + heads),
        depthwise("mamba_conv", channels, f.size("mamba_d_conv")),
        State("mamba_update", heads, state, width, groups, update=True),
        State("mamba_read", heads, state, width, groups),
        Linear("mamba_out", inner, hidden),
    )


def delta(f: Fields) -> Products:
    """Gated delta rule (arXiv 2412.06464): what a key reads of the state is taken from the value it adds."""
    hidden, groups = f.size("hidden_size"), f.size("linear_num_key_heads")
    heads, key, value = (
        f.size("linear_num_value_heads"),
        f.size("linear_key_head_dim"),
        f.size("linear_value_head_dim"),
    )
    if heads % groups:
        message = f"{heads} value heads do not share them evenly"
        raise f.error("linear_num_key_heads", message, f"a divisor of {heads}")
    channels = 2 * groups * key + heads * value
    return (
        Linear("linear_in", hidden, channels + heads * value),
        Linear("linear_gates", hidden, heads, times=2),
        depthwise("linear_conv", channels, f.size("linear_conv_kernel_dim")),
        State("linear_recall", heads, key, value, groups),
        State("linear_update", heads, key, value, groups, update=True),
        State("linear_read", heads, key, value, groups),
        Linear("linear_out", heads * value, hidden),
    )


def short_convolution(f: Fields) -> Products:
    """LFM2: a convolution of few tokens between two gates."""
    hidden = f.size("hidden_size")
    return (
        Linear("conv_in", hidden, 3 * hidden),
        depthwise("short_conv", hidden, f.size("conv_L_cache")),
        Linear("conv_out", hidden, hidden),
    )


def rg_lru(f: Fields) -> Products:
    """Griffin (arXiv 2402.19427): a recurrence of single elements, with gates by block of channels."""
    hidden, blocks = f.size("hidden_size"), f.size("num_attention_heads")
    width = f.size_or("lru_width", hidden)
    if width % blocks:
        raise f.error("lru_width", f"{blocks} blocks do not share it evenly", f"a multiple of {blocks}")
    return (
        Linear("recurrent_in", hidden, width, times=2),
        depthwise("recurrent_conv", width, f.size("conv1d_width")),
        Convolution("recurrent_gates", width, width, (1,), groups=blocks, times=2),
        Linear("recurrent_out", width, hidden),
    )


def gated_feed_forward(hidden: int, width: int) -> Products:
    """The feed-forward layers of a layer that does not attend."""
    return (Linear("beside_ff_up", hidden, width, times=2), Linear("beside_ff_down", width, hidden))


def depthwise(name: str, channels: int, kernel: int) -> Convolution:
    """Every channel by itself."""
    return Convolution(name, channels, channels, (kernel,), groups=channels)
