"""What was understood of a workload: a line for people, an object for programs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from flat_plugin.wording import counted
from flat_plugin.workload.attention import Attention
from flat_plugin.workload.block import Block
from flat_plugin.workload.layer import Layer
from flat_plugin.workload.mask import Mask
from flat_plugin.workload.model import Model
from flat_plugin.workload.model_section import Section
from flat_plugin.workload.requests import Requests
from flat_plugin.workload.resolve import Given
from flat_plugin.workload.trace import Trace
from flat_plugin.workload.widths import Widths
from flat_plugin.workload.zoo import find_model


@dataclass(frozen=True)
class Description:
    """A workload as it was understood.

    Args:
        line: one line, such as ``gpt2: 12 decoder layers × 12 heads, D 64, …``.
        document: the ``"workload"`` object of ``--json``: ``name``, ``source``, ``batch``, ``layers``
            (those that attend, one entry a kind: ``times``, ``kind``, ``heads``, ``kv_heads``, ``head_dim``,
            ``value_dim``, ``joint`` (V is a part of K), ``latent`` (its form), ``hidden``,
            ``feed_forward``, ``gated``, ``experts``, ``queries``, ``keys``, ``mask`` as it is counted,
            needed ``scores``, ``own_mask`` of the model itself, and if it is ``causal``), ``mask`` and
            ``scores`` of the first kind, ``bits`` of tensors that have a width of their own, ``beside``
            (what else the model computes: ``name``, ``times``, ``sort`` of its weights, ``weights``,
            ``operators``), ``linear_weights`` (None where
            it has layers that are not understood), ``weights`` by sort, as of ``Model.weights``,
            ``not_modelled`` (what the model does and is not counted, with the lowest level it changes), and
            of a step of serving its ``requests`` (``requests``, ``queries``, ``keys``); the layers' queries
            and keys are then those of the first, the scores of all.
        notes: what else a reader should know, a sentence each.
    """

    line: str
    document: Mapping[str, Any]
    notes: tuple[str, ...] = ()


def describe(workload: Given | str, seq: int | None = None, batch: int = 1) -> Description:
    """The workload that is asked for, as it was understood; arguments as of ``estimate``. Of a trace there is
    a line, and no document.

    Raises:
        FlatError: no such model, or a model without a sequence length of its own and no ``seq``.
    """
    if isinstance(workload, str):
        workload = find_model(workload)
    if isinstance(workload, Model):
        return _of_model(workload, seq, batch)
    if isinstance(workload, Trace):
        return Description(f"{workload.name}: {counted(workload.steps, 'step')} of a trace", {})
    name = "attention" if isinstance(workload, Attention) else "block"
    block = workload if isinstance(workload, Block) else None
    attention = workload if isinstance(workload, Attention) else workload.attention
    entry = _entry(1, name, attention, block, attention.mask)
    weights = None
    if block is not None:
        layer = _layer(block)
        weights = {"linear": layer.linear_weights, "experts": layer.expert_weights}
    return _described(name, attention.batch, attention.widths, [entry], weights)


def understood(workload: Given, seq: int | None = None, batch: int = 1) -> Mapping[str, Any] | None:
    """The document of :func:`describe`; None of a trace, whose rows have layers of their own."""
    return describe(workload, seq, batch).document or None


def _of_model(model: Model, seq: int | None, batch: int) -> Description:
    entries = [
        _entry(times, layer.kind, block.attention, block, layer.own)
        for (times, layer), (_, block) in zip(model.stack, model.blocks(seq, batch), strict=True)
    ]
    touching = [gap for gap in model.gaps if any(gap.touches("model", entry["keys"]) for entry in entries)]
    gaps = [{"level": gap.level, "reason": gap.reason, "field": gap.path} for gap in touching]
    # Windows and the like change which products of the attention are needed, not the weights.
    missing = any(gap.linear and gap.level != "attention" for gap in touching)
    weights = None if missing else model.weights
    beside = [_section(section) for section in model.beside]
    seen = (entries, weights, beside, gaps, model.notes, model.source)
    requests = [each.to_dict() for each in model.requests]
    sequences = sum(each.number for each in model.requests) or batch
    return _described(model.name, sequences, model.widths, *seen, requests=requests)


def _described(
    name: str,
    batch: int,
    widths: Widths,
    entries: list[dict[str, Any]],
    weights: Mapping[str, int] | None,
    beside: list[dict[str, Any]] | None = None,
    gaps: list[dict[str, str]] | None = None,
    notes: tuple[str, ...] = (),
    source: str = "",
    requests: list[dict[str, int]] | None = None,
) -> Description:
    document: dict[str, Any] = {
        "name": name,
        "source": source,
        "batch": batch,
        "layers": entries,
        "mask": entries[0]["mask"],
        "scores": entries[0]["scores"],
        "bits": widths.to_dict(),
        "beside": beside or [],
        "linear_weights": None if weights is None else weights["linear"],
        "weights": weights,
        "not_modelled": gaps or [],
    }
    document |= {"requests": requests} if requests else {}
    return Description(line_of(document), document, notes)


def line_of(document: Mapping[str, Any]) -> str:
    """The line of a ``"workload"`` object."""
    requests = [Requests.of(each) for each in document.get("requests", ())]
    layers = [_line(entry, lengths=not requests) for entry in document["layers"]]
    line = f"{document['name']}: {'; '.join([*layers, *_widths(document)])}"
    beside = [
        section["name"] if section["times"] == 1 else f"{section['times']} {section['name']}"
        for section in document.get("beside", ())
    ]
    line += f"; plus {', '.join(beside)}" if beside else ""
    if requests:
        return f"{line}; requests {', '.join(map(str, requests))}"
    return line if document["batch"] == 1 else f"{line}; batch {document['batch']}"


def _widths(document: Mapping[str, Any]) -> list[str]:
    """``8-bit K V, 32-bit S``: tensors with words of their own width."""
    tensors: dict[float, list[str]] = {}
    for name, bits in document.get("bits", {}).items():
        tensors.setdefault(bits, []).append(name)
    return (
        [", ".join(f"{bits:g}-bit {' '.join(names)}" for bits, names in tensors.items())] if tensors else []
    )


def _entry(times: int, kind: str, attention: Attention, block: Block | None, own: Mask) -> dict[str, Any]:
    return {
        "times": times,
        "kind": kind,
        "heads": attention.heads,
        "kv_heads": attention.kv_heads,
        "head_dim": attention.head_dim,
        "value_dim": attention.value_dim,
        "joint": attention.joint,
        "latent": block.latent.form if block and block.latent else None,
        "hidden": block.hidden if block else None,
        "feed_forward": block.feed_forward if block else None,
        "gated": bool(block and block.gated),
        "experts": _experts(block),
        "queries": attention.queries,
        "keys": attention.keys,
        "mask": str(replace(attention.mask, shared=None)),
        "scores": sum(each.needed_scores for each in (block.attentions if block else (attention,))),
        "causal": own.causal,
        "own_mask": str(own),
    }


def _experts(block: Block | None) -> dict[str, Any] | None:
    """Of how many experts a token passes through how many, and how many experts' weights are fetched."""
    if block is None or block.experts is None:
        return None
    experts = block.experts
    return {
        "number": experts.number,
        "chosen": experts.chosen,
        "shared": experts.shared,
        "fetched": experts.fetched(block.tokens),
        "hit": experts.hit,
    }


