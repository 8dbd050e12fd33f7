"""Choosing mappings: named dataflows made concrete, and the best of a declared map space."""
