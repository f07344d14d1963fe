"""Trusted UI, which only the compositor can draw."""