def _section(section: Section) -> dict[str, Any]:
    return {
        "name": section.name,
        "times": section.times,
        "sort": section.sort,
        "weights": section.weights,
        "operators": [product.name for product in section.products],
    }


def _line(entry: Mapping[str, Any], *, lengths: bool) -> str:
    """One kind of layer, for people; what goes without saying is left out."""
    kind = {"self": "layer", "attention": "attention layer", "block": "block"}.get(entry["kind"])
    layers = counted(entry["times"], kind or f"{entry['kind']} layer")
    parts = [f"{layers} × {counted(entry['heads'], 'head')}"]
    if entry["kv_heads"] != entry["heads"]:
        parts.append(counted(entry["kv_heads"], "KV head"))
    parts.append(f"D {entry['head_dim']}")
    if entry["value_dim"] != entry["head_dim"]:
        parts.append(f"E {entry['value_dim']}")
    if entry.get("joint"):
        parts.append("V a part of K")
    parts += [f"queries {entry['queries']}", f"keys {entry['keys']}"] if lengths else []
    parts.append(_mask(entry))
    if entry["hidden"] is not None:
        parts.append(f"hidden {entry['hidden']}")
        width = entry["feed_forward"]
        gated = " (gated)" if entry["gated"] else ""
        parts.append("no feed-forward" if width is None else f"feed-forward {width}{gated}")
        parts += _experts_line(entry.get("experts"))
    return ", ".join(parts)


def _experts_line(experts: Mapping[str, Any] | None) -> list[str]:
    if experts is None:
        return []
    how = "expected under uniform routing" if experts["hit"] == "expected" else "all that can be hit"
    shared = [] if experts["shared"] is None else [f"shared feed-forward {experts['shared']}"]
    chosen = f"{experts['chosen']} of {experts['number']} experts"
    return [chosen, *shared, f"weights of {experts['fetched']} experts fetched ({how})"]


def _mask(entry: Mapping[str, Any]) -> str:
    """As it is counted; where a causal model's later keys are counted that is said."""
    own = entry.get("own_mask", entry["mask"])
    differs = entry["mask"] != own and (entry["queries"] > 1 or own != "causal")
    return f"{entry['mask']} mask" + f" (as counted; the model's own is {own})" * differs


def _layer(block: Block) -> Layer:
    a, latent = block.attention, block.latent
    sizes = (a.head_dim, a.value_dim) if latent is None or latent.absorbed is None else latent.absorbed
    return Layer(
        a.heads,
        block.hidden,
        sizes[0],
        block.feed_forward,
        a.kv_heads,
        sizes[1],
        block.gated,
        query_hidden=block.query_hidden,
        kv_hidden=block.kv_hidden,
        value_hidden=block.value_hidden,
        others=block.others,
        query_projection=block.query_projection,
        output_projection=block.output_projection,
        experts=block.experts,
        latent=block.latent,
    )
