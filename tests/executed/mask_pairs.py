"""What a mask means, asked of one query and one key; shares no code with the package's counting of it."""


def needs(mask, queries, keys, m, n):
    """Whether the query of a row needs a key."""
    if mask.blocks:
        return mask.blocks.pattern[m // mask.blocks.rows][n // mask.blocks.keys] == "1"
    if mask.shared:
        return needs_of_requests(mask, queries, keys, m, n)
    p = m + (max(0, keys - queries) if mask.offset is None else mask.offset)
    if p < mask.prefix and n < mask.prefix:
        return True
    if mask.causal and n > p:
        return False
    if n < mask.sinks or n < mask.tokens or p < mask.tokens:
        return True
    if mask.chunk is not None:
        size, before = mask.chunk
        own = (p - mask.tokens) // size
        return own - before <= (n - mask.tokens) // size <= own
    if mask.window is None:
        return True
    left, right = mask.window
    return p - left <= n <= p + right


def needs_of_requests(mask, queries, keys, m, n):
    """Requests one after the other, whose first keys are the same: those come first, then each one's own."""
    number, common = mask.shared
    rows, own = queries // number, (keys - common) // number
    if n < common:
        return True
    request, token = divmod(m, rows)
    whose, place = divmod(n - common, own)
    return whose == request and (not mask.causal or place <= own - rows + token)
