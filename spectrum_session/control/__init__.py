"""The control socket: what `spectrumctl` and programs say to a running session.

The package itself imports nothing, so that the client starts fast: take what is needed from its
modules. docs/CONTROL.md is the contract.
"""
