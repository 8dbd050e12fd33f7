"""The best mapping of a declared space on any hierarchy: ragged tiles, every memory, every core.

``--factors imperfect`` asks for it. The search of ``mapspace`` itself is faster, and knows one buffer and
factors that divide.
"""
