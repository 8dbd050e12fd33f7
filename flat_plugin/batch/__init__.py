"""Many estimates from one sweep file: planned, run in parallel, resumed."""
