"""A fuzzer of everything that reads: files of every kind, options, and arguments of the functions."""
