"""The best mapping of a declared space on any hierarchy: ragged tiles, every memory, every core.

``--factors imperfect`` asks for it; the search of ``mapspace`` itself knows one buffer and factors that divide,
where it is faster.
"""
