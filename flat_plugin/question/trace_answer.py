"""A trace as an estimate, as every other workload: what sweeps and comparisons have of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from flat_plugin.architecture.hardware import Architecture
from flat_plugin.model.chain import unfused_latency
from flat_plugin.model.estimate import Estimate
from flat_plugin.model.layer import chained_works
from flat_plugin.model.limits import Least, Limits, limits_of
from flat_plugin.model.operator_work import Traffic, Work
from flat_plugin.model.widths import share
from flat_plugin.question.question import Question
from flat_plugin.question.trace_cost import Runner, remarks, summed, trace_widths
from flat_plugin.workload.attention import Attention
from flat_plugin.workload.trace import Fetched, Trace
from flat_plugin.workload.widths import Widths


def trace_answer(question: Question, trace: Trace) -> Estimate:
    """The sum of all heads, by an unfused dataflow; the mapping and its capacity are of the widest layer.

    Words of tensors are of several widths: they are counted as words of the memories, with the same bits.

    Raises:
        InvalidMapping: a row does not fit the memories.
        FlatError: a width of what a trace has not, or the architecture has no softmax unit that it needs.
    """
    widths, platform = trace_widths(trace.widths), question.platform
    runner = Runner(platform, question.setting.softmax, widths, question.dataflow)
    works = list(runner.works(trace))
    one = runner.layer(replace(trace, widths=widths).widest)
    limits = [
        part * times for times, head in trace.rows if head.keys for part in _limits(question, head, widths)
    ]
    notes = (
        *runner.notes(),
        *remarks(trace),
        "the mapping and its capacity are of the widest layer of heads",
    )
    told = [_in_words_of(platform.architecture, work) for work in summed(works).values()]
    whole = chained_works(one, told, unfused_latency(works), platform.architecture)
    return replace(whole, model=trace.name, limits=sum(limits[1:], limits[0]), notes=notes, scores=None)


def _in_words_of(hardware: Architecture, work: Work) -> Work:
    """The work with its traffic in words of the memories."""
    return replace(work, traffic={name: _in_own(hardware, moved) for name, moved in work.traffic.items()})


def _in_own(hardware: Architecture, moved: Traffic) -> Traffic:
    if moved.bits is None:
        return moved
    taken = [share(moved.bits, memory) for memory in hardware.memories]
    reads, writes = (
        tuple(words * each for words, each in zip(counts, taken, strict=False))
        for counts in (moved.reads, moved.writes)
    )
    return Traffic(reads, writes)


def _limits(question: Question, head: Fetched, full: Widths) -> Iterator[Limits]:
    """Of one head: every key and value that it fetches moves once; and of the further bits of its keys."""
    widths, width, keys, values = head.widths(full), head.head_dim, head.keys, head.values
    moved = {"Q": width, "K": keys * width, "V": values * width, "O": width if values else 0}
    yield _limit(question, head, widths, moved)
    if head.again:
        yield _limit(question, head, replace(widths, K=head.again), {**moved, "V": 0, "O": 0})


def _limit(question: Question, head: Fetched, widths: Widths, words: Mapping[str, int]) -> Limits:
    logit, attend = Attention(1, 1, 1, head.keys, head.head_dim, widths=widths).einsums()
    least = Least(words, ((logit, words["K"]), (attend, words["V"])), head.keys)
    platform, softmax = question.platform, question.setting.softmax
    return limits_of(least, widths, platform.architecture, platform.energies, softmax=softmax)
