"""Crash reports, and the notice about them at the next start."""
