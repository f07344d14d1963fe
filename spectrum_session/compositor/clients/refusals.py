"""Log lines about refused requests of clients."""

from __future__ import annotations

import logging
from typing import Any

from spectrum_session.logs.line import of_vm
from spectrum_session.wlr import lib

from .origins import Origins
from .rate_limit import RateLimit, repeated

log = logging.getLogger(__name__)


class Refusals:
    """Logs refused requests, rate-limited."""

    def __init__(self, origins: Origins) -> None:
        self._origins = origins
        self._rate = RateLimit()

    def log(self, resource: Any, text: str) -> None:
        """Log a refusal with the VM of a `struct wl_resource *`: one line a second at most."""
        count = self._rate.count()
        if not count:
            return
        origin = self._origins.of(lib.wl_resource_get_client(resource))
        vm = origin.vm if origin is not None else None
        log.warning("refused to a client: %s%s", text, repeated(count), extra=of_vm(vm))
