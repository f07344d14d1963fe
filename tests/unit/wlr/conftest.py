"""The tests of a provider run where that provider is the one in use."""

from __future__ import annotations

from spectrum_session.wlr import provider

collect_ignore = [] if provider.name == "wheel" else ["test_wheel.py"]
