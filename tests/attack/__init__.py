"""A malicious client's library, and the corpus of what it does.

An attack is a function of a `Stage`: it plays a hostile client of a VM against a real session. It
says itself how it has to end (`Stage.error`, `Stage.refused`, `Stage.harmless`); after each,
`Stage.unharmed` checks that nobody else came to harm.
"""
