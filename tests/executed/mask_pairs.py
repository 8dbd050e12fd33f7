"""What a mask means, asked of one query and one key; shares no code with the package's counting of it."""


def needs(mask, queries, keys, m, n):
    """Whether the query of a row needs a key."""
    if mask.blocks:
        return mask.blocks.pattern[m // mask.blocks.rows][n // mask.blocks.keys] == "1"
    p = m + (max(0, keys - queries) if mask.offset is None else mask.offset)
    if mask.causal and n > p:
        return False
    if mask.window is None:
        return True
    left, right = mask.window
    return p - left <= n <= p + right or n < mask.sinks or n < mask.tokens or p < mask.tokens
