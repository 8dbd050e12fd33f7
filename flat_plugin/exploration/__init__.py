"""The chip as an unknown: spaces of designs, budgets, fronts of chips, and inverse questions.

A *design* is a value for each axis; a *chip* is the hardware of a design, with its energies and areas. What
is proven of all designs follows from answers for some chips: :mod:`.bounds` says which designs each bounds.
"""
