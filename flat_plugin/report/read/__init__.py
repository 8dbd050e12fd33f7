"""The results of runs, read and cut into their parts."""
