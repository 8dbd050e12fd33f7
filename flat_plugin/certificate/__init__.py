"""What no mapping of a part of a map space goes below, from the model's rules alone.

Nothing here knows how a search goes about it, so that what a search claims can be checked against it. A
:class:`~flat_plugin.certificate.part.Part` is what is said of an operator's nests. :mod:`.operator` bounds
the energy, cycles and words of all of them at once, :mod:`.layer` those of two operators and their softmax.
"""
