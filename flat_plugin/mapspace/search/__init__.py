"""The best mapping of a declared space on any hierarchy: ragged tiles, every memory, every core.

It is built beside the search of ``mapspace`` that the commands use, which knows one buffer and factors that
divide, and is held against it and against mappings drawn at random in tests. It replaces it when it is as
fast.
"""
