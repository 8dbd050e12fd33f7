"""The values of options with few choices, for help and completion, which load nothing else.

Each is another module's; a test compares them.
"""

from __future__ import annotations

ELEMENTWISE = ("unit", "none")  # who does norms and activations
ESTIMATORS = ("auto", "accelergy", "hwcomponents", "recorded")
ENGINES = ("auto", "native", "timeloop", "pytimeloop")
EXPERIMENTS = ("gains", "buffer", "bandwidth", "share", "footprint")
ASSUMPTIONS = ("authors", "published", "ours")
FACTORS = ("imperfect", "perfect")
FORMS = ("expanded", "absorbed")  # of latent attention
FRONTS = ("footprint-traffic", "energy-latency")
HITS = ("expected", "all")  # of experts
LEVELS = ("attention", "block", "model")
MAPPED = ("edp", "energy", "latency")
MODES = ("free", "serial", "overlapped", "array")
OBJECTIVES = ("edp", "energy", "latency", "traffic", "footprint")
OVERFLOWS = ("reject", "spill")
OVERRIDES = ("buffer_kb", "buffer_words_per_cycle", "dram_words_per_cycle") + (
    *("buffer_gb_per_s", "dram_gb_per_s", "pes", "softmax_lanes", "softmax_passes"),
    "topk_lanes",
)
PARTS = ("text", "vision")
SCHEMAS = ("architecture", "certificate", "dataflow", "design", "mapping", "mask", "mix", "space", "sweep")
SKIPS = ("tiles", "none")
STATISTICS = ("total", "mean", "least", "most")
TABLES = ("runs", "levels", "energy", "traffic")
VALIDATIONS = ("timeloop", "rtl", "authors", "fusemax", "h100")
