"""How long outside programs may take, in seconds, before they are killed with all their processes."""

OPERATOR_SECONDS = 3600.0  # Timeloop; an operator on 65,536 PEs takes minutes
ESTIMATOR_SECONDS = 900.0  # Accelergy or hwcomponents; CACTI takes a few for a memory of 32 MB
