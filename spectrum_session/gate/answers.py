"""Answers to the session's questions: a VM's counts, and the objects of its clients."""

from __future__ import annotations

import json
from typing import Any

from .clients import Clients

ANSWER = 96 << 10
"""Bytes of a description: a longer one is cut, and says so."""
CONNECTION = 80
"""Bytes of a connection without its objects."""


def status(clients: Clients) -> dict[str, Any]:
    """Use of limits, refusals and pauses."""
    clients.count_queued()
    account, rates = clients.account, clients.rates
    return {
        "used": account.used,
        "most": account.most,
        "refusals": account.refused,
        "stalls": rates.stalls,
        "stalled": bool(rates.paused_until),
        "automatic": account.automatic,
    }


def describe(clients: Clients) -> dict[str, Any]:
    """All connections with their objects, in plain values."""
    found: list[dict[str, Any]] = []
    left = ANSWER
    for link in clients:
        objects = []
        cut = False
        for one in link.connection.describe():
            left -= len(json.dumps(one))
            if left < 0:
                cut = True
                break
            objects.append(one)
        found.append(
            {
                "number": link.number,
                "pid": link.pid,
                "count": len(link.connection.objects),
                "objects": objects,
                "cut": cut,
            }
        )
        left -= CONNECTION
        if left < 0:
            break
    return {"connections": found}
