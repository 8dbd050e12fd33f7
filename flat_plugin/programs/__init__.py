"""Programs of others: found, run in a folder of their own, and their failures told apart."""
