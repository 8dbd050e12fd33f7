"""Searching layers with masks, with perfect factors.

The space is that of the full square with the rows' loop outside the operators' own, each mapping cut to the
keys that its tiles of rows touch. What a tiling costs is bounded from below as if tiles could be divided at
will; what may be best is counted by the model, iteration by iteration.
"""
