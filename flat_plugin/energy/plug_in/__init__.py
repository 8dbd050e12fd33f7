"""Our Accelergy plug-in: the softmax unit.

Its files are installed twice: in this package, and in the folder of the environment where Accelergy
looks for plug-ins (``share/accelergy``). There they run without flat-plugin, so they import nothing
of it.
"""
