"""Timeloop's files: written from templates, and read."""
