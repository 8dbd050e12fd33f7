"""Softmax on real scores: every pass, every word it reads and writes, every operation it takes.

``owners`` says which instance of a memory has a score (-1: none); each instance works on its own. Words are
counted by (memory, tensor), operations by unit (lanes or array) and instance.
"""

from collections import defaultdict

import numpy as np
from executed_operator import Words

EXPONENT = 7  # operations of the array: a subtraction and six multiply-accumulates


class Counted:
    """What softmax moves and does."""

    def __init__(self):
        self.words = defaultdict(Words)  # (level, tensor)
        self.operations = defaultdict(int)  # (lanes or array, instance)

    def total(self, unit):
        return sum(n for (name, _), n in self.operations.items() if name == unit)

    def busiest(self, unit):
        return max((n for (name, _), n in self.operations.items() if name == unit), default=0)


def exponent_of(x, highest):
    with np.errstate(invalid="ignore"):
        return np.exp(np.where(np.isneginf(x), -np.inf, x - highest))


class WholeRows:
    """Passes over rows that lie in a memory, or that pass through it; each is (writes, what it does)."""

    def __init__(self, counted, level, scale, passes, *, on_array=False):
        self.counted, self.level, self.scale, self.passes = counted, level, scale, passes
        self.on_array = on_array

    def __call__(self, scores, owners, *, through_dram=False, rows_fit=True):
        for instance in np.unique(owners[owners >= 0]):
            mine = owners == instance
            assert (mine.all(axis=-1) == mine.any(axis=-1)).all(), "a row is not whole"
            rows = mine.any(axis=-1)
            part = scores[rows]
            self._passes(part, through_dram, rows_fit)
            scores[rows] = part
            unit, each = ("array", 1 + EXPONENT + 1 + 1) if self.on_array else ("lanes", 4)
            each = 6 if self.passes == 2 and not self.on_array else each
            self.counted.operations[unit, int(instance)] += part.size * each

    def _passes(self, scores, through_dram, rows_fit):
        outer, inner = self.counted.words[0, "S"], self.counted.words[self.level, "S"]
        x, state, n = scores * self.scale, {}, scores.size

        def maximum():
            state["highest"] = x.max(axis=-1, keepdims=True)

        def exponents():
            scores[...] = np.exp(x - state["highest"])
            state["total"] = scores.sum(axis=-1, keepdims=True)

        def quotients():
            scores[...] = scores / state["total"]

        def maximum_and_sum():
            highest, total = np.full(x[..., 0].shape, -np.inf), np.zeros(x[..., 0].shape)
            for column in np.moveaxis(x, -1, 0):
                larger = np.maximum(highest, column)
                total, highest = total * np.exp(highest - larger) + np.exp(column - larger), larger
            state.update(highest=highest[..., None], total=total[..., None])

        def scaled_exponents():
            scores[...] = np.exp(x - state["highest"]) / state["total"]

        three = [(False, maximum), (True, exponents), (True, quotients)]
        two = [(False, maximum_and_sum), (True, scaled_exponents)]
        walk = two if self.passes == 2 and not self.on_array else three
        for turn, (writes, step) in enumerate(walk):
            first, last = turn == 0, turn == len(walk) - 1
            if through_dram and (first or not rows_fit):
                outer.reads += n
                inner.updates += n
            inner.reads += n
            step()
            if writes:
                inner.updates += n
            if through_dram and (last or (writes and not rows_fit)):
                inner.reads += n
                outer.updates += n


