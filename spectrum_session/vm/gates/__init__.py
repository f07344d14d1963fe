"""Runs gates: each VM's listening socket, the process that accepts on it, its restarts."""
