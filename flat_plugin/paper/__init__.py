"""Published experiments as data and code: each module builds the published machine and loops."""
