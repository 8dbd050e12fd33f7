"""Choosing mappings."""
