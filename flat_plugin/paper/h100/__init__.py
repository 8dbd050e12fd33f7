"""Attention kernels on an H100 under hardware counters, beside what their loop nests move.

``examples/gpu132.yaml`` is the chip, ``energies.yaml`` what its calibration says an action costs. A row of
the table is a kernel and its sizes (:mod:`.rows`); how it cuts them (:mod:`.kernels`) gives its nests
(:mod:`.nests`), which the engine counts (:mod:`.traffic`) and the constants price (:mod:`.prices`).
"""
