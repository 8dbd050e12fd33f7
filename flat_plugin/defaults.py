"""The defaults of Python, the command line and sweeps."""

from __future__ import annotations

ARCHITECTURE = "edge"
BATCH = 1
LEVEL = "attention"
EXPERTS = "expected"
SOFTMAX = "serial"
OVERFLOW = "reject"
SKIP = "tiles"
ELEMENTWISE = "unit"
ESTIMATOR = "auto"
ENGINE = "native"
FRONT = "footprint-traffic"

ESTIMATED = "base"  # one dataflow
COMPARED = ("base", "flat-h", "flat-r")  # side by side
WRITTEN = ("base", "flat-r")  # as Timeloop's files
EXPLAINED = "flat-r"
TRACED = "base"  # what runs a trace of steps
SEARCHED = ("base-opt", "flat-opt")

# Of the options that functions share; None is taken of the others.
OPTIONS = {
    "batch": BATCH,
    "dataflow": SEARCHED,
    "estimator": ESTIMATOR,
    "every": False,
    "jobs": 1,
    "level": LEVEL,
    "overflow": OVERFLOW,
    "skip": SKIP,
    "softmax": SOFTMAX,
}
