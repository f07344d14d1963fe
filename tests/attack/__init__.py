"""A malicious client's library, and the corpus of what it does.

An attack is a function of a `Stage`: it plays a VM's client that means harm, against a real
session. It says itself how it has to end (`Stage.refused`, `Stage.harmless`); that nobody else
came to harm is looked at after each (`Stage.unharmed`).
"""
