"""Trusted UI: what only the compositor can draw."""
