"""The gate: the process between a VM and the compositor that checks every message of both.

Nothing in here imports anything of the compositor, and of other packages only what is pure.
"""
