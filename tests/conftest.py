"""For all tests: no verdict depends on how fast the machine is, and none hangs for ever."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("ours", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ours")

LIMITS_S = {"tests/session/": 600, "tests/guests/": 1800, "tests/login/": 3600}
"""Time limits of tests by where they are, in seconds; pyproject.toml has that of all others. They
are far more than a test takes on a slow machine, images that its fixtures make included: what ends
there hangs."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Give every test a time limit."""
    usual = float(config.getini("timeout"))
    for item in items:
        if item.get_closest_marker("timeout"):
            continue
        limit = next((s for place, s in LIMITS_S.items() if item.nodeid.startswith(place)), usual)
        # hypothesis would take an exception for a finding, and run the example that hangs again:
        # there the process ends.
        hypothesis = getattr(getattr(item, "obj", None), "is_hypothesis_test", False)
        item.add_marker(pytest.mark.timeout(limit, method="thread" if hypothesis else "signal"))
