"""What happens to a request that asks for more than this VM may do: nothing, and it is counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spectrum_session.gate.verdict import DROP, Verdict

if TYPE_CHECKING:
    from spectrum_session.gate.context import Context


def drop(gate: Context, why: str) -> Verdict:
    """The verdict of a rule; `why` is the name under which the VM's status shows how often."""
    refused = gate.account.refused
    refused[why] = refused.get(why, 0) + 1
    return DROP
