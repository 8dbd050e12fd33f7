"""Nests whose tiles differ in shape or overlap, walked as Timeloop walks them, one mapping at a time.

The closed forms of ``model.counts`` need equal tiles that share nothing. Two things break that:

- imperfect factors. ``M=32,20`` is a loop of 32 iterations, of which only 20 run the last time: when
  every loop outside it over the same dimension is in its last iteration;
- windows. A rank that is a sum of dimensions (``stride × P + dilation × R``) has tiles that overlap.

Timeloop walks the nest instead, taking short cuts that show in its numbers, and so does this:

- of a temporal loop the first iteration is walked, then one that stands for all others; where a loop
  further in has a smaller last tile, the last iteration is walked too;
- of children that work side by side only the first is walked; the others do the same elsewhere. How
  many there are on average is the number of used instances, which is not whole then.

``loops`` holds the nest, ``boxes`` the geometry of tiles, ``fan_out`` and ``children`` what units side
by side share, ``walker`` the walk, ``moves`` what follows from it for each memory.
"""
