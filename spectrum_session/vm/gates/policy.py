"""A VM's policy as its gate knows it, from the configuration."""

from __future__ import annotations

from spectrum_session.config.schema import Config
from spectrum_session.gate.limits import Limits
from spectrum_session.gate.policy import Policy


def policy_of(config: Config, vm: str) -> Policy:
    """The policy of a VM; one that was removed from the configuration has the defaults."""
    definition = config.vms.get(vm)
    limits = config.limits_of(vm)
    return Policy(
        config.permissions_of(vm).granted,
        Limits(**{name: getattr(limits, name) for name in Limits.__slots__}),
        utf8_titles=definition is not None and definition.utf8_titles,
        events_max_delay_ms=(
            definition.events_max_delay_ms
            if definition is not None
            else config.session.events_max_delay_ms
        ),
    )