class OnlineSoftmax:
    """A running maximum and sum for each row; tiles of a row come one after the other, or side by side.

    On lanes every instance keeps its own; on the array all instances bring a row to one maximum first.

    Args:
        output: the memory in which attend accumulates.
        fork: the memory below which instances have different keys of one row; None if none do.
    """

    def __init__(self, counted, level, output, shape, width, scale, *, fork=None, on_array=False):
        self.counted, self.level, self.output, self.width = counted, level, output, width
        self.scale, self.keys, self.fork, self.on_array = scale, shape[-1], fork, on_array
        rows = shape[:-1]
        self.highest = defaultdict(lambda: np.full(rows, -np.inf))
        self.total = defaultdict(lambda: np.zeros(rows))
        self.seen = np.zeros(rows, dtype=int)

    def tile(self, scores, owners, attend):
        """Exponents in place; what attend has accumulated of these rows is corrected."""
        together = np.where(owners >= 0, 0, -1) if self.on_array else owners
        factors = {}
        for instance in np.unique(together[together >= 0]):
            factors[int(instance)] = self._tile(scores, together == instance, int(instance))
        if self.on_array:
            for instance in np.unique(owners[owners >= 0]):
                mine = int((owners == instance).sum())
                self.counted.operations["array", int(instance)] += mine * (1 + EXPONENT + 1)
        self.seen += (together >= 0).sum(axis=-1)
        self._correct(factors, attend)

    def _tile(self, scores, mine, instance):
        held, n, rows = self.counted.words[self.level, "S"], int(mine.sum()), mine.any(axis=-1)
        x = np.where(mine, scores * self.scale, -np.inf)
        held.reads += n  # the maximum
        highest = np.maximum(self.highest[instance], x.max(axis=-1))
        held.reads += n  # the exponents, and their sum
        held.updates += n
        exponents = exponent_of(x, np.where(rows, highest, 0.0)[..., None])
        scores[mine] = exponents[mine]
        running = self.counted.words[self.output if self.on_array else self.level, "S"]
        running.reads += 2 * int(rows.sum())
        running.updates += 2 * int(rows.sum())
        correction = np.where(rows, exponent_of(self.highest[instance], highest), 1.0)
        first = rows & np.isneginf(self.highest[instance])
        self.total[instance] = self.total[instance] * correction + np.where(mine, exponents, 0.0).sum(axis=-1)
        self.highest[instance] = np.where(rows, highest, self.highest[instance])
        if self.on_array:  # maximum, exponent, scale and add of the sum; scale and add of the output
            each = 1 + EXPONENT + 2 + 2 * self.width
            self.counted.operations["lanes", instance] += int(rows.sum()) * each
        else:
            self.counted.operations["lanes", instance] += 3 * n + 4 * int(rows.sum())
            self._scaled(int((rows & ~first).sum()), instance)
        return np.where(first, 1.0, correction)

    def _scaled(self, rows, instance):
        """Rows of the output that the lanes read, scale and write."""
        words = self.counted.words[self.output, "O"]
        words.reads += rows * self.width
        words.updates += rows * self.width
        self.counted.operations["lanes", instance] += rows * self.width

    def _correct(self, factors, attend):
        ones = np.ones(self.seen.shape)
        whole = np.prod(list(factors.values()), axis=0) if factors else ones
        apart = self.output == self.level and not self.on_array  # each instance corrects what it has
        by_instance = {
            c: factors.get(n, ones) if apart else whole for n, c in enumerate(attend.instances[self.output])
        }
        attend.correct(self.output, by_instance, whole)

    def finish(self, attend):
        """Rows whose keys have all come are divided by their sum; parts in several cores joined first."""
        done = self.seen == self.keys
        self.seen[done] = 0
        mine = {i: done & np.isfinite(self.highest[i]) for i in self.highest}
        highest = np.max([np.where(mine[i], self.highest[i], -np.inf) for i in mine], axis=0)
        factors, sums = {}, np.zeros(done.shape)
        for i, rows in mine.items():
            factors[i] = np.where(rows, exponent_of(self.highest[i], np.where(done, highest, 0.0)), 1.0)
            sums += np.where(rows, self.total[i] * factors[i], 0.0)
        for i, rows in mine.items():
            count = int(rows.sum())
            if self.fork is not None and not self.on_array:
                self._join(count, i)
            factors[i] = np.where(rows, factors[i] / np.where(done, sums, 1.0), 1.0)
            self._scaled(count, i)
            self.highest[i][rows], self.total[i][rows] = -np.inf, 0.0
        if self.fork is not None and not self.on_array:
            self.counted.words[self.fork, "S"].reads += 2 * int(done.sum())
        self._correct(factors, attend)

    def _join(self, rows, instance):
        """A core's maximum and sum go out, those of all come back."""
        held = self.counted.words[self.level, "S"]
        held.reads += 2 * rows
        held.updates += 2 * rows
        self.counted.words[self.fork, "S"].updates += 2 * rows
        self.counted.operations["lanes", instance] += 4 * rows
