"""The control socket: `spectrumctl` and programs talk to a running session on it.

The package itself imports nothing, so that the client starts fast: take what is needed from its
modules. docs/CONTROL.md is the contract.
"""
